"""A catalogue that changes all the time: a process of its own stores items, so many a second.

The items are its own and are deleted at the end, so that the catalogue is as it was.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from linkage import store
from linkage.items import item_from_record
from tests.benchmarks.load import LOAD_CORE, pin
from tests.benchmarks.report import ROOT
from tests.benchmarks.served import Catalogue
from workers.runtime import Runtime
from workers.settings import settings_from_environment

RATE = 10
"""Items a second, each in a transaction of its own."""
_ITEMS = 100


@contextmanager
def changing(held: Catalogue) -> Iterator[None]:
    """Change a catalogue until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.changes"], env=held.environment(), cwd=ROOT,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    process.stdout.readline()  # it has begun
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)
        _clear(held)


def _change() -> None:
    database = Runtime(settings_from_environment()).database
    for number in itertools.count():
        record = {"id": _id(number % _ITEMS), "kind": "book", "title": f"A change, number {number}"}
        with database.transaction() as session:
            store.upsert(session, "default", [item_from_record(record)])
        if not number:
            print(flush=True)
        time.sleep(1 / RATE)


def _clear(held: Catalogue) -> None:
    runtime = Runtime(held.settings)
    with runtime.database.transaction() as session:
        store.remove(session, "default", map(_id, range(_ITEMS)))
    runtime.close()


def _id(number: int) -> str:
    return f"bench-change-{number}"


if __name__ == "__main__":
    pin(0, LOAD_CORE)
    _change()
