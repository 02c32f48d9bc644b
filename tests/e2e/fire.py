"""Requests without pause, and items that come, change and go; every fault is kept."""

import threading
import time
from dataclasses import dataclass, field
from typing import Self

import httpx

from tests.e2e.conftest import Deployment
from tests.e2e.index import QUESTION

FRESH_SECONDS = 2.0
LINKS = 5


@dataclass
class Fire:
    """Asks in two threads; in a third stores items, changes and deletes them.

    A fault is an error, a short answer, what was asked for 2 s after it was stored and not found,
    and what is found as it was before a change or after it was deleted.
    """

    deployment: Deployment
    faults: list[str] = field(default_factory=list)
    builds: set[str] = field(default_factory=set)
    """Those that answered."""
    answers: int = 0
    arrivals: list[float] = field(default_factory=list)
    """Seconds from storing until found."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for target in (self._ask, self._ask, self._come_and_go):
            self._threads.append(threading.Thread(target=target))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with self.deployment.client() as client:
            while not self._stop.is_set():
                answer = client.get(QUESTION)
                if answer.is_error or len(answer.json()["links"]) != LINKS:
                    self.faults.append(answer.text)
                    continue
                self.answers += 1
                self.builds.add((answer.json()["index"] or {}).get("build"))

    def _come_and_go(self) -> None:
        number = 0
        with self.deployment.client() as client:
            while not self._stop.is_set():
                number += 1
                id_, first, second = f"fresh-{number}", f"feed:{number}", f"feed:{number}b"
                self._arrive(client, id_, first)
                self._arrive(client, id_, second)
                if self._finds(client, first):
                    self.faults.append(f"{id_} was found as it was before it changed")
                client.delete(f"/v1/items/{id_}").raise_for_status()
                if self._finds(client, second):
                    self.faults.append(f"{id_} was found after it was deleted")

    def _arrive(self, client: httpx.Client, id_: str, source: str) -> None:
        client.put(
            f"/v1/items/{id_}",
            json={"kind": "article", "title": f"Why Dune still matters, by {source}",
                  "text": "Frank Herbert's novel Dune read anew.", "source": source},
        ).raise_for_status()  # fmt: skip
        asked = stored = time.monotonic()
        while not self._finds(client, source):
            if asked - stored > FRESH_SECONDS:
                self.faults.append(f"{id_} was not found within {FRESH_SECONDS} s")
                return
            asked = time.monotonic()
        self.arrivals.append(time.monotonic() - stored)

    def _finds(self, client: httpx.Client, source: str) -> bool:
        answer = client.get(QUESTION, params={"source": source, "limit": LINKS})
        return bool(answer.raise_for_status().json()["links"])
