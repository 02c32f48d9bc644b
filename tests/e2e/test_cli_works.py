"""The same thing, from the command line: two tables joined, a catalogue's works."""

import csv
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import WEFT

Weft = Callable[..., str]


@pytest.fixture
def weft(tmp_path: Path) -> Weft:
    environment = os.environ | {"WEFT_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "200"}

    def run(*arguments: str, ok: bool = True) -> str:
        done = subprocess.run(
            [*WEFT, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout if ok else done.stderr

    return run


def test_two_tables_are_joined_whatever_their_columns(weft: Weft, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(
        "B1;x;Dune (Paperback);Herbert, Frank\nB2;x;How to bake bread;Anna Becker\n"
        "B3;x;Persuasion;Austen, Jane\nB4;x;Solaris;Stanislaw Lem\n"
    )
    (tmp_path / "library.jsonl").write_text("".join(
        json.dumps({"nr": nr, "name": name, "authors": [who], "year": year}) + "\n"
        for nr, name, who, year in [
            ("1", "Dune", "Frank Herbert", 1965), ("2", "Dune Messiah", "Frank Herbert", 1969),
            ("3", "Persuasion", "Jane Austen", 1817), ("4", "Emma", "Jane Austen", 1815),
            ("5", "Solaris", "Stanisław Lem", 1961),
        ]
    ))  # fmt: skip
    weft("match", "shop.csv", "library.jsonl", "--left-columns", "sku,-,title,author",
         "--left-id", "sku", "--right-id", "nr", "--one-to-one", "--out", "pairs.csv")  # fmt: skip
    with (tmp_path / "pairs.csv").open(newline="") as file:
        pairs = {(row["left"], row["right"]) for row in csv.DictReader(file)}
    assert pairs == {("B1", "1"), ("B3", "3"), ("B4", "5")}
    refused = weft("match", "shop.csv", "library.jsonl", "--right-id", "isbn", ok=False)
    assert "isbn" in refused
    refused = weft("match", "shop.csv", "shop.csv", "--left-columns", "a,b,c,d", "--right-columns",
                   "a,b,c,d", "--out", "absent/pairs.csv", ok=False)  # fmt: skip
    assert "absent/pairs.csv" in refused.replace("\n", "")
    assert "Traceback" not in refused


def test_works_are_made_listed_shown_and_made_anew(weft: Weft, tmp_path: Path) -> None:
    (tmp_path / "books.csv").write_text(
        "id,title,creators\n1,Dune,Frank Herbert\n2,Dune (Paperback),Frank Herbert\n"
        "3,Emma,Jane Austen\n"
    )
    weft("migrate")
    weft("import", "books.csv", "--set", "kind=book")
    assert "3 items compared" in weft("works", "update")
    [work] = json.loads(weft("works", "list", "--json"))["works"]
    assert (work["title"], work["items"]) == ("Dune", 2)
    shown = json.loads(weft("works", "show", work["id"], "--json"))
    assert [item["id"] for item in shown["items"]] == ["1", "2"]
    assert "3 items compared" in weft("works", "update", "--rebuild")
    assert json.loads(weft("works", "list", "--item", "2", "--json"))["works"] == [work]
    assert "no work" in weft("works", "show", "none", ok=False)
