"""`related` over HTTP: one API process on one core, load from another."""

import random
from dataclasses import asdict, dataclass, replace
from urllib.parse import quote

from tests.benchmarks.catalogue import recombined
from tests.benchmarks.load import Plan, measure
from tests.benchmarks.report import Table
from tests.benchmarks.served import Catalogue, Server, catalogue, serving

ITEMS = 100_000
ASKED = 5_000
CONNECTIONS = 8
SECONDS = 20.0
PACE = 0.75
"""Of what the server can do at most: at this pace latencies are measured."""


def run() -> Table:
    """Measure what one process can do, then its latencies at three quarters of that."""
    found = measured(catalogue(ITEMS))
    return Table(HEADERS, [("weft", *found.row())], NOTES, asdict(found))


NOTES = (
    f"{ITEMS:,} items; {ASKED:,} different ones are asked for in random order, ten links each,",
    f"over {CONNECTIONS} connections; latencies at {PACE:.0%} of the most it can do.",
    "A second of processor time is what a server gets each second that has a core to itself.",
)


HEADERS = (
    "", "requests a second", "requests a second of processor time", "p50", "p99", "failed"
)  # fmt: skip


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


def measured(held: Catalogue, seconds: float = SECONDS) -> Found:
    """Return what a server over a catalogue can do."""
    asked = random.Random(3).sample([item.id for item in recombined(ITEMS)], ASKED)
    paths = [f"/v1/items/{quote(id_)}/related?limit=10" for id_ in asked]
    with serving(held) as server:
        return driven(server, paths, held.header, seconds)


def driven(server: Server, paths: list[str], header: str, seconds: float = SECONDS) -> Found:
    """Return what a server can do: at full speed, then latencies at PACE of that."""
    plan = Plan(server.port, paths, header, CONNECTIONS, seconds)
    measure(replace(plan, seconds=seconds / 4))
    before = server.seconds()
    fastest = measure(plan)
    spent = server.seconds() - before
    paced = measure(replace(plan, rate=PACE * fastest.rate))
    return Found(
        rate=fastest.rate,
        per_processor_second=len(fastest.latencies) / spent,
        p50=paced.percentile(50),
        p99=paced.percentile(99),
        failed=fastest.failed + paced.failed,
    )
