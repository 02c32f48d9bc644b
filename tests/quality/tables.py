"""Two tables and no pairs to learn from: what the matcher that ships joins."""

from pathlib import Path

from linkage.learn.evaluate_matches import evaluate_found
from linkage.match import shipped_matcher
from linkage.tables.joins import Join, join
from linkage.tables.records import Record, read_table
from tests.benchmarks.report import Table
from tests.quality.shop import DATA

CATALOGS = DATA / "catalogs"
FILMS = CATALOGS / "matching" / "imdb-tmdb"
AMAZON = ("asin", "-", "-", "title", "author", "-", "category")
NOTES = (
    "Measured with the matcher that `weft match` uses; it has seen no pair of these tables.",
    "But goodbooks is among the books that its own training pairs were made from.",
    "There are no true pairs of Amazon and goodbooks: matching.md tells of those read one by one.",
)


def run() -> Table:
    """Join two tables of films, and two of books."""
    films = _read(FILMS / "imdb.csv"), _read(FILMS / "tmdb.csv")
    gold = _gold(FILMS / "gt.csv")
    rows = [_films(join(*films, matcher=shipped_matcher(), one_to_one=only), gold, only=only)
            for only in (True, False)]  # fmt: skip
    books = (
        _read(CATALOGS / "amazon_books.csv", columns=AMAZON, id_column="asin"),
        _read(CATALOGS / "books.csv", id_column="book_id"),
    )
    joined = join(*books, matcher=shipped_matcher(), one_to_one=True)
    rows.append(("Amazon and goodbooks, one to one", *_counted(joined), "", "", ""))
    headers = (
        "tables", "pairs found", "by identifier", "with 0.9 or more", "precision", "recall", "F1",
    )  # fmt: skip
    return Table(headers, rows, NOTES)


def _films(joined: Join, gold: set[tuple[str, str]], *, only: bool) -> tuple[str, ...]:
    report = evaluate_found({(match.left, match.right) for match in joined.matches}, gold)
    name = "IMDb and TMDB, one to one" if only else "IMDb and TMDB"
    figures = (f"{report.precision.value:.3f}", f"{report.recall.value:.3f}", str(report.f1))
    return (name, *_counted(joined), *figures)


def _counted(joined: Join) -> tuple[str, ...]:
    matches = joined.matches
    counts = (
        len(matches),
        sum(bool(match.identifiers) for match in matches),
        sum(match.probability >= 0.9 for match in matches),
    )
    return tuple(f"{count:,}" for count in counts)


def _read(
    path: Path, *, columns: tuple[str, ...] = (), id_column: str | None = None
) -> list[Record]:
    return read_table(path, columns=columns, id_column=id_column).records


def _gold(path: Path) -> set[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return {(left, right) for left, _, right in (line.partition("|") for line in lines)}
