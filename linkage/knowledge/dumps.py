"""JSON dumps, read line by line: Wikidata's, an array with an entity a line, and JSON Lines."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from linkage.errors import InvalidItemError
from linkage.knowledge import wikidata
from linkage.naming.entities import entity_from_record
from linkage.sources.lines import BrokenLineError, numbered
from linkage.types import Entity, RecordError

_BRACKETS = (b"", b"[", b"]")


def read(
    source: Path | BinaryIO, languages: Collection[str] = ()
) -> Iterator[Entity | RecordError]:
    """Yield the entity of each line, or why there is none."""
    for number, line in numbered(source):
        if isinstance(line, BrokenLineError):
            yield RecordError(number, str(line))
        elif (written := line.strip().rstrip(b",")) not in _BRACKETS:
            yield from _entities(written, number, languages)


def _entities(
    written: bytes, number: int, languages: Collection[str]
) -> Iterator[Entity | RecordError]:
    try:
        record = orjson.loads(written)
    except orjson.JSONDecodeError as error:
        yield RecordError(number, f"not JSON: {error}")
        return
    if not isinstance(record, dict):
        yield RecordError(number, "not a JSON object")
        return
    if "labels" in record:
        record = wikidata.record(record, languages)
    if record is not None:
        yield from parsed(record, number)


def parsed(record: Mapping[str, Any], number: int) -> Iterator[Entity | RecordError]:
    """Yield the entity of a record, or why there is none.

    An identifier or a date that cannot be used is left out, and a warning follows the entity.
    """
    arranged, warnings = dict(record), []
    given_id = str(record.get("id"))[:200].encode(errors="replace").decode()
    while True:
        try:
            yield entity_from_record(arranged)
        except InvalidItemError as error:
            is_dispensable = _drop(arranged, error.field)
            warnings.append(RecordError(number, str(error), given_id, is_warning=is_dispensable))
            if is_dispensable:
                continue
            warnings = warnings[-1:]
        yield from warnings
        return


def _drop(record: dict[str, Any], field: str) -> bool:
    """Take out a field that an entity can do without; return whether it was one."""
    outer, _, scheme = field.partition(".")
    if outer == "identifiers" and scheme:
        record["identifiers"] = {k: v for k, v in record["identifiers"].items() if k != scheme}
        return True
    return outer == "published_at" and record.pop(outer, None) is not None
