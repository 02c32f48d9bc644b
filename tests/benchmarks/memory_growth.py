"""Resident memory of API and worker under a mixed load: how much it grows after a warm-up."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import orjson
import psutil

from tests.benchmarks.interactive import served
from tests.benchmarks.report import Table
from tests.e2e.test_translation_jobs import sentences

MINUTES = float(os.environ.get("MEMORY_MINUTES", "60"))
WARM_UP = 0.25
"""The share of the time after which growth is counted."""
PAUSE = float(os.environ.get("MEMORY_PAUSE", "0.2"))
"""Seconds between two requests."""
JOB_ITEMS = 300
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """How many bytes the API and the worker with its processes held after so many seconds."""

    seconds: float
    api: int
    worker: int


def run() -> Table:
    """Send all kinds of requests at a low rate and look at the memory every ten seconds."""
    with served() as (deployment, client):
        worker = deployment.start("worker", "--processes", "1")
        api = deployment.processes[0]
        samples: list[Sample] = []
        began, requests = time.monotonic(), 0
        client.put("/v1/localisations/de", json={}).raise_for_status()
        for requests, ask in enumerate(_requests(client), start=1):  # noqa: B007 - told below
            ask()
            time.sleep(PAUSE)
            passed = time.monotonic() - began
            if passed >= 10 * len(samples):
                assert worker.poll() is None, f"the worker ended: {deployment.logs()}"
                samples.append(Sample(passed, _resident(api.pid), _resident(worker.pid)))
            if passed > 60 * MINUTES:
                break
    warm = [each for each in samples if each.seconds >= 60 * MINUTES * WARM_UP]
    notes = (
        f"{MINUTES:.0f} minutes, {requests:,} requests: sentences, related items and imports",
        f"of items that a followed language translates, jobs of {JOB_ITEMS} items.",
        "Growth is counted after a quarter of the time, from the mean of the rest's first tenth",
        "to that of its last tenth.",
        "One API process, one `weft worker` with all its processes, SQLite, resident set sizes.",
    )
    rows = [_row(name, [getattr(each, name) for each in warm]) for name in ("api", "worker")]
    headers = ("process", "after warm-up", "at the end", "growth")
    return Table(headers, rows, notes, [[s.seconds, s.api, s.worker] for s in samples])


def _requests(client: httpx.Client) -> Iterator[Callable[[], object]]:
    """Yield requests without end, each new in some part."""
    for number in itertools.count():
        item = {"kind": "book", "title": f"The sea {number % 500}", "language": "en",
                "text": f"A long story of {number} sisters who leave their town."}  # fmt: skip
        place = f"/v1/items/b{number % 500}"
        yield lambda item=item, place=place: client.put(place, json=item).raise_for_status()
        yield lambda place=place: client.get(f"{place}/related").raise_for_status()
        yield lambda place=place: client.get(place, params={"language": "de"}).raise_for_status()
        for text in (f"The story of these {number} sisters is moving.", "A good book."):
            body = {"text": text, "source": "en", "target": "de"}
            yield lambda body=body: client.post("/v1/translations", json=body).raise_for_status()
        if number % 40 == 0:
            yield lambda: _job(client)


def _job(client: httpx.Client) -> None:
    body = b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE)
                    for each in sentences(JOB_ITEMS))  # fmt: skip
    headers = {"Content-Type": "application/x-ndjson"}
    path = "/v1/translation-jobs:upload?targets=de&targets=fr&source=en"
    job = client.post(path, content=body, headers=headers).raise_for_status().json()["id"]
    client.get(f"/v1/translation-jobs/{job}/results").raise_for_status()


def _resident(pid: int) -> int:
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


def _row(name: str, sizes: list[int]) -> tuple[str, ...]:
    tenth = max(len(sizes) // 10, 1)
    first, last = (sum(part) / tenth for part in (sizes[:tenth], sizes[-tenth:]))
    growth = last / first - 1
    return name, f"{first / MIB:,.0f} MiB", f"{last / MIB:,.0f} MiB", f"{growth:+.1%}"
