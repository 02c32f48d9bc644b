"""All settings, read in this one place from the environment (`WEFT_…`) or a `.env` file."""

import os
from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import limits
from dotenv import dotenv_values
from kombu.transport import TRANSPORT_ALIASES
from limits.storage import SCHEMES  # type: ignore[attr-defined]
from pydantic import (
    BeforeValidator,
    Field,
    PositiveFloat,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from linkage.embed import DEFAULT_ENCODER
from linkage.indexing.lease import SECONDS

DEFAULT_TENANT = "default"
PREFIX, ENV_FILE = "WEFT_", ".env"
OF_COMMANDS = frozenset({"TENANT"})
"""What commands read from the environment by themselves."""
DRIVERS = {
    "sqlite": "sqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}  # fmt: skip
"""The ways to write a database's kind, and what SQLAlchemy calls it with the driver we have."""
_URL_FORM = "must be as postgresql+psycopg://user:password@host/name or sqlite:////path/to/weft.db"
_MEANING = {
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "dict_type": 'must be a JSON object, as {"article": 3}',
}


class SettingsError(ValueError):
    """Settings that cannot be used; the message has a line for each, with its name."""


Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]


class Settings(BaseSettings):
    """What an operator can set; every default serves one machine with nothing else installed."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore")

    data_dir: Path = Field(Path("var"), description="Where the database, indexes and queue live.")
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL; without it an SQLite file in data_dir."
    )
    broker_url: SecretStr | None = Field(
        None, description="Celery broker, e.g. redis://…; without it a queue of files in data_dir."
    )
    rate_limit_url: SecretStr | None = Field(
        None, description="Where request counts live, e.g. redis://…; without it in each process."
    )
    rate_limit: str = Field("6000/minute", description="Requests a key may make.")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535, description="Port of the API; 0 for any free one.")
    encoder: str = Field(
        DEFAULT_ENCODER, description="Sentence encoder: a packaged one, or the folder of a model."
    )
    half_lives: dict[str, PositiveFloat] = Field(
        {}, description='Days after which an item is half as fresh, by kind: {"article": 3}.'
    )
    mentions_model: Path | None = Field(
        None, description="Weights of `weft train mentions`; without it those that ship."
    )
    index_kind: Literal["auto", "flat", "hnsw", "ivfpq", "pgvector"] = Field(
        "auto",
        description="Index of new builds: auto goes by the number of items; flat, hnsw and ivfpq"
        " are FAISS; pgvector keeps vectors in PostgreSQL.",
    )
    build_lease_seconds: float = Field(
        SECONDS, gt=0, description="After so long an index build whose worker died is taken over."
    )
    compact_seconds: float = Field(
        30, gt=0, description="How often to look whether so much changed that a new build is due."
    )
    translation_model: Path | None = Field(
        None,
        description="Folder of a model; else what `weft models use` chose, or the one that ships.",
    )
    translation_threads: int = Field(1, ge=1, description="Parallel decoders in a process.")
    translation_beam: int = Field(
        1, ge=1, le=16, description="Answers followed at once; more are better, and slower."
    )
    worker_processes: int = Field(2, ge=1, description="Processes of one `weft worker`.")
    worker_niceness: int = Field(
        10, ge=0, le=19, description="How far workers stand back for the API on one machine."
    )
    chunk_lease_seconds: float = Field(
        60, gt=0, description="After so long a chunk whose worker died is taken by another."
    )
    sweep_seconds: float = Field(
        5, gt=0, description="How often work that the queue lost is sent again."
    )
    max_body_bytes: int = Field(32 * 2**20, gt=0, description="Larger request bodies are refused.")
    max_upload_bytes: int = Field(
        2**30, gt=0, description="Larger files of translation jobs, likewise."
    )
    fetch_private: bool = Field(
        default=False,
        description="Also fetch from, and send webhooks to, private addresses and odd ports.",
    )
    fetch_seconds: float = Field(30, gt=0, description="After so long a fetch is given up.")
    fetch_max_bytes: int = Field(20_000_000, gt=0, description="Larger answers are given up.")
    fetch_user_agent: str = Field("Weft", description="How we introduce ourselves to web servers.")
    log_level: Level = "INFO"
    log_json: bool = False

    @field_validator("database_url")
    @classmethod
    def _of_our_driver(cls, given: SecretStr | None) -> SecretStr | None:
        if given is None or not given.get_secret_value():
            return None
        try:
            url = make_url(given.get_secret_value())
        except ArgumentError:
            raise ValueError(_URL_FORM) from None  # whose message might show a password
        if url.drivername not in DRIVERS:
            raise ValueError(f"{_URL_FORM}, not {url.drivername}://…")
        ours = url.set(drivername=DRIVERS[url.drivername])
        return SecretStr(ours.render_as_string(hide_password=False))

    @field_validator("broker_url")
    @classmethod
    def _is_broker(cls, given: SecretStr | None) -> SecretStr | None:
        return _of_scheme(given, TRANSPORT_ALIASES, lambda scheme: scheme.partition("+")[0])

    @field_validator("rate_limit_url")
    @classmethod
    def _is_counter(cls, given: SecretStr | None) -> SecretStr | None:
        return _of_scheme(given, SCHEMES, str)

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, given: str) -> str:
        try:
            limits.parse(given)
        except ValueError:
            raise ValueError("must be as 6000/minute") from None
        return given

    @property
    def resolved_database_url(self) -> str:
        """The database's URL, with the default filled in."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.resolve() / 'weft.db'}"

    @property
    def resolved_broker_url(self) -> str:
        """The broker's URL, with the default filled in."""
        return self.broker_url.get_secret_value() if self.broker_url else "filesystem://localhost"

    @property
    def resolved_rate_limit_url(self) -> str:
        """Where request counts live, with the default filled in."""
        return self.rate_limit_url.get_secret_value() if self.rate_limit_url else "memory://"


@lru_cache
def settings_from_environment() -> Settings:
    """Return the process's settings, read once. Raises SettingsError."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(map(_told, error.errors()))) from None
    except UnreadableError as error:
        raise SettingsError(_unreadable(str(error))) from None


def unknown_settings() -> Iterator[str]:
    """Yield a warning for each variable that is named almost as a setting and none."""
    known = {name.upper() for name in Settings.model_fields} | OF_COMMANDS
    for name in sorted({each.upper() for each in (*os.environ, *dotenv_values(ENV_FILE))}):
        bare = name.removeprefix(PREFIX)
        # others are let be: Kubernetes sets WEFT_SERVICE_HOST and its like beside a service
        if bare != name and bare not in known and (near := get_close_matches(bare, known, 1)):
            yield f"{name} is no setting; is {PREFIX}{near[0]} meant?"


def _of_scheme(
    given: SecretStr | None, known: Collection[str], name: Callable[[str], str]
) -> SecretStr | None:
    scheme = given.get_secret_value().partition("://")[0] if given else ""
    if scheme and name(scheme) not in known:
        raise ValueError("must be an address such as redis://host:6379/0")
    return given


def _told(fault: Any) -> str:  # noqa: ANN401 - a dictionary of pydantic's own types
    field, *inside = fault["loc"]
    reason = _MEANING.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    reason = reason.replace("Input should be", "must be")
    place = f"{PREFIX}{str(field).upper()}" + "".join(f", {part}:" for part in inside)
    is_secret = Settings.model_fields[str(field)].annotation == SecretStr | None
    return f"{place} {reason}" + ("" if is_secret else f", not {fault['input']!r}")


def _unreadable(reason: str) -> str:
    """Return which setting is not in JSON, told by the library's message."""
    quoted = reason.split('"')
    name = quoted[1].upper() if len(quoted) > 1 else ""
    return f'{PREFIX}{name} must be JSON, as {{"article": 3}}'
