"""`weft works`: which items of the catalogue are the same thing."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import DEFAULT, Json, Tenant, command, out, print_json, progress_bar

group = typer.Typer(
    help="Works: items that are the same thing, such as editions of a book, under one lasting id.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="works")


@group.command()
def update(
    tenant: Tenant = DEFAULT,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Compare all items anew; ids stay where they can.")
    ] = False,
) -> None:
    """Group what is new or changed. Workers do this by themselves, within seconds.

    Example: `weft works update --rebuild`
    """
    from linkage.works import groups

    with command() as runtime, progress_bar("Comparing", "items") as advance:
        if rebuild:
            with runtime.database.transaction() as session:
                groups.rebuild(session, tenant)
        done = groups.catch_up(
            runtime.database.transaction, tenant, runtime.editions, progress=advance
        )
    out.print(f"{done:,} items compared.", highlight=False)


@group.command("list")
def list_works(
    item: Annotated[str | None, typer.Option(help="Only the work of this item.")] = None,
    least: Annotated[int, typer.Option(min=1, help="Fewest items of a work.")] = 2,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    cursor: Annotated[str | None, typer.Option(help="next_cursor of the page before.")] = None,
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """List works of two items or more, the largest first.

    Example: `weft works list --item book-dune --least 1`
    """
    from api.schemas.works import WorkListed
    from linkage.works import lookup

    with command() as runtime, runtime.database.reading() as session:
        found, more = lookup.page(
            session, tenant, item_id=item, least=least, limit=limit, cursor=cursor
        )
    if json:
        shaped = [WorkListed.of(one).model_dump() for one in found]
        print_json({"works": shaped, "next_cursor": more})
        return
    table = Table("id", "items", "title")
    for one in found:
        table.add_row(one.id, str(one.items), escape(one.title))
    out.print(table)
    if more:
        out.print(f"More with --cursor {more}", highlight=False, soft_wrap=True)


@group.command()
def show(
    work_id: Annotated[str, typer.Argument(help="A work's id, or one it had before a merge.")],
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Show the items of a work, for example: `weft works show ID`."""
    from api.schemas.works import WorkOut
    from linkage.works import lookup

    with command() as runtime, runtime.database.reading() as session:
        shaped = WorkOut.of(lookup.get(session, tenant, work_id))
    if json:
        print_json(shaped.model_dump(mode="json"))
        return
    table = Table("id", "kind", "title", "creators", "language", "published", "source")
    for item in shaped.items:
        table.add_row(
            escape(item.id), item.kind, escape(item.title), escape(", ".join(item.creators)),
            item.language or "", item.published_at or "", escape(item.source),
        )  # fmt: skip
    out.print(table)
