"""`weft migrate`, `weft serve`, `weft worker`: the processes of a deployment."""

import multiprocessing
import os
import sys
from typing import Annotated

import typer

from api.cli.console import command, out, read_settings


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
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the API. Documentation is at /docs."""
    import uvicorn

    settings = read_settings()
    uvicorn.run(
        "api.app:from_environment",
        factory=True,
        host=host or settings.host,
        port=port or settings.port,
        log_config=None,
        access_log=False,
    )


def worker(
    processes: Annotated[int | None, typer.Option(help="Parallel processes.")] = None,
    *,
    beat: Annotated[
        bool, typer.Option(help="Also wake workers for lost work; exactly one worker should.")
    ] = True,
) -> None:
    """Work on translation jobs, index builds and sources of the web.

    Start as many, on as many machines, as needed.
    """
    settings = read_settings()
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


def _cores() -> int:
    return multiprocessing.cpu_count()
