"""The catalogues that benchmarks run on: real books and films, and recombinations of them."""

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

from linkage.sources import ReadOptions, assignments, read
from linkage.types import Item
from tests.benchmarks.report import ROOT

DATA = Path(os.environ.get("WEFT_SHARED", ROOT.parent / "shared"))
"""Where catalogs/books.csv and catalogs/films.jsonl.gz lie; see docs/performance.md."""
BOOKS = DATA / "catalogs" / "books.csv"
FILMS = DATA / "catalogs" / "films.jsonl.gz"
BOOK_OPTIONS = {
    "--map": ("id=book_id", "creators=authors", "language=language_code",
              "published_at=original_publication_year"),
    "--set": ("kind=book",), "--id-prefix": ("book",), "--separator": (",",),
}  # fmt: skip
FILM_OPTIONS = {
    "--map": ("id=film_id", "creators=cast", "subjects=genres", "published_at=year",
              "text=extract"),
    "--set": ("kind=film",), "--id-prefix": ("film",),
}  # fmt: skip


def flags(options: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the options as arguments of `weft import`."""
    return [word for name, values in options.items() for value in values for word in (name, value)]


@cache
def real() -> tuple[Item, ...]:
    """Return the 46,273 real items."""
    return (*_read(BOOKS, BOOK_OPTIONS), *_read(FILMS, FILM_OPTIONS))


def recombined(count: int, seed: int = 7) -> Iterator[Item]:
    """Yield so many items, the real ones first, shuffled, then halves of real ones put together.

    A made-up item has the first words of one title and the last words of another, the creators of
    a third and the text of a fourth: the words are as frequent as they are in the real catalogue.
    """
    items, draw = real(), random.Random(seed)
    yield from islice(random.Random(seed).sample(items, len(items)), count)
    for number in range(len(items), count):
        kind, head, tail, maker, teller = (draw.choice(items) for _ in range(5))
        first, last = head.title.split(), tail.title.split()
        title = " ".join((*first[: len(first) // 2 + 1], *last[len(last) // 2 :]))
        yield replace(
            kind, id=f"made-{number}", title=title, creators=maker.creators, text=teller.text,
            subjects=teller.subjects, identifiers={}, url=None,
        )  # fmt: skip


def _read(path: Path, options: dict[str, tuple[str, ...]]) -> Iterator[Item]:
    separator = options.get("--separator", (None,))[0]
    chosen = ReadOptions(
        columns=assignments(options["--map"]),
        constants=assignments(options["--set"]),
        id_prefix=options["--id-prefix"][0],
        separator=separator,
    )
    return (record for record in read(path, chosen) if isinstance(record, Item))
