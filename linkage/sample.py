"""The sample catalogue that ships: items, reviews and gold links, as the domain's values."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from linkage.items import item_from_record
from linkage.types import Item, Relation

FOLDER = files("linkage") / "data" / "sample"


@dataclass(frozen=True, slots=True)
class Review:
    """A customer's review of an item; `rating` is 1..5."""

    id: str
    item: str
    language: str
    rating: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class GoldLink:
    """A link that a person vouches for, and the reason."""

    source: str
    target: str
    relation: Relation
    reason: str


def sample_items() -> Iterator[Item]:
    """Yield the items of the sample catalogue."""
    with (FOLDER / "items.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield item_from_record(json.loads(line))


def sample_reviews() -> Iterator[Review]:
    """Yield the customers' reviews."""
    with (FOLDER / "reviews.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield Review(**json.loads(line))


def sample_links() -> Iterator[GoldLink]:
    """Yield the gold links."""
    with (FOLDER / "links.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield GoldLink(**row)  # type: ignore[arg-type]
