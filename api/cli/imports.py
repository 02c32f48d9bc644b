"""`weft import`: files into the catalogue."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from api.cli.console import DEFAULT, Json, Tenant, command, err, fail, out, print_json, progress_bar
from linkage.sources import FORMATS, ReadOptions, assignments, read
from linkage.types import ImportSummary

if TYPE_CHECKING:
    from linkage.imports import Run
    from workers.runtime import Runtime

SHOWN_ERRORS = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON Lines, CSV, TSV, ONIX 2.1 or 3.0, RSS, Atom, HTML, WARC, or answers of "
            "Amazon's Product Advertising API; plain or .gz."
        ),
    ],
    format_: Annotated[
        str | None,
        typer.Option("--format", help=f"Instead of what the file shows: {', '.join(FORMATS)}."),
    ] = None,
    map_: Annotated[
        list[str],
        typer.Option(
            "--map",
            help="FIELD=COLUMN where the names differ, e.g. creators=authors "
            "or url=https://shop.example/{sku}.",
        ),
    ] = [],
    set_: Annotated[
        list[str],
        typer.Option("--set", help="FIELD=VALUE for every record, e.g. kind=book."),
    ] = [],
    id_prefix: Annotated[
        str, typer.Option(help="Put before every id, e.g. book makes book-17.")
    ] = "",
    separator: Annotated[
        str | None, typer.Option(help="Between several creators or subjects in one cell.")
    ] = None,
    marketplace: Annotated[
        str | None,
        typer.Option(help="Where items with an ASIN have their page, e.g. www.amazon.de."),
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option(
            help="Write every error and warning here: JSON Lines, or a table where it ends in .csv."
        ),
    ] = None,
    tenant: Tenant = DEFAULT,
    *,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help="Fields that a record lacks or leaves empty keep what the item has."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Import items. Good records come in, bad ones are listed; a repeat changes nothing.

    **A record replaces the whole item of its id: what the file lacks is empty then**, unless
    `--keep` is given.

    An import that was stopped goes on where it was when the same command is given again.

    Example: `weft import books.csv --map id=book_id --map creators=authors --set kind=book`

    Example: `weft import onix.xml.gz --errors bad.jsonl`
    """
    if not file.is_file():
        fail(f"{file} is not a file")
    if format_ not in {None, *FORMATS}:
        fail(f"--format {format_} is not one of {', '.join(FORMATS)}")
    with command() as runtime:
        options = ReadOptions(
            columns=assignments(map_),
            constants=assignments(set_),
            id_prefix=id_prefix,
            separator=separator,
            marketplace=marketplace,
            keep=keep,
        )
        run = _begin(runtime, tenant, file, options, format_)
        try:
            summary = _proceed(runtime, run, file, options, format_)
        finally:
            if errors:
                _write_errors(runtime, run, errors)
    _print_summary(summary, json=json, has_file=errors is not None)
    if summary.failed:
        raise typer.Exit(2)


def _begin(
    runtime: Runtime, tenant: str, file: Path, options: ReadOptions, format_: str | None
) -> Run:
    from linkage import imports

    digest = imports.digest_of(file, options, format_)
    run = imports.begin(runtime.database.transaction, tenant, name=file.name, digest=digest)
    if run.position:
        err.print(f"Going on behind record {run.position:,}, where the last run was stopped.")
    return run


def _proceed(
    runtime: Runtime, run: Run, file: Path, options: ReadOptions, format_: str | None
) -> ImportSummary:
    from linkage import imports

    with progress_bar(f"Importing {file.name}", "records") as advance:
        return imports.proceed(
            runtime.database.transaction,
            run,
            read(file, options, format=format_),
            on_progress=lambda done: advance(done, None),
        )


def _write_errors(runtime: Runtime, run: Run, file: Path) -> None:
    from linkage import error_file, imports

    format_: error_file.Format = "csv" if file.suffix == ".csv" else "jsonl"
    try:
        with runtime.database.reading() as session, file.open("wb") as written:
            found = imports.errors(session, run.tenant_id, run.id)
            written.writelines(error_file.lines(found, format_))
    except OSError as error:
        fail(f"{file}: {error.strerror}")


def _print_summary(summary: ImportSummary, *, json: bool, has_file: bool) -> None:
    if json:
        print_json(asdict(summary))
        return
    for error in summary.errors[:SHOWN_ERRORS]:
        colour = "yellow" if error.is_warning else "red"
        place = f"[{colour}]{error.unit} {error.line}[/]"
        about = f" {escape(error.id)}" if error.id else ""
        err.print(f"{place}{about}: {escape(error.reason)}", highlight=False, soft_wrap=True)
    if (more := summary.failed + summary.warnings - SHOWN_ERRORS) > 0:
        told = "the error file has all" if has_file else "--errors FILE writes all"
        err.print(f"… and {more} more; {told}")
    if any(error.reason.endswith(": is required") for error in summary.errors):
        err.print(
            "--map FIELD=COLUMN fills a field from another column, --set FIELD=VALUE for all."
        )
    removed = f"{summary.removed} removed, " if summary.removed else ""
    out.print(
        f"{summary.created} created, {summary.updated} updated, "
        f"{summary.unchanged} unchanged, {removed}{summary.failed} failed, "
        f"{summary.warnings} warnings"
    )
