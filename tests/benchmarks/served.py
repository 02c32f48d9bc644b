"""A catalogue of so many items in a folder, and servers over it."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from linkage import builds
from linkage.imports import import_records
from tests.benchmarks.catalogue import recombined
from tests.benchmarks.load import SERVER_CORE, pin
from tests.benchmarks.report import ROOT
from tests.support import free_port
from workers import accounts
from workers.migrations import migrate
from workers.runtime import Runtime
from workers.settings import Settings

FOLDERS = ROOT / "build" / "bench"
ENCODER = "weft-static-11"
IDLE_SECONDS = 0.25
"""Processor time that an idle server takes in five seconds, at most."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    process: psutil.Process

    def settle(self) -> None:
        """Wait until it does nothing of its own accord."""
        before = self.seconds()
        while True:
            time.sleep(5)
            if (after := self.seconds()) - before < IDLE_SECONDS:
                return
            before = after

    def seconds(self) -> float:
        """Return the processor time it has taken so far."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue with a live index."""

    settings: Settings
    key: str

    def environment(self) -> dict[str, str]:
        """Return the settings as a process reads them."""
        url = self.settings.resolved_database_url
        return os.environ | {
            "WEFT_DATA_DIR": str(self.settings.data_dir), "WEFT_DATABASE_URL": url,
            "WEFT_ENCODER": ENCODER, "WEFT_RATE_LIMIT": "100000000/minute",
            "WEFT_LOG_LEVEL": "ERROR", "OMP_NUM_THREADS": "1",
        }  # fmt: skip

    @property
    def header(self) -> str:
        """The header that requests carry."""
        return f"Authorization: Bearer {self.key}\r\n"


def catalogue(count: int, *, kind: str = "auto", database_url: str | None = None) -> Catalogue:
    """Return a catalogue of so many items with an index of a kind; it is kept for the next time."""
    folder = FOLDERS / f"catalogue-{count}-{kind}"
    settings = Settings(
        data_dir=folder, database_url=database_url, encoder=ENCODER, index_kind=kind, _env_file=None
    )
    runtime = Runtime(settings)
    try:
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _fill(runtime, count)
            (folder / "done").touch()
        with runtime.database.transaction() as session:
            key = accounts.create_key(session, "default", "bench", ["read"]).secret
    finally:
        runtime.close()
    return Catalogue(settings, key)


def _fill(runtime: Runtime, count: int) -> None:
    migrate(runtime.settings.resolved_database_url)
    import_records(runtime.database.transaction, "default", recombined(count))
    with runtime.database.transaction() as session:
        build_id = builds.start(
            session, "default", encoder=ENCODER, kind=runtime.settings.index_kind
        )
    build = builds.run(
        runtime.database.transaction, "default", build_id, data_dir=runtime.index_dir,
        encoders=runtime.encoder, stores=runtime.stores,
    )  # fmt: skip
    if build.state != "live":
        sys.exit(f"the index is {build.state}: {build.error}")


@contextmanager
def serving(held: Catalogue) -> Iterator[Server]:
    """Serve a catalogue by one process on one core."""
    with process(
        [sys.executable, "-c", "from api.cli import app; app()", "serve", "--port", "{port}"],
        held.environment(),
        "/ready",
    ) as server:
        yield server


@contextmanager
def process(command: list[str], environment: dict[str, str], ready: str) -> Iterator[Server]:
    """Run a server on one core until the block ends; yield it once `ready` answers."""
    port = free_port()
    with (FOLDERS / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [word.format(port=port) for word in command], env=environment, cwd=ROOT, stdout=log,
            stderr=log,
        )  # fmt: skip
    pin(server.pid, SERVER_CORE)
    try:
        _wait(f"http://127.0.0.1:{port}{ready}", server)
        yield Server(port, psutil.Process(server.pid))
    finally:
        server.terminate()
        server.wait(30)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=60).is_success:
                return
        time.sleep(0.2)
    log = Path(FOLDERS / "server.log").read_text()[-2000:]
    sys.exit(f"the server did not start: {log}")
