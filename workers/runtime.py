"""The composition root: the one place where the domains' objects are built from settings."""

from functools import cached_property
from pathlib import Path
from threading import RLock

from linkage.embed import Encoder, SentenceEncoder, packaged_model
from linkage.linker import Linker
from translate.engine import CTranslate2Engine, shipped_model
from translate.translator import Translator
from workers.db import Database
from workers.metrics import INDEX_FAULTS
from workers.settings import Settings


class Runtime:
    """What a process works with. Parts are built at first use, so a fork or `--help` is cheap."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = RLock()

    @cached_property
    def database(self) -> Database:
        """The database."""
        if self.settings.database_url is None:
            self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        return Database(self.settings.resolved_database_url)

    @property
    def index_dir(self) -> Path:
        """The folder of all index builds."""
        return self.settings.data_dir / "indexes"

    @property
    def encoder(self) -> Encoder:
        """The sentence encoder that new builds and queries use."""
        with self._lock:
            return self._encoder

    @cached_property
    def _encoder(self) -> Encoder:
        name = self.settings.encoder
        return SentenceEncoder(packaged_model() if name == "packaged" else Path(name))

    @property
    def linker(self) -> Linker:
        """The linkage domain's one object."""
        with self._lock:
            return self._linker

    @cached_property
    def _linker(self) -> Linker:
        return Linker(self.index_dir, self._encoder, on_fault=INDEX_FAULTS.inc)

    @property
    def translator(self) -> Translator:
        """The translation domain's one object."""
        with self._lock:
            return self._translator

    @cached_property
    def _translator(self) -> Translator:
        folder = self.settings.translation_model or shipped_model()
        return Translator(CTranslate2Engine(folder, threads=self.settings.translation_threads))

    def close(self) -> None:
        """Give back what is held."""
        if "database" in self.__dict__:
            self.database.close()
