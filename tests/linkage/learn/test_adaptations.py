"""Books, films, and the words that prove a link."""

import gzip
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from linkage.learn.adaptations import (
    Adaptation,
    Book,
    Film,
    book_text,
    film_text,
    film_texts,
    read_books,
    read_films,
    sentences,
    without_adaptation,
    without_evidence,
)

EXTRACT = "Dune is a 1984 film by D. Lynch. It is based on Dune by F. Herbert. It was long."
FILM = Film("f1", "Dune", 1984, ("Kyle MacLachlan",), EXTRACT)


@given(st.text(alphabet="ab .!?\n…", max_size=60))
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


def test_what_proves_a_link_is_hidden_with_its_sentences() -> None:
    hidden = without_evidence(EXTRACT, ["based on Dune by F. Herbert"])
    assert hidden == "Dune is a 1984 film by D. Lynch. It was long."


def test_evidence_that_is_not_there_hides_nothing() -> None:
    assert without_evidence(EXTRACT, ["based on Emma"]) == EXTRACT


def test_an_initial_ends_no_sentence() -> None:
    assert len(sentences(EXTRACT)) == 3


def test_sentences_that_speak_of_books_are_left_out() -> None:
    assert "based" not in without_adaptation(EXTRACT)


def test_a_film_is_found_by_title_year_cast_and_extract() -> None:
    assert film_text(FILM) == f"Dune (1984). Kyle MacLachlan. {EXTRACT}"


def test_only_the_linked_film_loses_its_evidence() -> None:
    other = Film("f2", "Emma", 1996, (), EXTRACT)
    linked, untouched = film_texts([FILM, other], [Adaptation("b1", "f1", "based on Dune")])
    assert "Herbert" not in linked
    assert "Herbert" in untouched


def test_a_book_without_a_year_has_no_empty_part() -> None:
    assert book_text(Book("b1", "Dune", "Frank Herbert", "")) == "Dune. Frank Herbert"


def test_films_are_read_from_gzip_and_may_lack_an_article(tmp_path: Path) -> None:
    path = tmp_path / "films.jsonl.gz"
    row = {"film_id": "f1", "title": "Dune", "year": 1984, "cast": ["A"], "extract": None}
    path.write_bytes(gzip.compress(json.dumps(row).encode()))
    assert read_films(path) == [Film("f1", "Dune", 1984, ("A",), "")]


def test_the_year_of_a_book_is_a_whole_number(tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    path.write_text("book_id,title,authors,original_publication_year\n1,Dune,F. Herbert,1965.0\n")
    assert read_books(path) == [Book("1", "Dune", "F. Herbert", "1965")]
