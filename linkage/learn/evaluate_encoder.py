"""Measure an encoder: translations found, films found for their books, texts a second."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkage.embed import Encoder, Vectors
from linkage.errors import GoldError
from linkage.learn.adaptations import (
    Adaptation,
    Book,
    Film,
    book_text,
    film_texts,
    read_adaptations,
    read_books,
    read_films,
)
from linkage.learn.evaluate_links import bootstrapped
from linkage.learn.evaluate_matches import Figure

NEAREST = 10
SPEED_TEXTS = 5_000
_BLOCK = 1_024


@dataclass(frozen=True, slots=True)
class EncoderReport:
    """What was measured. A part whose files were not given is empty or None."""

    encoder: str
    dimension: int
    translations: Mapping[str, Figure]
    """Share of sentences whose nearest neighbour is their translation, by language."""
    adaptations: Figure | None
    """Share of book-to-film links whose film is among the nearest ten."""
    texts_per_second: float

    @property
    def mean(self) -> float | None:
        """Mean of `translations`."""
        found = [figure.value for figure in self.translations.values()]
        return sum(found) / len(found) if found else None


def evaluate_encoder(
    encoder: Encoder,
    *,
    translations: Path | None = None,
    films: Path | None = None,
    books: Path | None = None,
    links: Path | None = None,
) -> EncoderReport:
    """Measure an encoder against the files that are given.

    `translations` is a folder of `en-XX.tsv` (English, translation); `films`, `books` and `links`
    are read as `linkage.learn.adaptations` says and count only together.
    """
    by_language = translation_accuracy(encoder, translations) if translations else {}
    found = None
    if films and books and links:
        found = adaptation_recall(
            encoder, read_books(books), read_films(films), read_adaptations(links)
        )
    speed = texts_per_second(encoder)
    return EncoderReport(encoder.name, encoder.dimension, by_language, found, speed)


def translation_accuracy(encoder: Encoder, folder: Path) -> dict[str, Figure]:
    """Return, for each `en-XX.tsv`, how often the nearest text is the translation.

    This is the Tatoeba test of LASER (Artetxe & Schwenk 2019): nearest by cosine among all texts
    of the other side, the mean of both directions. Raises GoldError.
    """
    accuracy = {}
    for path in sorted(folder.glob("en-*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [line.split("\t") for line in lines]
        if wrong := next((n for n, row in enumerate(rows, 1) if len(row) != 2), None):  # noqa: PLR2004
            raise GoldError(path, wrong, "has not two columns, English and its translation")
        english, other = zip(*rows, strict=True)
        scores = encoder.encode(english) @ encoder.encode(other).T
        answers = np.arange(len(lines))
        hits = np.mean([scores.argmax(axis) == answers for axis in (0, 1)], axis=0)
        accuracy[path.stem.removeprefix("en-")] = bootstrapped(hits, _mean)
    return accuracy


def adaptation_recall(
    encoder: Encoder, books: Sequence[Book], films: Sequence[Film], links: Sequence[Adaptation]
) -> Figure:
    """Return the share of links whose film is among the nearest to its book's text.

    The sentences that prove a link are taken out of the films' texts.
    """
    place = {film.id: row for row, film in enumerate(films)}
    text = {book.id: book_text(book) for book in books}
    asked = encoder.encode([text[link.book_id] for link in links])
    answers = np.array([place[link.film_id] for link in links])
    found = nearest(asked, encoder.encode(film_texts(films, links)), NEAREST)
    return bootstrapped((found == answers[:, None]).any(axis=1).astype(np.float64), _mean)


def nearest(asked: Vectors, candidates: Vectors, count: int) -> NDArray[np.intp]:
    """Return the rows (asked, count) of the candidates with the largest inner products."""
    blocks = [
        np.argpartition(-(asked[start : start + _BLOCK] @ candidates.T), count, axis=1)[:, :count]
        for start in range(0, len(asked), _BLOCK)
    ]
    return np.concatenate(blocks)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())


def texts_per_second(encoder: Encoder, texts: Sequence[str] | None = None) -> float:
    """Return the speed on many short texts, the model loaded before."""
    sample = texts or [
        f"A detective in chapter {number} finds letters no one wrote."
        for number in range(SPEED_TEXTS)
    ]
    encoder.encode(sample[:10])
    start = time.perf_counter()
    encoder.encode(sample)
    return len(sample) / (time.perf_counter() - start)
