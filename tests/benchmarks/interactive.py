"""How long one sentence takes over HTTP, with nothing else to do and while a large job runs."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson

from tests.benchmarks.report import Table
from tests.e2e.conftest import Deployment, environment_of
from tests.e2e.test_translation_jobs import sentences
from tests.support import wait_until
from workers import accounts
from workers.accounts import SCOPES
from workers.db import Database
from workers.migrations import migrate

ASKED, ITEMS = 200, 100_000
WARM_UP = 20


def run() -> Table:
    """Ask for translations one after the other, first alone, then beside a job."""
    with served() as (deployment, client):
        idle = _latencies(client)
        deployment.start("worker", "--processes", "1")
        body = b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE)
                        for each in sentences(ITEMS))  # fmt: skip
        headers = {"Content-Type": "application/x-ndjson"}
        path = "/v1/translation-jobs:upload?targets=de&source=en"
        job = client.post(path, content=body, headers=headers).raise_for_status().json()["id"]
        progress = f"/v1/translation-jobs/{job}"
        wait_until(lambda: client.get(progress).json()["progress"]["done"] > 0, 120, "no progress")
        busy = _latencies(client)
        assert client.get(progress).json()["state"] == "running"
    ratio = _percentile(busy, 99) / _percentile(idle, 99)
    notes = (
        f"{ASKED} sentences, one after the other, English to German, the shipped model, SQLite.",
        f"One API process, one worker process; the job has {ITEMS:,} items.",
        "Other work ran on the machine all the time.",
    )
    rows = [_row("nothing else", idle, ""), _row("while a job runs", busy, f"{ratio:.1f} x")]
    return Table(("beside", "p50", "p95", "p99", "p99 against idle"), rows, notes)


@contextmanager
def served() -> Iterator[tuple[Deployment, httpx.Client]]:
    """Serve an empty deployment on SQLite from a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'weft.db'}"
        migrate(url)
        database = Database(url)
        with database.transaction() as session:
            key = accounts.create_key(session, "default", "bench", SCOPES).secret
        environment = environment_of(folder, url) | {"WEFT_RATE_LIMIT": "100000000/minute"}
        deployment = Deployment(environment, folder, database, key)
        try:
            yield deployment, deployment.serve()
        finally:
            deployment.close()


def _latencies(client: httpx.Client) -> list[float]:
    found = []
    for number in range(WARM_UP + ASKED):
        text = f"The story of these {number} sisters is moving."
        began = time.perf_counter()
        client.post(
            "/v1/translations", json={"text": text, "source": "en", "target": "de"}
        ).raise_for_status()
        found.append(time.perf_counter() - began)
    return found[WARM_UP:]


def _percentile(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100)[percent - 1]


def _row(name: str, seconds: list[float], ratio: str) -> tuple[str, ...]:
    return (name, *(f"{_percentile(seconds, each) * 1000:,.0f} ms" for each in (50, 95, 99)), ratio)
