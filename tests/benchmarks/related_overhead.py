"""What `related` costs beside the FAISS and BM25 searches that it makes, in one thread."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from linkage.linker import Ask
from tests.benchmarks.catalogue import recombined
from tests.benchmarks.related_http import ITEMS
from tests.benchmarks.report import Table
from tests.benchmarks.served import catalogue
from workers.runtime import Runtime

ASKED, UNPREPARED, ROUNDS = 500, 150, 3
Search = Callable[[], object]


def run() -> Table:
    """Ask for items that were asked for before, then make the same searches alone, in turns."""
    ids = [item.id for item in random.Random(3).sample(list(recombined(ITEMS)), ASKED)]
    runtime = Runtime(catalogue(ITEMS).settings)
    try:
        new = [_seconds(lambda id_=id_: _ask(runtime, id_)) for id_ in ids[:UNPREPARED]]
        runtime.linker._preparation.wait()  # noqa: SLF001 - no caller has to
        first = [_seconds(lambda id_=id_: _ask(runtime, id_)) for id_ in ids[UNPREPARED:]]
        searches = {id_: _searches_for(runtime, id_) for id_ in ids}
        answers, alone = np.empty((2, ROUNDS, ASKED))
        for turn in range(ROUNDS):
            for at, id_ in enumerate(ids):
                answers[turn, at] = _seconds(lambda id_=id_: _ask(runtime, id_))
                alone[turn, at] = _seconds(lambda id_=id_: [make() for make in searches[id_]])
    finally:
        runtime.close()
    total, raw = float(answers.mean()) * 1e3, float(alone.mean()) * 1e3
    asked = {
        "`related`, items compared before": total,
        "`related`, asked for the first time": float(np.mean(first)) * 1e3,
        "`related`, right after a start": float(np.mean(new)) * 1e3,
    }
    rows = [
        ("the searches alone", f"{raw:.2f} ms", ""),
        *((name, f"{ms:.2f} ms", f"{ms / raw:.1f} x") for name, ms in asked.items()),
    ]
    notes = (
        f"{ITEMS:,} items, {ASKED} of them asked for, ten answers each; mean processor time.",
        f"The first {UNPREPARED} are asked for before items were prepared, the others after.",
        "The searches, one of FAISS and up to four of tantivy, are made right after each answer.",
    )
    return Table(("", "time", "against the searches"), rows, notes, {"total": total, "raw": raw})


def _ask(runtime: Runtime, item_id: str) -> None:
    with runtime.database.reading() as session:
        runtime.linker.answer(session, "default", Ask(item_id))


def _seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _searches_for(runtime: Runtime, item_id: str) -> list[Search]:
    """Return the searches of FAISS and tantivy that an answer makes."""
    searches: list[Search] = []
    with runtime.database.reading() as session:
        view = runtime.linker._views.current(session, "default")  # noqa: SLF001 - what it searches in
    shelf = view.shelves()[0]
    with (
        _recorded(shelf.lexicon, "_searcher", searches),
        _recorded(shelf.vectors, "_index", searches),
    ):
        _ask(runtime, item_id)
    return searches


@contextmanager
def _recorded(holder: Any, name: str, searches: list[Search]) -> Iterator[None]:
    """Keep each call of the `search` of what a holder holds."""
    real = getattr(holder, name)
    recorder = _Recorder(real, searches)
    with mock.patch.object(holder, name, recorder):
        yield


class _Recorder:
    """Stands for an index: does what it does and notes its searches."""

    def __init__(self, real: Any, searches: list[Search]) -> None:
        self._real, self._searches = real, searches

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def search(self, *given: Any, **named: Any) -> Any:
        """Search, and keep the search."""
        self._searches.append(lambda: self._real.search(*given, **named))
        return self._real.search(*given, **named)
