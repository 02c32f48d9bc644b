"""Things to render: goodbooks-10k and the films, as `linkage.learn.renditions` takes them."""

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from linkage.learn.renditions import Thing

_SCATTERED = 0.6
"""Share of the samples whose things have nothing to do with each other."""


def read_books(path: Path) -> list[Thing]:
    """Return the books of a goodbooks CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_book(row) for row in csv.DictReader(file)]


def _book(row: dict[str, str]) -> Thing:
    year = row["original_publication_year"].removesuffix(".0")
    original = row["original_title"]
    return Thing(
        kind="book",
        title=row["title"],
        other_titles=(original,) if original and original != row["title"] else (),
        creators=tuple(row["authors"].split(", ")),
        year=int(year) if year else None,
        details=((row["language_code"] or "en",),),
    )


def read_films(path: Path) -> list[Thing]:
    """Return the films of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [_film(json.loads(line)) for line in file]


def _film(row: dict[str, Any]) -> Thing:
    return Thing(
        kind="film",
        title=row["title"],
        creators=tuple(row["cast"][:5]),
        year=row["year"],
        details=(tuple(genre.lower() for genre in row["genres"]), _runtime(row)),
        text=row["extract"] or "",
    )


def _runtime(row: dict[str, Any]) -> tuple[str, ...]:
    """Return minutes that are always the same for a film: the list tells none."""
    return (str(60 + sum(map(ord, row["film_id"])) * 7 % 90),)


def sample(things: Sequence[Thing], random: Random) -> list[Thing]:
    """Return some things: anyhow, or a stretch by title or creator, each other's rivals."""
    size = random.randint(300, 3_000)
    if random.random() < _SCATTERED:
        return random.sample(things, min(size, len(things)))
    ordered = sorted(things, key=random.choice((lambda t: t.title, lambda t: t.creators)))
    start = random.randrange(max(1, len(ordered) - size))
    return ordered[start : start + size]
