"""Mentions in long texts: how long names take to be spotted, and to be told apart."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from linkage.imports import import_records
from linkage.linker import Linker
from linkage.naming.gazetteer import Gazetteer, names_of
from linkage.naming.passage import Passage
from tests.benchmarks.catalogue import real, recombined
from tests.benchmarks.report import Table
from tests.benchmarks.served import ENCODER
from workers.db import Database
from workers.migrations import migrate

ITEMS, WORDS, TEXTS = 60_000, 5_000, 12
HEADERS = ("names", "names spotted", "told apart as well", "mentions a text")
NOTES = (
    f"Median processor time of {TEXTS} texts of {WORDS:,} words, put together of first lines of",
    "articles on films; one thread.",
)


def run() -> Table:
    """Fill a catalogue, then read texts with it."""
    items = list(recombined(ITEMS))
    words = " ".join(item.text for item in real() if item.text).split()
    texts = [" ".join(words[n * WORDS : (n + 1) * WORDS]) for n in range(TEXTS)]
    gazetteer = Gazetteer()
    gazetteer.add({key: names_of(item) for key, item in enumerate(items)})
    spotted = _median(lambda text: gazetteer.spans(Passage(text)), texts)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'weft.db'}"
        migrate(url)
        database, linker = Database(url), Linker(Path(folder), encoder=ENCODER)
        import_records(database.transaction, "default", items)
        with database.reading() as session:
            found = linker.mentions(session, "default", texts[0])
            told = _median(lambda text: linker.mentions(session, "default", text), texts)
        database.close()
    row = (f"{gazetteer.count:,}", f"{spotted:.0f} ms", f"{told:.0f} ms", len(found))
    return Table(HEADERS, [row], NOTES)


def _median(read: Callable[[str], object], texts: list[str]) -> float:
    """Return the milliseconds of processor time for a text; a first round warms up."""
    spent = []
    for text in [*texts, *texts]:
        began = time.process_time()
        read(text)
        spent.append((time.process_time() - began) * 1000)
    return median(spent[len(texts) :])
