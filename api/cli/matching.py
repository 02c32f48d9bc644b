"""`weft train matcher`, `weft evaluate matches`: when two records are the same thing."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import Json, command, out, print_json, progress_bar
from api.cli.learn import evaluate, train
from linkage.learn.card import matcher_card
from linkage.learn.evaluate_matches import Report, evaluate_pairs
from linkage.match import Matcher
from linkage.records import read_pairs

FORMS = (
    "Labelled pairs: lines of `left<TAB>right<TAB>0 or 1` whose sides are `COL name VAL value …`; "
    "CSV with columns left_…, right_… and label; or JSON Lines with left, right and label."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    del app
    train.command("matcher")(train_matcher)
    evaluate.command("matches")(evaluate_matches)


def train_matcher(
    pairs: Annotated[Path, typer.Argument(help=FORMS)],
    valid: Annotated[
        Path | None, typer.Option(help="Pairs to measure on; nothing is learned from them.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Where what is trained is kept.")] = Path("runs"),
    name: Annotated[
        str | None, typer.Option(help="Of the matcher's folder; by default that of the file's.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Train a matcher on labelled pairs of any two tables, and calibrate its probability.

    Example: `weft train matcher train.txt --valid valid.txt --name shops`
    """
    from linkage.learn import matcher as learn  # noqa: PLC0415 - loads slowly

    with command():
        examples = read_pairs(pairs)
        with progress_bar("Training", "folds") as advance:
            trained = learn.train(examples, progress=advance)
        folder = runs / (name or f"matcher-{pairs.resolve().parent.name}")
        report = evaluate_pairs(trained, read_pairs(valid)) if valid else None
        trained.save(folder, matcher_card(folder.name, trained, pairs, report))
    if json:
        print_json({"folder": str(folder), "measured": report and report.as_json()})
        return
    if report:
        _print(report)
    out.print(f"The matcher is in {folder}.")


def evaluate_matches(
    gold: Annotated[Path, typer.Argument(help=FORMS)],
    matcher: Annotated[Path, typer.Option(help="The folder of a trained matcher.")],
    *,
    json: Json = False,
) -> None:
    """Measure a matcher on labelled pairs: precision, recall, F1 and calibration error.

    In brackets stands the 95 % interval of 1,000 bootstrap samples.

    Example: `weft evaluate matches test.txt --matcher runs/shops`
    """
    with command():
        report = evaluate_pairs(Matcher.load(matcher), read_pairs(gold))
    if json:
        print_json(report.as_json())
        return
    _print(report)


def _print(report: Report) -> None:
    out.print(f"{report.pairs:,} pairs, {report.matches:,} of them match", highlight=False)
    for label, figure in (
        ("precision", report.precision), ("recall", report.recall), ("F1", report.f1),
    ):  # fmt: skip
        out.print(f"{label:<9} {figure}", highlight=False, markup=False)
    if report.calibration_error is not None:
        out.print(f"calibration error {report.calibration_error:.3f}", highlight=False)
