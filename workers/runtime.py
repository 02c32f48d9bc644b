"""The composition root: the one place where the domains' objects are built from settings."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from threading import RLock

from linkage.embed import Encoder, load_encoder
from linkage.index import STORES, VectorStores
from linkage.indexing.pgvector import PgVectorStores
from linkage.linker import Linker
from linkage.match import Matcher, shipped_matcher
from linkage.related.rankers import Rankers
from translate.library import Library
from translate.translator import Translator
from workers.accounts import Callers
from workers.db import Database
from workers.fetch import Fetcher, Outside
from workers.metrics import INDEX_FAULTS
from workers.settings import Settings
from workers.translators import Translators


class Runtime:
    """What a process works with. Parts are built at first use, so a fork or `--help` is cheap."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = RLock()
        self._encoders: dict[str, Encoder] = {}

    @cached_property
    def database(self) -> Database:
        """The database."""
        if self.settings.database_url is None:
            self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        return Database(self.settings.resolved_database_url)

    @cached_property
    def callers(self) -> Callers:
        """Whose keys these are."""
        return Callers(self.database.changes)

    @property
    def index_dir(self) -> Path:
        """The folder of all index builds."""
        return self.settings.data_dir / "indexes"

    @cached_property
    def stores(self) -> Mapping[str, VectorStores]:
        """Where the vectors of each kind of index are kept."""
        url = self.settings.resolved_database_url
        if self.database.is_sqlite:
            return STORES
        return {**STORES, "pgvector": PgVectorStores(url)}

    def encoder(self, name: str) -> Encoder:
        """Return an encoder by its name; each is loaded once a process."""
        with self._lock:
            if name not in self._encoders:
                self._encoders[name] = load_encoder(name)
            return self._encoders[name]

    @cached_property
    def rankers(self) -> Rankers:
        """The rankers that tenants trained."""
        return Rankers(self.settings.data_dir / "rankers")

    @property
    def linker(self) -> Linker:
        """The linkage domain's one object."""
        with self._lock:
            return self._linker

    @cached_property
    def _linker(self) -> Linker:
        return Linker(
            self.index_dir,
            encoder=self.settings.encoder,
            encoders=self.encoder,
            stores=self.stores,
            reading=self.database.reading,
            on_damage=lambda _tenant, _build: INDEX_FAULTS.inc(),
            half_lives=self.settings.half_lives,
            mentions_model=self.settings.mentions_model,
            rankers=self.rankers,
            changes=self.database.changes,
        )

    @property
    def editions(self) -> Matcher:
        """What tells which items are one work; loaded once a process."""
        return shipped_matcher("weft-editions")

    @property
    def translator(self) -> Translator:
        """The translation domain's one object."""
        with self._lock:
            return self._translators.current()

    @property
    def models(self) -> Library:
        """The translation models of this machine."""
        return Library(self.settings.data_dir / "models")

    @cached_property
    def _translators(self) -> Translators:
        settings, fixed = self.settings, self.settings.translation_model
        return Translators(
            (lambda: str(fixed)) if fixed else self.models.serving,
            Path if fixed else self.models.folder,
            threads=settings.translation_threads,
            beam_size=settings.translation_beam,
        )

    @cached_property
    def outside(self) -> Outside:
        """What makes requests to the outside."""
        return Outside(
            user_agent=self.settings.fetch_user_agent,
            allow_private=self.settings.fetch_private,
            seconds=self.settings.fetch_seconds,
            max_bytes=self.settings.fetch_max_bytes,
        )

    @cached_property
    def fetcher(self) -> Fetcher:
        """What fetches for polling."""
        return Fetcher(self.outside)

    def close(self) -> None:
        """Give back what is held."""
        if "_linker" in self.__dict__:
            self.linker.close()
        if "stores" in self.__dict__:
            for kept in set(self.stores.values()):
                kept.close()
        if "database" in self.__dict__:
            self.database.close()
