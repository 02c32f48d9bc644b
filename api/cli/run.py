"""`weft migrate`, `weft serve`, `weft worker`: the processes of a deployment."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from contextlib import suppress
from errno import EADDRINUSE
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import command, fail, out

if TYPE_CHECKING:
    from workers.runtime import Runtime

Port = Annotated[
    int | None, typer.Option(min=0, max=65_535, help="Port to listen on; 0 for any free one.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(migrate)
    app.command()(serve)
    app.command()(worker)


def migrate() -> None:
    """Create or update the database's tables. Safe to run again."""
    from workers.migrations import migrate as apply

    with command() as runtime:
        runtime.settings.data_dir.mkdir(parents=True, exist_ok=True)
        apply(runtime.settings.resolved_database_url)
        out.print("The database is up to date.")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Port = None,
) -> None:
    """Serve the API. Documentation is at /docs."""
    import uvicorn

    with command() as runtime:
        settings = runtime.settings
        address, number = host or settings.host, settings.port if port is None else port
        _refuse_without_tables(runtime)
        check_port(address, number)
    uvicorn.run(
        "api.app:from_environment",
        factory=True,
        host=address,
        port=number,
        log_config=None,
        access_log=False,
    )


def worker(
    processes: Annotated[int | None, typer.Option(min=1, help="Parallel processes.")] = None,
    *,
    beat: Annotated[
        bool, typer.Option(help="Also wake workers for lost work; exactly one worker should.")
    ] = True,
) -> None:
    """Work on translation jobs, index builds and sources of the web.

    Start as many, on as many machines, as needed.
    """
    with command() as runtime:
        settings = runtime.settings
        _refuse_without_tables(runtime)
    from workers.app import BUILDS, BULK, WEB  # reads the settings too

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    count = processes or settings.worker_processes
    arguments = [
        sys.executable, "-m", "celery", "--app", "workers.app", "worker",
        "--queues", f"{BULK},{BUILDS},{WEB}", "--concurrency", str(min(count, 4 * _cores())),
        "--loglevel", settings.log_level, "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    if beat:
        arguments += ["--beat", "--schedule", str(settings.data_dir / "beat")]
    sys.stdout.flush()
    os.execv(sys.executable, arguments)  # noqa: S606 - our own interpreter


def check_port(host: str, port: int) -> None:
    """Exit with 1 where nobody can listen on an address; a server would tell it less plainly."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == EADDRINUSE:
            fail(f"port {port} is taken; set WEFT_PORT to another")
        fail(f"nothing can listen on {host}, port {port}: {error.strerror}")


def _refuse_without_tables(runtime: Runtime) -> None:
    from sqlalchemy.exc import OperationalError

    from workers.migrations import is_current

    with suppress(OperationalError):  # a database that is not there yet may come
        if not is_current(runtime.database.engine):
            fail("the database lacks tables of this version; run `weft migrate`")


def _cores() -> int:
    return multiprocessing.cpu_count()
