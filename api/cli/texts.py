"""`weft mentions`, `weft translate`: one text at a time, from the argument or standard input."""

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import DEFAULT, Json, Tenant, command, err, out, print_json, tenant_memory


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(mentions)
    app.command()(translate)


TextArgument = Annotated[str | None, typer.Argument(help="A text; without it, standard input.")]


def mentions(text: TextArgument = None, tenant: Tenant = DEFAULT, *, json: Json = False) -> None:
    """Find the names and titles of the catalogue in a text."""
    from api.schemas.mentions import MentionOut

    with command() as runtime, runtime.database.reading() as session:
        found = runtime.linker.mentions(session, tenant, _read(text))
    if json:
        shaped = [MentionOut.of(mention, 1).model_dump(exclude_none=True) for mention in found]
        print_json({"mentions": shaped})
        return
    table = Table("from", "to", "text", "names", "kind", "probability")
    for mention in found:
        entity = mention.entity
        table.add_row(
            str(mention.start), str(mention.end), escape(mention.surface),
            escape(entity.id) if entity else "(none)", entity.kind if entity else "",
            f"{mention.probability:.2f}",
        )  # fmt: skip
    out.print(table)


def translate(
    text: TextArgument = None,
    to: Annotated[str, typer.Option(help="Language to translate into, e.g. de.")] = "en",
    source: Annotated[str | None, typer.Option(help="Language of the text; else told.")] = None,
    glossary: Annotated[str | None, typer.Option(help="Name of a glossary to use.")] = None,
    tenant: Tenant = DEFAULT,
    *,
    html: Annotated[bool, typer.Option(help="The text is HTML; its markup survives.")] = False,
    json: Json = False,
) -> None:
    """Translate a text, for example: `weft translate --to de "A gripping novel"`."""
    from api.schemas.translations import TranslationOut
    from translate import glossaries

    with command() as runtime:
        terms = None
        if glossary:
            with runtime.database.reading() as session:
                terms = glossaries.load(session, tenant, glossary)
        [translation] = runtime.translator.translate(
            [_read(text)],
            target=to,
            source=source,
            format="html" if html else "text",
            glossary=terms,
            memory=tenant_memory(runtime, tenant),
        )
    if json:
        print_json(TranslationOut.of(translation).model_dump())
        return
    if translation.status == "failed":
        err.print(f"[bold red]error:[/] {translation.reason}")
        raise typer.Exit(1)
    sys.stdout.write(translation.text + "\n")
    if translation.checks:
        err.print(f"[yellow]needs review:[/] {', '.join(translation.checks)}")


def _read(text: str | None) -> str:
    return sys.stdin.read().rstrip("\n") if text is None else text
