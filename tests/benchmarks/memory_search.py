"""Translation memory: import and search.

Units are sentences of real films' descriptions. Half of the searches are for such a sentence with
one word changed, half for one that the memory does not know.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import quantiles

import sentencex

from tests.benchmarks.catalogue import recombined
from tests.benchmarks.report import Table
from translate import memories
from translate.memory import Unit
from translate.protect import protect
from translate.search import TenantMemory
from workers.db import Database
from workers.migrations import migrate

SIZES = (10_000, 100_000)
SEARCHES = 400
TENANT = "bench"


def run() -> Table:
    """Fill a memory of each size and search it, one text at a time."""
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_measured(f"sqlite:///{Path(folder) / 'memory.db'}", size))
    return Table(
        ("units", "imported a second", "exact p95", "fuzzy p50", "fuzzy p95", "found again"),
        rows,
        (
            "SQLite, one process, one text a search.",
            "Found again: sentences with one word changed for which the memory had an answer.",
        ),
    )


def _measured(url: str, size: int) -> tuple[str, ...]:
    migrate(url)
    database = Database(url)
    sentences = list(islice(_sentences(), size + SEARCHES))
    units = [Unit("en", "de", f"t{i}", text, text) for i, text in enumerate(sentences[:size])]
    began = time.perf_counter()
    memories.import_units(database.transaction, TENANT, units)
    rate = size / (time.perf_counter() - began)
    draw = random.Random(3)
    known = draw.sample(units, SEARCHES // 2)
    changed = [_with_another_word(unit.source, draw) for unit in known]
    new = sentences[size : size + SEARCHES // 2]
    exact, _ = _search(database, [unit.source for unit in known], "exact")
    fuzzy, answers = _search(database, [*changed, *new], "fuzzy")
    found = sum(answer is not None for answer in answers[: len(known)])
    database.close()
    p50, p95 = quantiles(fuzzy, n=20)[9], quantiles(fuzzy, n=20)[18]
    return (
        f"{size:,}", f"{rate:,.0f}", _ms(quantiles(exact, n=20)[18]), _ms(p50), _ms(p95),
        f"{found / len(known):.1%}",
    )  # fmt: skip


def _search(database: Database, texts: list[str], mode: str) -> tuple[list[float], list[object]]:
    memory = TenantMemory(database.reading, TENANT, mode=mode)  # type: ignore[arg-type]
    times, answers = [], []
    for text in texts:
        began = time.perf_counter()
        [answer] = memory.recall([protect(text)], "en", "de")
        times.append(time.perf_counter() - began)
        answers.append(answer)
    return times, answers


def _sentences() -> Iterator[str]:
    """Yield different sentences of at least six words."""
    seen = set()
    for item in recombined(200_000):
        for sentence in sentencex.segment("en", item.text[:5000]):
            text = sentence.strip()
            if text not in seen and len(text.split()) >= 6:
                seen.add(text)
                yield text


def _with_another_word(text: str, draw: random.Random) -> str:
    words = text.split()
    words[draw.randrange(len(words))] = draw.choice(["another", "very", "house", "seldom"])
    return " ".join(words)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
