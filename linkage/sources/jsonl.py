"""JSON Lines: one JSON object a line, UTF-8."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from linkage.sources.lines import BrokenLineError, not_utf_8, numbered
from linkage.sources.options import ReadOptions
from linkage.sources.overlooked import Overlooked
from linkage.types import Item, RecordError


def read(source: Path | BinaryIO, options: ReadOptions) -> Iterator[Item | RecordError]:
    """Yield the item of each line, or why there is none; empty lines are passed over."""
    overlooked = Overlooked(options)
    for number, line in numbered(source, max_bytes=options.max_bytes):
        if isinstance(line, BrokenLineError):
            yield RecordError(number, str(line))
        elif line.strip():
            yield from _items(line, number, options, overlooked)
    yield from overlooked.warnings()


def _items(
    line: bytes, number: int, options: ReadOptions, overlooked: Overlooked
) -> Iterator[Item | RecordError]:
    try:
        record = orjson.loads(line.rstrip())  # else what is cut off is told at the line after
    except orjson.JSONDecodeError as error:
        yield RecordError(number, _reason(line, error))
        return
    if isinstance(record, dict):
        overlooked.names(record, number)
        overlooked.cells(record, number)
        yield from options.items(record, number)
    else:
        yield RecordError(number, "not a JSON object")


def _reason(line: bytes, error: orjson.JSONDecodeError) -> str:
    """Return what is wrong with a line and where in it."""
    try:
        line.decode()
    except UnicodeDecodeError as wrong:
        return not_utf_8(line[wrong.start], f" at column {wrong.start + 1}")
    return f"not JSON: {error.msg} at column {error.colno}"
