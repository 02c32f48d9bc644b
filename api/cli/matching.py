"""`weft match`, `weft train matcher`, `weft evaluate matches`: what is the same thing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import Json, command, err, fail, out, print_json, progress_bar
from api.cli.learn import evaluate, train

if TYPE_CHECKING:
    from linkage.learn.evaluate_matches import Report
    from linkage.match import Matcher
    from linkage.tables.joins import Join
    from linkage.tables.records import Record

SHOWN = 20
WIDTH = 80

FORMS = (
    "Labelled pairs: lines of `left<TAB>right<TAB>0 or 1` whose sides are `COL name VAL value …`; "
    "CSV with columns left_…, right_… and label; or JSON Lines with left, right and label."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("match")(match_tables)
    train.command("matcher")(train_matcher)
    evaluate.command("matches")(evaluate_matches)


def match_tables(
    left: Annotated[Path, typer.Argument(help="CSV with any delimiter, or JSON Lines.")],
    right: Annotated[Path, typer.Argument(help="Another such table, of other columns if need be.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="A CSV for the pairs; without it they are shown.")
    ] = None,
    matcher: Annotated[
        Path | None, typer.Option(help="A trained matcher's folder; without it the one that ships.")
    ] = None,
    left_columns: Annotated[
        str | None,
        typer.Option(help="Names for a table without a header, as asin,-,title; - leaves one out."),
    ] = None,
    right_columns: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    left_id: Annotated[
        str | None, typer.Option(help="The column of ids; otherwise id, otherwise the line.")
    ] = None,
    right_id: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="The least probability of a pair.")
    ] = None,
    *,
    one_to_one: Annotated[
        bool, typer.Option("--one-to-one", help="No record in two pairs; the surer one stands.")
    ] = False,
    json: Json = False,
) -> None:
    """Find the records of two tables that are the same thing. No training is needed.

    Example: `weft match shop.csv library.csv --left-id sku --out pairs.csv --one-to-one`
    """
    from linkage.match import Matcher, shipped_matcher
    from linkage.tables.joins import join

    with command():
        judge = Matcher.load(matcher) if matcher else shipped_matcher()
        tables = (_read(left, left_columns, left_id), _read(right, right_columns, right_id))
        with err.status("Comparing …"):
            joined = join(*tables, matcher=judge, one_to_one=one_to_one, threshold=threshold)
        if out_file:
            try:
                _write(out_file, joined)
            except OSError as error:
                fail(f"{out_file} cannot be written: {error.strerror}")
    if json:
        print_json({"pairs": [asdict(match) for match in joined.matches]})
        return
    if not out_file:
        _show(joined, tables)
    out.print(
        f"{len(joined.matches):,} pairs, of {joined.compared:,} compared "
        f"among {joined.possible:,} possible ones.", highlight=False,
    )  # fmt: skip


def _read(path: Path, columns: str | None, id_column: str | None) -> list[Record]:
    from linkage.tables.records import read_table

    named = tuple(name.strip() for name in columns.split(",")) if columns else ()
    table = read_table(path, columns=named, id_column=id_column)
    for error in table.errors[:SHOWN]:
        err.print(f"{path.name}, line {error.line}: {escape(error.reason)}", highlight=False)
    if (more := len(table.errors) - SHOWN) > 0:
        err.print(f"… and {more} more")
    return table.records


def _write(path: Path, joined: Join) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("left", "right", "probability", "identifiers"))
        for match in joined.matches:
            schemes = " ".join(match.identifiers)
            writer.writerow((match.left, match.right, f"{match.probability:.4f}", schemes))


def _show(joined: Join, tables: Iterable[list[Record]]) -> None:
    texts = [{r.id: " · ".join(filter(None, r.values.values())) for r in side} for side in tables]
    table = Table("probability", "left", "right")
    for match in joined.matches:
        sides = [escape(texts[0][match.left][:WIDTH]), escape(texts[1][match.right][:WIDTH])]
        table.add_row(f"{match.probability:.3f}", *sides)
    out.print(table)


def train_matcher(
    pairs: Annotated[Path, typer.Argument(help=FORMS + " Or a TOML recipe of a general matcher.")],
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
    from linkage.learn.card import matcher_card
    from linkage.learn.evaluate_matches import evaluate_pairs
    from linkage.tables.records import read_pairs

    with command():
        with progress_bar("Training", "steps") as advance:
            trained = _trained(pairs, advance)
        folder = runs / (name or f"matcher-{pairs.resolve().parent.name}")
        report = evaluate_pairs(trained, read_pairs(valid)) if valid else None
        trained.save(folder, matcher_card(folder.name, trained, pairs, report))
    if json:
        print_json({"folder": str(folder), "measured": report and report.as_json()})
        return
    if report:
        _print(report)
    out.print(f"The matcher is in {folder}.")


def _trained(pairs: Path, advance: Callable[[int, int | None], None]) -> Matcher:
    from linkage.learn.editions import train_editions
    from linkage.learn.general import train_general
    from linkage.learn.matcher import train as train_on
    from linkage.learn.recipe import MatcherRecipe
    from linkage.tables.records import read_pairs

    if pairs.suffix == ".toml":
        recipe = MatcherRecipe.read(pairs)
        learn = train_editions if recipe.judges == "items" else train_general
        return learn(recipe, advance)
    return train_on(read_pairs(pairs), progress=advance)


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
    from linkage.learn.evaluate_matches import evaluate_pairs
    from linkage.match import Matcher
    from linkage.tables.records import read_pairs

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
