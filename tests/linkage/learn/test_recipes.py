"""The matchers that ship are made by recipes: a small one of each, from books and films made up."""

import csv
import gzip
import json
from itertools import product

import pytest

from linkage.items import item_from_record
from linkage.learn import editions, general
from linkage.learn.editions import train_editions
from linkage.learn.general import train_general
from linkage.learn.matcher import Effort
from linkage.learn.recipe import MatcherRecipe
from linkage.tables.alignment import SCHEMA
from linkage.tables.joins import join
from linkage.tables.records import Record
from linkage.works.editions import probabilities

FIRST = ("Silent", "Burning", "Hidden", "Last", "Golden", "Broken", "Winter", "Crimson", "Lost")
SECOND = ("River", "Crown", "Garden", "Letter", "Harbour", "Engine", "Orchard", "Mirror", "Tower")
NAMES = ("Ada Novak", "Ivo Lindt", "Rosa Field", "Theo Marsh", "Nina Okafor", "Paul Verne")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> MatcherRecipe:
    folder = tmp_path_factory.mktemp("things")
    titles = [f"The {one} {other}" for one, other in product(FIRST, SECOND)]
    columns = ("title", "original_title", "authors", "original_publication_year", "language_code")
    with (folder / "books.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerows(
            (f"{title} (Saga, #{n})", title, NAMES[n % 6], f"{1950 + n % 70}.0", "eng")
            for n, title in enumerate(titles)
        )
    films = (
        {"film_id": str(n), "title": title, "cast": [NAMES[n % 6], NAMES[n % 5]], "genres": ["x"],
         "year": 1950 + n % 70, "extract": f"A film. It tells of a {title.lower()}."}
        for n, title in enumerate(titles)
    )  # fmt: skip
    with gzip.open(folder / "films.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(film) + "\n" for film in films)
    books, path = str(folder / "books.csv"), str(folder / "films.jsonl.gz")
    return MatcherRecipe(name="tiny", books=books, films=path, tables=2)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (editions, general):
        monkeypatch.setattr(module, "_EFFORT", Effort(trees=30, leaves=7, rate=0.2, repeats=1))


def test_matcher_of_tables_joins_tables_it_has_never_seen(recipe: MatcherRecipe) -> None:
    steps: list[tuple[int, int]] = []
    matcher = train_general(recipe, lambda done, total: steps.append((done, total)))
    assert (matcher.schema, any(matcher.background)) == (SCHEMA, False)
    assert steps[-1][0] == steps[-1][1] == 8
    left = [Record(str(n), {"name": f"{one} Station"}) for n, one in enumerate(FIRST)]
    right = [Record(str(n), {"title": f"{one} Station"}) for n, one in enumerate(FIRST)]
    found = join(left, right, matcher=matcher, one_to_one=True, threshold=0.0).matches
    assert {(match.left, match.right) for match in found} >= {(str(n), str(n)) for n in range(9)}


def test_matcher_of_items_tells_editions_from_other_books(recipe: MatcherRecipe) -> None:
    matcher = train_editions(recipe)
    assert matcher.rarity
    one, same, other = (
        item_from_record({"id": "x", "kind": "book", "title": title, "creators": [by]})
        for title, by in [
            ("The Silent Station", "Ada Novak"), ("The Silent Station", "Novak, Ada"),
            ("The Paper Moon", "Ada Novak"),
        ]
    )  # fmt: skip
    likely, unlikely = probabilities([(one, same), (one, other)], matcher)
    assert likely > unlikely
