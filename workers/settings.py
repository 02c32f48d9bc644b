"""All settings, read in this one place from the environment (`WEFT_…`) or a `.env` file."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from linkage.embed import DEFAULT_ENCODER
from linkage.indexing.lease import SECONDS

DEFAULT_TENANT = "default"


class Settings(BaseSettings):
    """What an operator can set; every default serves one machine with nothing else installed."""

    model_config = SettingsConfigDict(env_prefix="WEFT_", env_file=".env", extra="ignore")

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
    port: int = 8000
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
    max_body_bytes: int = Field(32 * 2**20, description="Larger request bodies are refused.")
    max_upload_bytes: int = Field(2**30, description="Larger files of translation jobs, likewise.")
    fetch_private: bool = Field(
        default=False,
        description="Also fetch from, and send webhooks to, private addresses and odd ports.",
    )
    fetch_seconds: float = Field(30, gt=0, description="After so long a fetch is given up.")
    fetch_max_bytes: int = Field(20_000_000, gt=0, description="Larger answers are given up.")
    fetch_user_agent: str = Field("Weft", description="How we introduce ourselves to web servers.")
    log_level: str = "INFO"
    log_json: bool = False

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
    """Return the process's settings, read once."""
    return Settings()
