"""`weft import`: items into the catalogue."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.cli.console import (
    DEFAULT,
    Json,
    Tenant,
    command,
    err,
    fail,
    out,
    print_json,
    progress_bar,
)
from linkage.imports import import_records
from linkage.sources import ReadOptions, assignments, read
from linkage.types import ImportSummary

SHOWN_ERRORS = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="JSON Lines, CSV or TSV, plain or .gz.")],
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
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Import items. Good records come in, bad ones are listed; a repeat changes nothing.

    Example: `weft import books.csv --map id=book_id --map creators=authors --set kind=book`
    """
    if not file.is_file():
        fail(f"{file} is not a file")
    with command() as runtime, progress_bar(f"Importing {file.name}", "records") as advance:
        options = ReadOptions(
            columns=assignments(map_),
            constants=assignments(set_),
            id_prefix=id_prefix,
            separator=separator,
        )
        records = read(file, options)
        summary = import_records(
            runtime.database.transaction,
            tenant,
            records,
            on_progress=lambda so_far: advance(_count(so_far), None),
        )
    _print_summary(summary, json=json)
    if summary.failed:
        raise typer.Exit(2)


def _count(summary: ImportSummary) -> int:
    return summary.created + summary.updated + summary.unchanged + summary.failed


def _print_summary(summary: ImportSummary, *, json: bool) -> None:
    if json:
        errors = [asdict(error) for error in summary.errors]
        print_json({
            "created": summary.created, "updated": summary.updated,
            "unchanged": summary.unchanged, "failed": summary.failed,
            "warnings": summary.warnings, "errors": errors,
        })  # fmt: skip
        return
    for error in summary.errors[:SHOWN_ERRORS]:
        colour = "yellow" if error.is_warning else "red"
        err.print(f"[{colour}]line {error.line}[/]: {escape(error.reason)}", highlight=False)
    if (more := summary.failed + summary.warnings - SHOWN_ERRORS) > 0:
        err.print(f"… and {more} more; --json lists more of them")
    out.print(
        f"{summary.created} created, {summary.updated} updated, "
        f"{summary.unchanged} unchanged, {summary.failed} failed, "
        f"{summary.warnings} warnings"
    )
