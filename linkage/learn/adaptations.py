"""Books and the films made of them: a retrieval task whose right answers are proven by words.

The catalogues are goodbooks-10k (CSV) and films with the first lines of their article (JSON
Lines). A link names a book, a film and the words of the film's article that prove it; those words
are hidden before anything is measured.
"""

import csv
import gzip
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BREAK = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?=\s)")
"""After an end mark, but not after the initial of a name."""
_SAYS_ADAPTED = re.compile(r"\b(?:based|adapt\w*|novels?|novella|books?|memoirs?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Film:
    """A film as its catalogue has it."""

    id: str
    title: str
    year: int
    cast: tuple[str, ...]
    extract: str


@dataclass(frozen=True, slots=True)
class Book:
    """A book as its catalogue has it."""

    id: str
    title: str
    authors: str
    year: str


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A film made of a book, and the words of the film's article that say so."""

    book_id: str
    film_id: str
    evidence: str


def read_films(path: Path) -> list[Film]:
    """Return the films of a JSON Lines file, plain or gzipped."""
    with path.open("rb") as raw:
        stream = gzip.open(raw) if path.suffix == ".gz" else raw  # noqa: SIM115 - closed with raw
        rows = (json.loads(line) for line in stream)
        return [
            Film(
                row["film_id"], row["title"], row["year"], tuple(row["cast"]), row["extract"] or ""
            )
            for row in rows
        ]


def read_books(path: Path) -> list[Book]:
    """Return the books of a goodbooks CSV."""
    return [
        Book(row["book_id"], row["title"], row["authors"],
             row["original_publication_year"].removesuffix(".0"))
        for row in _rows(path)
    ]  # fmt: skip


def read_adaptations(path: Path) -> list[Adaptation]:
    """Return the links of a CSV with the columns book_id, film_id, evidence."""
    return [Adaptation(row["book_id"], row["film_id"], row["evidence"]) for row in _rows(path)]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))


def book_text(book: Book) -> str:
    """Return the text a book is searched by."""
    return ". ".join(filter(None, (book.title, book.authors, book.year)))


def film_text(film: Film, extract: str | None = None) -> str:
    """Return the text a film is found by, with another extract when one is given."""
    about = film.extract if extract is None else extract
    return ". ".join(filter(None, (f"{film.title} ({film.year})", ", ".join(film.cast), about)))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, roughly; joined they are the text."""
    return _BREAK.split(text)


def without_adaptation(extract: str) -> str:
    """Return an extract without the sentences that speak of books."""
    return "".join(s for s in sentences(extract) if not _SAYS_ADAPTED.search(s)).strip()


def without_evidence(extract: str, evidence: Iterable[str]) -> str:
    """Return an extract without the sentences that any of the evidence touches."""
    spans = [(at, at + len(e)) for e in evidence if (at := extract.find(e)) >= 0]
    kept, start = [], 0
    for sentence in sentences(extract):
        end = start + len(sentence)
        if not any(first < end and start < last for first, last in spans):
            kept.append(sentence)
        start = end
    return "".join(kept).strip()


def film_texts(films: Iterable[Film], links: Iterable[Adaptation]) -> list[str]:
    """Return the text of each film, what proves a link taken out."""
    evidence: Mapping[str, list[str]] = defaultdict(list)
    for link in links:
        evidence[link.film_id].append(link.evidence)
    return [
        film_text(film, without_evidence(film.extract, evidence.get(film.id, ()))) for film in films
    ]
