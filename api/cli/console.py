"""What all commands share: the application, the runtime, printing, and errors without traces."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from errno import ENOSPC
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from linkage.errors import LinkageError
from translate.errors import TranslateError

if TYPE_CHECKING:
    from translate.search import TenantMemory
    from translate.types import ImportSummary
    from workers.runtime import Runtime
    from workers.settings import Settings

app = typer.Typer(
    name="weft",
    help="Related content and translation for catalogues of books and media.\n\n"
    "Start with `weft demo`. Settings come from WEFT_… in the environment or a .env file; "
    "without any, everything lives in ./var: an SQLite file, the indexes and the queue.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)

Tenant = Annotated[str, typer.Option(help="Whose catalogue.", envvar="WEFT_TENANT")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
DEFAULT = "default"
SHOWN_FAULTS = 20


@contextmanager
def command() -> Iterator[Runtime]:
    """Yield a runtime; print a known error in one line and exit with 1."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from workers.db import lacks_tables
    from workers.logs import configure_logs
    from workers.runtime import Runtime

    settings = read_settings()
    configure_logs(settings.model_copy(update={"log_level": "WARNING"}))
    runtime = Runtime(settings)
    try:
        yield runtime
    except (LinkageError, TranslateError) as error:
        fail(str(error))
    except (OperationalError, ProgrammingError) as error:
        if lacks_tables(error):
            fail("the database has no tables yet; run `weft migrate`")
        fail(f"the database does not answer: {error.orig}")
    except OSError as error:
        if error.errno == ENOSPC:
            fail("the disk is full; make room and run the command again")
        if not error.filename:
            raise
        fail(f"{error.filename}: {error.strerror}")
    finally:
        runtime.close()


def read_settings() -> Settings:
    """Return the settings; warn of misspelt names, exit with 1 where a value cannot be used."""
    from workers.settings import SettingsError, settings_from_environment, unknown_settings

    for warning in unknown_settings():
        err.print(f"[yellow]warning:[/] {escape(warning)}", highlight=False, soft_wrap=True)
    try:
        return settings_from_environment()
    except SettingsError as error:
        fail(escape(str(error)))


def tenant_memory(runtime: Runtime, tenant: str) -> TenantMemory | None:
    """Return a tenant's translation memory; None where there is no database yet."""
    from sqlalchemy import inspect

    from translate.models import UnitRow
    from translate.search import TenantMemory

    settings = runtime.settings
    if settings.database_url is None and not settings.data_dir.is_dir():
        return None
    if not inspect(runtime.database.engine).has_table(UnitRow.__tablename__):
        return None
    return TenantMemory(runtime.database.reading, tenant)


def fail(reason: str) -> NoReturn:
    """Print why the command cannot go on and exit with 1."""
    err.print(f"[bold red]error:[/] {reason}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON document to standard output."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[..., None]]:
    """Show a bar on standard error; yield `advance(done, total, title)`.

    `total` is None when unknown; `title` can be left out.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int | None, title: str | None = None) -> None:
            bar.update(task, completed=done, total=total, description=title)

        yield advance


def print_import(summary: ImportSummary, *, json: bool) -> None:
    """Print what an import did and what it refused; exit with 2 where it refused anything."""
    if json:
        print_json(asdict(summary))
    else:
        for fault in summary.faults[:SHOWN_FAULTS]:
            name = f" {fault.id}" if fault.id else ""
            err.print(f"[red]{escape(fault.place + name)}[/]: {escape(fault.reason)}")
        for warning in summary.warnings[:SHOWN_FAULTS]:
            place = f"{warning.place} {warning.id or ''}".rstrip()
            err.print(f"[yellow]{escape(place)}[/]: {escape(warning.reason)}")
        if (more := summary.failed - SHOWN_FAULTS) > 0:
            err.print(f"… and {more} more; --json lists more of them")
        out.print(
            f"{summary.created} created, {summary.updated} updated, "
            f"{summary.unchanged} unchanged, {summary.failed} failed"
        )
    if summary.failed:
        raise typer.Exit(2)
