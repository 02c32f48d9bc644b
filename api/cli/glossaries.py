"""`weft glossary`: terms that translations must use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import (
    DEFAULT,
    Json,
    Tenant,
    command,
    fail,
    out,
    print_import,
    print_json,
)
from translate.errors import GlossaryNotFoundError
from translate.types import ImportSummary

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from translate.exchange import TermFormat

glossary = typer.Typer(help="Terms that translations must use.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The glossary's name, or its id.")]
Source = Annotated[str, typer.Option("--from", help="Language of the terms, e.g. en.")]
Target = Annotated[str, typer.Option("--to", help="Language of their translations, e.g. de.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(glossary, name="glossary")


@glossary.command("import")
def import_terms(
    name: Name,
    file: Annotated[Path, typer.Argument(help="A .csv, .tsv or .tbx file, in UTF-8.")],
    source: Source,
    target: Target,
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Add a file's terms to a glossary, which is made where there is none.

    Example: `weft glossary import bookshop terms.csv --from en --to de`
    """
    from translate import glossaries
    from translate.exchange import read_terms
    from translate.languages import canonical

    form = _format(file)
    if not file.is_file():
        fail(f"{file} is not a file")
    pair = canonical(source), canonical(target)
    with command() as runtime, file.open("rb") as data, runtime.database.transaction() as session:
        _ensure(session, tenant, name)
        terms = read_terms(data, form, pair)
        summary: ImportSummary = glossaries.merge_terms(session, tenant, name, pair, terms)
    print_import(summary, json=json)


@glossary.command()
def export(
    name: Name,
    source: Source,
    target: Target,
    output: Annotated[Path, typer.Option("-o", help="A .csv, .tsv or .tbx file.")],
    tenant: Tenant = DEFAULT,
) -> None:
    """Write a glossary's terms to a file.

    Example: `weft glossary export bookshop --from en --to de -o terms.tbx`
    """
    from translate import glossaries
    from translate.exchange import write_terms
    from translate.languages import canonical

    form = _format(output)
    pair = canonical(source), canonical(target)
    with command() as runtime, runtime.database.reading() as session:
        terms = glossaries.terms(session, tenant, name, pair)
        pieces: Iterator[bytes] = write_terms(terms, form, pair)
        output.write_bytes(b"".join(pieces))
    out.print(f"{len(terms)} terms are in {output}.")


@glossary.command("list")
def list_glossaries(tenant: Tenant = DEFAULT, *, json: Json = False) -> None:
    """List the glossaries with their sizes."""
    from api.schemas.glossaries import GlossaryOut
    from translate import glossaries

    with command() as runtime, runtime.database.reading() as session:
        found = glossaries.list_all(session, tenant)
    if json:
        shaped = [GlossaryOut.of(each).model_dump(mode="json") for each in found]
        print_json({"glossaries": shaped})
        return
    table = Table("name", "id", "version", "terms")
    for each in found:
        sizes = ", ".join(f"{d.source}-{d.target} {d.terms}" for d in each.dictionaries)
        table.add_row(escape(each.row.name), each.row.id, str(each.row.version), sizes)
    out.print(table)


@glossary.command()
def remove(
    name: Name,
    source: Annotated[str | None, typer.Option("--from", help="With --to: only this pair.")] = None,
    target: Annotated[str | None, typer.Option("--to", help="With --from: only this pair.")] = None,
    tenant: Tenant = DEFAULT,
) -> None:
    """Delete a glossary, or its terms of one language pair."""
    from translate import glossaries

    if bool(source) != bool(target):
        fail("give --from and --to both, or neither to delete the whole glossary")
    with command() as runtime, runtime.database.transaction() as session:
        if source and target:
            glossaries.remove_terms(session, tenant, name, (source, target))
        else:
            glossaries.remove(session, tenant, name)
    out.print(f"Removed {escape(name)}.")


def _ensure(session: Session, tenant: str, name: str) -> None:
    from translate import glossaries

    try:
        glossaries.find(session, tenant, name)
    except GlossaryNotFoundError:
        glossaries.create(session, tenant, name, {})


def _format(file: Path) -> TermFormat:
    from translate.exchange import TERM_FORMATS

    form = file.suffix.lower().lstrip(".")
    if form not in TERM_FORMATS:
        fail(f"{file} is none of {', '.join(f'.{known}' for known in TERM_FORMATS)}")
    return form
