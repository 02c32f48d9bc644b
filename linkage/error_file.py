"""The error file of an import: every error and warning, as JSON Lines or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import orjson

from linkage.types import RecordError

Format = Literal["jsonl", "csv"]
_COLUMNS = ("line", "unit", "id", "reason", "is_warning")


def lines(errors: Iterable[RecordError], format_: Format) -> Iterator[bytes]:
    """Yield the file a line at a time: an object or a row for each error, CSV with a header."""
    rows = ([getattr(error, name) for name in _COLUMNS] for error in errors)
    if format_ == "csv":
        yield _row(_COLUMNS)
        yield from map(_row, rows)
    else:
        for row in rows:
            shaped = dict(zip(_COLUMNS, row, strict=True))
            yield orjson.dumps(shaped, option=orjson.OPT_APPEND_NEWLINE)


def _row(values: Iterable[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().encode()
