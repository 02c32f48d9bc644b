"""`weft memory`: what has been translated before."""

from pathlib import Path
from typing import Annotated

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
    progress_bar,
)
from translate.types import ImportSummary

memory = typer.Typer(help="Translations to use again.", no_args_is_help=True)
Source = Annotated[str | None, typer.Option("--from", help="Only from this language.")]
Target = Annotated[str | None, typer.Option("--to", help="Only into this language.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(memory, name="memory")


@memory.command("import")
def import_units(
    file: Annotated[Path, typer.Argument(help="A TMX file, 1.4 or older.")],
    domain: Annotated[
        str | None, typer.Option(help="Domain of all units; without it, as they say.")
    ] = None,
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Take in a TMX file, however large; units replace those of the same tuid.

    Example: `weft memory import reviews.tmx --domain reviews`
    """
    from translate import memories
    from translate.exchange import tmx

    if not file.is_file():
        fail(f"{file} is not a file")
    with (
        command() as runtime,
        file.open("rb") as data,
        progress_bar(f"Importing {file.name}", "units") as advance,
    ):
        summary = memories.import_units(
            runtime.database.transaction,
            tenant,
            tmx.read(data, domain=domain),
            on_progress=lambda so_far: advance(_count(so_far), None),
        )
    print_import(summary, json=json)


@memory.command()
def export(
    output: Annotated[Path, typer.Argument(help="The TMX file to write.")],
    source: Source = None,
    target: Target = None,
    domain: Annotated[str | None, typer.Option(help="Only of this domain.")] = None,
    tenant: Tenant = DEFAULT,
) -> None:
    """Write the memory to a TMX file.

    Example: `weft memory export all.tmx --from en --to de`
    """
    from translate import memories
    from translate.exchange import tmx
    from translate.memories import Selection

    chosen = Selection(source, target, domain)
    with (
        command() as runtime,
        runtime.database.reading() as session,
        output.open("wb") as file,
    ):
        units = (unit for _, unit in memories.stream(session, tenant, chosen))
        file.writelines(tmx.write(units))
    out.print(f"The memory is in {output}.")


@memory.command()
def stats(tenant: Tenant = DEFAULT, *, json: Json = False) -> None:
    """Count the units, by language pair and domain."""
    from api.schemas.memories import SizeOut
    from translate import memories

    with command() as runtime, runtime.database.reading() as session:
        sizes = memories.sizes(session, tenant)
    if json:
        shaped = [SizeOut.model_validate(size).model_dump() for size in sizes]
        print_json({"memories": shaped})
        return
    table = Table("from", "to", "domain", "units", "by people")
    for size in sizes:
        table.add_row(
            size.source, size.target, escape(size.domain) or "(all)", f"{size.units:,}",
            f"{size.corrections:,}",
        )  # fmt: skip
    out.print(table)


def _count(summary: ImportSummary) -> int:
    return summary.created + summary.updated + summary.unchanged + summary.failed
