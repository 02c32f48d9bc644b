"""`weft import-entities`: the things of a knowledge base that texts may name."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.cli.console import DEFAULT, Json, Tenant, command, err, out, print_json, progress_bar
from linkage.types import Entity, ImportSummary

SHOWN_ERRORS = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import-entities")(import_file)


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="Wikidata's JSON dump, JSON Lines, or SKOS (.ttl, .rdf, .nt); plain, .gz or .bz2.",
            exists=True,
            dir_okay=False,
        ),
    ],
    language: Annotated[
        list[str], typer.Option(help="Take names of this language only; may be repeated.")
    ] = [],
    kind: Annotated[
        list[str], typer.Option(help="Take things of this kind only, e.g. person; repeatable.")
    ] = [],
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Import entities, by whose names texts are searched. A repeat changes nothing.

    Example: `weft import-entities latest-all.json.bz2 --language en --language de --kind person`
    """
    from linkage.knowledge import read
    from linkage.knowledge.imports import import_entities

    with command() as runtime, progress_bar(f"Importing {file.name}", "entities") as advance:
        records = (
            record
            for record in read(file, languages=language)
            if not (kind and isinstance(record, Entity)) or record.kind in kind
        )
        summary = import_entities(
            runtime.database.transaction,
            tenant,
            records,
            on_progress=lambda so_far: advance(_count(so_far), None),
        )
    _print(summary, json=json)
    if summary.failed:
        raise typer.Exit(2)


def _count(summary: ImportSummary) -> int:
    return summary.created + summary.updated + summary.unchanged + summary.failed


def _print(summary: ImportSummary, *, json: bool) -> None:
    counts = {
        name: getattr(summary, name)
        for name in ("created", "updated", "unchanged", "failed", "warnings")
    }
    if json:
        print_json({**counts, "errors": [asdict(error) for error in summary.errors]})
        return
    for error in summary.errors[:SHOWN_ERRORS]:
        colour = "yellow" if error.is_warning else "red"
        place = f"{error.line} ({escape(error.id)})" if error.id else str(error.line)
        err.print(f"[{colour}]record {place}[/]: {escape(error.reason)}", highlight=False)
    if (more := summary.failed + summary.warnings - SHOWN_ERRORS) > 0:
        err.print(f"… and {more} more; --json lists more of them")
    out.print(", ".join(f"{count} {name}" for name, count in counts.items()))
