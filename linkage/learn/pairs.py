"""Pairs of texts that mean the same: translations, and titles with what they stand for."""

import csv
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

from linkage.errors import TrainingError
from linkage.learn.adaptations import (
    Book,
    Film,
    book_text,
    film_text,
    read_books,
    read_films,
    without_adaptation,
)
from linkage.learn.recipe import EncoderRecipe

ENGLISH = "en"
MAX_CHARACTERS = 600
_NAMELESS = Book("", "", "", "")
_END_MARKS = re.compile(r"^[\W_]+|[\W_]+$")
_LETTER = re.compile(r"[^\W\d_]")
_MIS_ENCODED = re.compile(r"�|Ã[\x80-\xbf]|â€")
_ACCELERATOR = re.compile(r"(?<!\w)(?:_|&(?!\w+;))(?=\w)")


@dataclass(frozen=True, slots=True)
class Pair:
    """An English text and one in `language` that belongs beside it; both English for catalogues."""

    language: str
    domain: str
    english: str
    other: str


Corpus = Callable[[Path, str], Iterable[Pair]]
"""Reads what a folder pairs English with a language by."""


def read_tables(folder: Path, language: str) -> Iterator[Pair]:
    """Yield the pairs of a language's tables, plain or zstd-compressed, of which there must be one.

    A line is `domain<TAB>English<TAB>other`; lines with another number of columns are passed over.
    """
    paths = sorted(folder.glob(f"en-{language}.tsv*"))
    if not paths:
        raise TrainingError(f"{folder} has no en-{language}.tsv")
    for path in paths:
        openers = {".zst": zstandard.open}
        opened = openers.get(path.suffix, open)(path, "rt", encoding="utf-8", newline="\n")
        with opened as file:
            for line in file:
                cells = line.rstrip("\n").split("\t")
                if len(cells) == 3:  # noqa: PLR2004
                    yield Pair(language, *cells)


def read_pairs(recipe: EncoderRecipe, corpus: Corpus = read_tables) -> Iterator[Pair]:
    """Yield the clean, distinct pairs of all the recipe's sources, benchmark lines left out.

    Raises TrainingError where there are none, or none of a language.
    """
    seen: set[int] = set()
    missing = set(recipe.languages)
    excluded = read_exclusions(recipe.exclude)
    for raw in _sources(recipe, corpus):
        pair = Pair(raw.language, raw.domain, tidy(raw.english), tidy(raw.other))
        mark = hash((pair.language, pair.english, pair.other))
        if mark in seen or not is_clean(pair):
            continue
        seen.add(mark)
        if not excluded or not {bare(pair.english), bare(pair.other)} & excluded:
            missing.discard(pair.language)
            yield pair
    if missing or not seen:
        named = ", ".join(sorted(missing)) or "anything"
        raise TrainingError(
            f"there is nothing to learn {named} from: add texts, or leave it out of `languages`"
        )


def _sources(recipe: EncoderRecipe, corpus: Corpus) -> Iterator[Pair]:
    if recipe.mission:
        yield from read_mission(Path(recipe.mission), recipe.languages)
    books = read_books(Path(recipe.books)) if recipe.books else []
    if recipe.films:
        yield from film_pairs(read_films(Path(recipe.films)), books)
    yield from book_pairs(books)
    if recipe.corpora:
        for language in recipe.languages:
            yield from corpus(Path(recipe.corpora), language)


def read_mission(path: Path, languages: Iterable[str]) -> Iterator[Pair]:
    """Yield the hand-written segments of the split `train` in each language."""
    wanted = list(languages)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["split"] == "train":
                yield from (
                    Pair(language, "mission", row[ENGLISH], text)
                    for language in wanted
                    if (text := row.get(language))
                )


def film_pairs(films: Iterable[Film], books: Sequence[Book]) -> Iterator[Pair]:
    """Yield each film's text beside its title as that of a book; what speaks of books is cut out.

    The book has the authors and the year of some other one: titles decide, not names or years.
    """
    borrowed = itertools.cycle((book.authors, book.year) for book in books or [_NAMELESS])
    for film, (authors, year) in zip(films, borrowed, strict=False):
        if extract := without_adaptation(film.extract):
            book = Book("", film.title, authors, year)
            yield Pair(ENGLISH, "film", book_text(book), film_text(film, extract))


def book_pairs(books: Iterable[Book]) -> Iterator[Pair]:
    """Yield the title of each book beside its whole text."""
    for book in books:
        yield Pair(ENGLISH, "book", book.title, book_text(book))


def tidy(text: str) -> str:
    """Return the text in NFC, white space folded, menu accelerators (`_File`) removed, cut."""
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    return _ACCELERATOR.sub("", folded)[:MAX_CHARACTERS]


def bare(text: str) -> str:
    """Return the form under which a text is recognised as a benchmark's: no case, no end marks."""
    return _END_MARKS.sub("", text.casefold())


def is_clean(pair: Pair) -> bool:
    """Tell whether a pair teaches anything: words on both sides, and not the same ones."""
    english, other = pair.english, pair.other
    if not (_LETTER.search(english) and _LETTER.search(other)):
        return False
    is_broken = _MIS_ENCODED.search(english) or _MIS_ENCODED.search(other)
    return not is_broken and english.casefold() != other.casefold()


def read_exclusions(patterns: Iterable[str]) -> frozenset[str]:
    """Return the bare form of every cell of the benchmark files that glob patterns name.

    Raises TrainingError for a pattern that names none.
    """
    cells: set[str] = set()
    for pattern in patterns:
        anchor = Path(pattern).anchor or "."
        paths = list(Path(anchor).glob(str(Path(pattern).relative_to(anchor))))
        if not paths:
            raise TrainingError(f"{pattern} is to be excluded, and is no file: mend `exclude`")
        for path in paths:
            for line in path.read_text(encoding="utf-8").splitlines():
                cells.update(bare(tidy(cell)) for cell in line.split("\t"))
    return frozenset(cells - {""})
