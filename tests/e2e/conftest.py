"""A whole deployment of real processes: API, workers, database, broker."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support import free_port, wait_until
from workers import accounts
from workers.accounts import SCOPES
from workers.db import Database

WEFT = [sys.executable, "-c", "from api.cli import app; app()"]


@dataclass
class Deployment:
    """Starts, stops and kills the processes of one deployment."""

    environment: dict[str, str]
    folder: Path
    database: Database
    key: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    clients: list[httpx.Client] = field(default_factory=list)
    port: int = field(default_factory=free_port)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `weft …` with its output in a file of the test's folder."""
        with (self.folder / f"{arguments[0]}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*WEFT, *arguments],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def serve(self) -> httpx.Client:
        """Start the API and return a client with a key of all scopes, once it is ready."""
        process = self.start("serve", "--port", str(self.port))
        client = self.client()
        wait_until(lambda: self._is_ready(client, process), 60, f"no API: {self.logs()}")
        return client

    def client(self) -> httpx.Client:
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=60,
        )
        self.clients.append(client)
        return client

    def _is_ready(self, client: httpx.Client, process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is not None:
            pytest.fail(f"`weft serve` ended: {self.logs()}")
        with contextlib.suppress(httpx.TransportError):
            return client.get("/ready").is_success
        return False

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """`kill -9` a process and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def logs(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for client in self.clients:
            client.close()
        for process in self.processes:
            self.kill(process)
        self.database.close()


def environment_of(folder: Path, database_url: str) -> dict[str, str]:
    """Return what the processes of a deployment in `folder` are told."""
    return os.environ | {
        "WEFT_DATA_DIR": str(folder / "data"),
        "WEFT_DATABASE_URL": database_url,
        "WEFT_LOG_LEVEL": "INFO",
        # builds in a second; the command-line tests use the default encoder
        "WEFT_ENCODER": "weft-static-11",
    }


@pytest.fixture
def deploy(
    database_url: str, backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Deployment]]:
    """SQLite with a queue of files as on one machine, PostgreSQL with Redis as in production."""
    deployments: list[Deployment] = []

    def start(**settings: str) -> Deployment:
        environment = environment_of(tmp_path, database_url)
        if backend == "postgresql":
            environment["WEFT_BROKER_URL"] = request.getfixturevalue("redis_url")
            environment["WEFT_RATE_LIMIT_URL"] = request.getfixturevalue("redis_url")
        environment |= {f"WEFT_{name.upper()}": value for name, value in settings.items()}
        database = Database(database_url)
        with database.transaction() as session:
            key = accounts.create_key(session, "default", "e2e", SCOPES).secret
        deployments.append(Deployment(environment, tmp_path, database, key))
        return deployments[-1]

    yield start
    for deployment in deployments:
        deployment.close()
