"""`weft evaluate links`: how good the links are that this catalogue gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from api.cli.learn import evaluate
from linkage.types import Filters

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from linkage.learn.evaluate_links import Gold


def register(_app: typer.Typer) -> None:
    """Add the command."""
    evaluate.command("links")(links)


def links(
    gold: Annotated[
        Path, typer.Argument(help="CSV or JSON Lines: source, target and, if known, relation.")
    ],
    kind: Annotated[list[str], typer.Option(help="Ask for these kinds only.")] = [],
    k: Annotated[int, typer.Option(min=1, max=100, help="How many links count.")] = 10,
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Ask for what is related to each source and see whether the targets are among it.

    Prints recall, nDCG and MRR at k, the calibration error of the scores, and the share of right
    relations, each with a 95 % interval. Links that the file lacks count as wrong.

    Example: `weft evaluate links gold.csv --kind film`
    """
    from linkage.indexing.gold import read_answers
    from linkage.learn.evaluate_links import Answer, ask, evaluate_links

    with command() as runtime, runtime.database.reading() as session:
        answers = _known(session, tenant, read_answers(gold))
        asked = ask(
            runtime.linker, session, tenant, answers, filters=Filters(kinds=frozenset(kind)), k=k
        )
        with progress_bar("Asking", "items") as advance:
            given: dict[str, Sequence[Answer]] = {}
            for question, links_of_it in asked:
                given[question] = links_of_it
                advance(len(given), len(answers))
        report = evaluate_links(answers, given, k=k)
    if json:
        print_json(report.as_json())
        return
    out.print(f"{report.questions:,} items, {report.links:,} gold links", highlight=False)
    for name, figure in report.figures.items():
        out.print(f"{name:<18}{figure}", highlight=False, markup=False)


def _known(session: Session, tenant: str, gold: Gold) -> Gold:
    """Return the questions that can be asked; editions of one work are no related items."""
    from linkage import store

    related = {
        source: {t: relation for t, relation in targets.items() if relation != "same_work"}
        for source, targets in gold.items()
    }
    keys = store.keys(session, tenant, related)
    if not (known := {s: targets for s, targets in related.items() if s in keys and targets}):
        fail(f"none of the {len(gold)} sources is in the catalogue; its ids are what `weft import`"
             " was told, with the prefix")  # fmt: skip
    if left_out := len(gold) - len(known):
        err.print(f"[yellow]left out:[/] {left_out} sources that the catalogue lacks")
    return known
