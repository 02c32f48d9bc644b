"""Load on an HTTP server from a process of its own: raw sockets, kept alive, no HTTP library.

Run as a module it prints one JSON line; `measure` starts it on another core than the server's.
"""

import asyncio
import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: paths, drawn in random order, over so many connections for so long.

    With `is_once` each path is sent once, in turn, until there are no more or the time is over.
    With a `rate`, requests leave at its pace whether or not others were answered, and waiting for a
    free connection counts as latency; without, each connection sends as soon as it has its answer.
    """

    port: int
    paths: Sequence[str]
    header: str = ""
    connections: int = 8
    seconds: float = 20.0
    rate: float | None = None
    is_once: bool = False


@dataclass(slots=True)
class Load:
    """What came back; latencies are in milliseconds."""

    seconds: float = 0.0
    failed: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency that this share of requests stays below."""
        return float(np.percentile(self.latencies, share))


def measure(plan: Plan) -> Load:
    """Send the load from another core."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"], input=json.dumps(asdict(plan)), text=True,
        capture_output=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return Load(**json.loads(done.stdout))


def pin(process: int, core: int) -> None:
    """Keep a process on one core, where there are several; 0 is this process."""
    if (os.cpu_count() or 1) > core:
        os.sched_setaffinity(process, {core})


async def _send(plan: Plan) -> Load:
    load, until = Load(), time.perf_counter() + plan.seconds
    paths = iter(plan.paths) if plan.is_once else _endless(plan.paths)
    due = _times(plan.rate)
    connections = [_Connection(plan) for _ in range(plan.connections)]
    began = time.perf_counter()
    await asyncio.gather(*(c.work(paths, due, until, load) for c in connections))
    load.seconds = time.perf_counter() - began
    return load


class _Connection:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    async def work(
        self, paths: Iterator[str], due: Iterator[float], until: float, load: Load
    ) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._plan.port)
        while (start := next(due)) < until and (path := next(paths, None)):
            if (early := start - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\n{self._plan.header}\r\n"
            writer.write(head.encode())
            status = await _read(reader)
            load.latencies.append((time.perf_counter() - start) * 1000)
            load.failed += status != 200
        writer.close()


async def _read(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(" ")[1])


def _endless(paths: Sequence[str]) -> Iterator[str]:
    draw = random.Random(1)
    while True:
        yield draw.choice(paths)


def _times(rate: float | None) -> Iterator[float]:
    """Yield when to send the next request."""
    if rate is None:
        while True:
            yield time.perf_counter()
    began = time.perf_counter()
    for number in itertools.count():
        yield began + number / rate


if __name__ == "__main__":
    pin(0, LOAD_CORE)
    print(json.dumps(asdict(asyncio.run(_send(Plan(**json.loads(sys.stdin.read())))))))
