"""How cost grows: import, build, memory, size and answers by the number of items.

BENCH_COUNTS names other numbers of items than 10,000, 100,000 and 1,000,000. Catalogues are kept in
build/bench (or BENCH_FOLDER) for the next time, their indexes are built anew. The plot goes to
docs/growth.svg.
"""

import json
import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from linkage import catalogue, store
from linkage.imports import import_records
from linkage.indexing import segment
from linkage.types import Filters
from tests.benchmarks import command
from tests.benchmarks.catalogue import recombined
from tests.benchmarks.plot import Chart, draw
from tests.benchmarks.report import ROOT, Table
from tests.benchmarks.served import ENCODER, FOLDERS
from workers.migrations import migrate
from workers.runtime import Runtime
from workers.settings import Settings

COUNTS = tuple(map(int, os.environ.get("BENCH_COUNTS", "10000,100000,1000000").split(",")))
FOLDER = Path(os.environ.get("BENCH_FOLDER", FOLDERS))
PLOT = ROOT / "docs" / "growth.svg"
ASKED, WARM, LIMIT = 1_000, 100, 60
HEADERS = (
    "items", "import", "build", "peak memory", "bytes an item", "kind", "recall@10",
    "search p50", "search p99", "`related` p50", "`related` p99", "memory to answer",
)  # fmt: skip
NOTES = (
    "Real titles, creators and texts recombined; SQLite. `import` and `build` (`weft reindex`) in",
    "seconds, searches in milliseconds, both of processor time, by the clock in brackets. Recall",
    "is that of 200 items against all vectors compared, by which a build is verified. A search by",
    f"vectors has {LIMIT} hits, `related` ten links, in process; {ASKED:,} random items each, one",
    f"after the other, after {WARM} to warm up.",
)

Found = dict[str, Any]
Asked = TypeVar("Asked")


def run() -> Table:
    """Import, build and ask at each size, one after the other."""
    data = [_measured(count) for count in COUNTS]
    if len(data) > 1:
        PLOT.write_text(draw(_charts(data)))
    return Table(HEADERS, [_row(found) for found in data], NOTES, data)


def _row(found: Found) -> tuple[str, ...]:
    def both(name: str, digits: int) -> str:
        processor, clock = found[f"{name}_processor"], found[f"{name}_clock"]
        return f"{processor:,.{digits}f} ({clock:,.{digits}f})"

    return (
        f"{found['count']:,}", both("import", 0), both("build", 0), f"{found['memory']:,.0f} MiB",
        f"{found['bytes']:.0f}", found["kind"], f"{found['recall']:.3f}", both("search_p50", 2),
        both("search_p99", 2), both("related_p50", 1), both("related_p99", 1),
        f"{found['answering']:,.0f} MiB",
    )  # fmt: skip


def _charts(data: list[Found]) -> list[Chart]:
    counts = [found["count"] for found in data]

    def chart(title: str, names: dict[str, str]) -> Chart:
        curves = {label: [found[name] for found in data] for label, name in names.items()}
        return Chart(title, counts, curves)

    return [
        chart(
            "Seconds of processor time", {"import": "import_processor", "build": "build_processor"}
        ),
        chart("Peak memory, MiB", {"build": "memory", "answering": "answering"}),
        chart(
            "Latency, p99 in ms",
            {"search": "search_p99_processor", "related": "related_p99_processor"},
        ),
    ]


def _measured(count: int) -> Found:
    folder = FOLDER / f"growth-{count}"
    imported = folder / "imported.json"
    if not imported.exists():
        spent = _apart("import", folder, count)
        imported.write_text(json.dumps([spent.seconds, spent.processor, spent.memory]))
    seconds, processor, memory = json.loads(imported.read_text())
    shutil.rmtree(folder / "indexes", ignore_errors=True)
    environment = os.environ | {"WEFT_DATA_DIR": str(folder), "WEFT_ENCODER": ENCODER}
    built = command.weft(["reindex", "--json"], environment)
    report = json.loads(built.output)["report"]
    asked = _apart("ask", folder, count).output.splitlines()[-1]
    return {
        "count": count, "import_clock": seconds, "import_processor": processor,
        "import_memory": memory, "build_clock": built.seconds, "build_processor": built.processor,
        "memory": built.memory,
        "bytes": report["new"]["bytes"] / count, "kind": report["new"]["kind"],
        "recall": report["recall"], **json.loads(asked),
    }  # fmt: skip


def _apart(what: str, folder: Path, count: int) -> command.Spent:
    """Run `_import` or `_ask` in a process of its own, whose memory is all its own."""
    module = [sys.executable, "-m", "tests.benchmarks.growth"]
    return command.run([*module, what, str(folder), str(count)], os.environ)


def _import(folder: Path, count: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    runtime = _runtime(folder)
    migrate(runtime.settings.resolved_database_url)
    import_records(runtime.database.transaction, "default", recombined(count))
    runtime.close()


def _ask(folder: Path, count: int) -> None:
    """Print the times of searches and of answers, and the memory of a process that gives them."""
    runtime = _runtime(folder)
    keys = random.Random(5).sample(range(1, count + 1), ASKED + WARM)
    with runtime.database.reading() as session:
        ids = [item.id for item in store.by_keys(session, "default", keys).values()]
        live = catalogue.state(session, "default").live_build
        found = _times("related", ids, lambda id_: runtime.linker.related(session, "default", id_))
    answering = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    runtime.close()
    vectors = segment.load(runtime.index_dir / str(live)).vectors
    asked = list(vectors.vectors(keys)[1])
    found |= _times("search", asked, lambda vector: vectors.search(vector, LIMIT, Filters()))
    print(json.dumps(found | {"answering": answering}))


def _times(name: str, asked: list[Asked], ask: Callable[[Asked], object]) -> Found:
    spent = []
    for one in asked:
        clock, processor = time.perf_counter(), time.thread_time()
        ask(one)
        spent.append((time.thread_time() - processor, time.perf_counter() - clock))
    found: Found = {}
    for share in (50, 99):
        processor, clock = np.percentile(spent[WARM:], share, axis=0) * 1000
        found |= {f"{name}_p{share}_processor": processor, f"{name}_p{share}_clock": clock}
    return found


def _runtime(folder: Path) -> Runtime:
    return Runtime(Settings(data_dir=folder, encoder=ENCODER, _env_file=None, log_level="ERROR"))


if __name__ == "__main__":
    {"import": _import, "ask": _ask}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
