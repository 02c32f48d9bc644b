"""`weft train ranker`, `weft rankers`: a catalogue's own ranker, from clicks or gold links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.cli.console import DEFAULT, Json, Tenant, command, fail, out, print_json, progress_bar
from api.cli.learn import train

if TYPE_CHECKING:
    from linkage.related.rankers import Card
    from workers.runtime import Runtime

if TYPE_CHECKING:
    from linkage.learn.ranker import Row
    from linkage.learn.trial import Trial

CLICKS = "clicks"
Version = Annotated[str, typer.Argument(help="One of `weft rankers list`, or `shipped`.")]
rankers = typer.Typer(help="A catalogue's own rankers.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    train.command("ranker")(train_ranker)
    app.add_typer(rankers, name="rankers")


def train_ranker(
    from_: Annotated[
        str,
        typer.Option(
            "--from", help="clicks, or a CSV or JSON Lines file of right links: source, target."
        ),
    ] = CLICKS,
    tenant: Tenant = DEFAULT,
    *,
    force: Annotated[bool, typer.Option(help="Use it even if it is worse.")] = False,
    json: Json = False,
) -> None:
    """Train how links are ranked, and use the ranker unless it does worse on held-out questions.

    API processes pick it up within a second. Examples: `weft train ranker`,
    `weft train ranker --from links.csv`
    """
    from linkage.learn import trial

    with command() as runtime:
        held = trial.hold(_rows(runtime, tenant, from_), runtime.rankers.in_use(tenant))
        card = _card(from_, held)
        is_used = force or not held.is_worse
        if is_used:
            runtime.rankers.keep(tenant, held.ranker, card)
            runtime.rankers.use(tenant, card.version)
    if json:
        print_json({"used": is_used, **asdict(card)})
    else:
        _print([card], card.version if is_used else None)
    if not is_used:
        fail("the new ranker does worse than the one in use and was not kept; --force keeps it")


@rankers.command("list")
def list_rankers(tenant: Tenant = DEFAULT, *, json: Json = False) -> None:
    """List the rankers that were trained, the newest first."""
    from linkage.related.rankers import SHIPPED

    with command() as runtime:
        cards, used = runtime.rankers.cards(tenant), runtime.rankers.version(tenant)
    if json:
        print_json({"in_use": used, "rankers": [asdict(card) for card in cards]})
        return
    _print(cards, used)
    if used == SHIPPED:
        out.print("In use is the ranker that is shipped.")


@rankers.command("use")
def use_ranker(version: Version, tenant: Tenant = DEFAULT) -> None:
    """Rank with another ranker from now on: `weft rankers use shipped` goes back to the first."""
    with command() as runtime:
        runtime.rankers.use(tenant, version)
    out.print(f"In use: {version}", highlight=False)


@rankers.command("remove")
def remove_ranker(version: Version, tenant: Tenant = DEFAULT) -> None:
    """Delete a ranker; the one in use gives way to the one that is shipped."""
    with command() as runtime:
        runtime.rankers.remove(tenant, version)
    out.print(f"Removed: {version}", highlight=False)


def _rows(runtime: Runtime, tenant: str, source: str) -> Sequence[Row]:
    from linkage.indexing.gold import read_answers
    from linkage.learn import trial

    with (
        progress_bar("Comparing", "questions") as advance,
        runtime.database.reading() as session,
    ):
        if source == CLICKS:
            return trial.rows_of_clicks(session, tenant, runtime.linker, progress=advance)
        gold = read_answers(Path(source))
        return trial.rows_of_gold(session, tenant, runtime.linker, gold, progress=advance)


def _card(source: str, held: Trial) -> Card:
    from linkage.related.rankers import Card, new_version

    return Card(
        version=new_version(),
        made_from=source if source == CLICKS else Path(source).name,
        questions=held.questions,
        links=held.links,
        before=held.before,
        after=held.after,
    )


def _print(cards: Sequence[Card], used: str | None) -> None:
    table = Table("version", "from", "questions", "links", "measure", "before", "after", "in use")
    for card in cards:
        table.add_row(
            card.version, card.made_from, str(card.questions), str(card.links),
            "\n".join(card.before), "\n".join(map(str, card.before.values())),
            "\n".join(map(str, card.after.values())), "yes" if card.version == used else "",
        )  # fmt: skip
    out.print(table)
