"""Preparation: items are made ready to be compared before a question meets them.

A thread goes once through the catalogue of each tenant that is asked, as far as there is room for
what it makes, and takes a quarter of a processor at most. Questions do not wait for it: what it has
not come to they make themselves.
"""

import threading
import time
from queue import Queue

import structlog

from linkage import store
from linkage.indexing.views import Reading
from linkage.related.sketches import Sketches

log = structlog.get_logger()

_BATCH = 64
_REST = 3.0
"""How long it rests after a batch, in times of the processor time that took."""


class Preparation:
    """Fills sketches, one tenant after the other. `reading` opens a session."""

    def __init__(self, sketches: Sketches, reading: Reading) -> None:
        self._sketches, self._reading = sketches, reading
        self._lock = threading.Lock()
        self._begun: set[str] = set()
        self._asked: Queue[str | None] = Queue()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, tenant_id: str) -> None:
        """Have a tenant's items prepared, unless that was asked for before."""
        if tenant_id in self._begun:
            return
        with self._lock:
            if tenant_id not in self._begun:
                self._begun.add(tenant_id)
                self._asked.put(tenant_id)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Wait until all that was begun is done."""
        self._asked.join()

    def close(self) -> None:
        """Stop, and wait for what is being done."""
        self._closed.set()
        self._asked.put(None)
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        while (tenant_id := self._asked.get()) is not None:
            try:
                self._prepare(tenant_id)
            except Exception as error:  # noqa: BLE001 - requests meet the same error and tell of it
                log.warning("preparation_failed", tenant=tenant_id, error=str(error))
            finally:
                self._asked.task_done()

    def _prepare(self, tenant_id: str) -> None:
        after, done = 0, 0
        while not self._closed.is_set() and self._sketches.has_room:
            began = time.thread_time()
            with self._reading() as session:
                catalogue = self._sketches.at(session, tenant_id)
                read = store.after(session, tenant_id, after, limit=_BATCH)
                catalogue.prepare(read)
            if not read:
                break
            after, done = read[-1].key, done + len(read)
            self._closed.wait(_REST * (time.thread_time() - began))
        log.info("catalogue_prepared", tenant=tenant_id, items=done)
