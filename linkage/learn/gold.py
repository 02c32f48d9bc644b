"""Gold mentions: texts, and what they are known to name.

JSON Lines of `{"text": …, "mentions": [{"start", "end", "entity"}]}` tell all that a text names.
A CSV of the columns `item`, `entity` and, if there is one, `evidence` tells of items in the
catalogue what their texts name among other things, and in which words.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from linkage.errors import GoldError

COLUMNS = ("item", "entity", "evidence")


@dataclass(frozen=True, slots=True)
class Named:
    """An entity's id, and where it is named: in these words, or from `start` to `end`."""

    entity: str
    start: int | None = None
    end: int | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Gold:
    """What a text names: all of it if `text` is given, else some of what the item's text does."""

    named: tuple[Named, ...]
    text: str | None = None
    item: str | None = None


def read_gold(path: Path, columns: Mapping[str, str] | None = None) -> list[Gold]:
    """Return what a file tells; GoldError with its line where that is not understood.

    `columns` gives the file's own column for `item`, `entity` or `evidence`, or a template of
    columns such as `book-{book_id}`.
    """
    if path.suffix == ".jsonl":
        return list(_annotated(path))
    return _linked(path, columns or {})


def _annotated(path: Path) -> Iterator[Gold]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            record = orjson.loads(line)
            named = tuple(Named(m["entity"], m["start"], m["end"]) for m in record["mentions"])
            yield Gold(named, text=record["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise GoldError(path, number, f"is not a text with mentions ({error})") from error


def _linked(path: Path, columns: Mapping[str, str]) -> list[Gold]:
    found: dict[str, list[Named]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            try:
                item, entity = (_filled(columns.get(name, name), row) for name in COLUMNS[:2])
            except KeyError as error:
                reason = f"has no column {error}; its columns are {', '.join(row)}"
                raise GoldError(path, rows.line_num, reason) from error
            evidence = row.get(columns.get("evidence", "evidence")) or ""
            found.setdefault(item, []).append(Named(entity, evidence=evidence))
    return [Gold(tuple(named), item=item) for item, named in found.items()]


def _filled(column: str, row: Mapping[str, str]) -> str:
    return column.format_map(row) if "{" in column else row[column]
