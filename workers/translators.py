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
        self, serving: Callable[[], str], folder: Callable[[str], Path], *, threads: int
    ) -> None:
        self._serving = serving
        self._folder = folder
        self._threads = threads
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
        return Translator(CTranslate2Engine(self._folder(name), threads=self._threads))

    def _exchange(self, name: str) -> None:
        try:
            engine = CTranslate2Engine(self._folder(name), threads=self._threads)
            engine.warm()
        except ModelError as error:
            log.error("model_not_loaded", model=name, error=str(error))  # noqa: TRY400 - it is known
            return
        with self._lock:
            if name == self._asked:
                self._translator = Translator(engine)
        log.info("model_serves", model=name)
