"""The translator of the model that serves, exchanged while requests go on."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread

import structlog

from translate.engine import CTranslate2Engine
from translate.errors import ModelError
from translate.translator import Translator

log = structlog.get_logger()


class Translators:
    """Gives the translator of the model of the moment.

    Another model is loaded beside the old one, which answers until then; who still works with the
    old one ends with it. A model that cannot be loaded leaves the old one where it is.
    """

    def __init__(
        self,
        serving: Callable[[], str],
        folder: Callable[[str], Path],
        *,
        threads: int,
        beam_size: int = 1,
    ) -> None:
        self._serving = serving
        self._folder = folder
        self._threads = threads
        self._beam_size = beam_size
        self._lock = Lock()
        self._asked = ""
        self._translator: Translator | None = None

    def current(self) -> Translator:
        """Return the translator; raise `ModelError` when there was never one that can be used."""
        name = self._serving()
        with self._lock:
            if self._translator is None:
                self._translator = self._make(name)
            elif name != self._asked:
                Thread(target=self._exchange, args=(name,), name="model", daemon=True).start()
            self._asked = name
            return self._translator

    def _make(self, name: str) -> Translator:
        return Translator(self._engine(name))

    def _engine(self, name: str) -> CTranslate2Engine:
        return CTranslate2Engine(
            self._folder(name), threads=self._threads, beam_size=self._beam_size
        )

    def _exchange(self, name: str) -> None:
        try:
            engine = self._engine(name)
            engine.warm()
        except ModelError as error:
            log.error("model_not_loaded", model=name, error=str(error))  # noqa: TRY400 - it is known
            return
        with self._lock:
            if name == self._asked:
                self._translator = Translator(engine)
        log.info("model_serves", model=name)
