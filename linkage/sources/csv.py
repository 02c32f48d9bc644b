"""CSV with a header line, UTF-8, quoted as RFC 4180 has it; records may span lines.

Where the header has no comma its semicolons or tabs divide it, as spreadsheets write them.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from linkage.errors import SourceFormatError
from linkage.sources.lines import MAX_LINE, BrokenLineError, not_utf_8, numbered
from linkage.sources.options import ReadOptions, shown
from linkage.sources.overlooked import Overlooked
from linkage.sources.streams import head_of, name_of, opened
from linkage.types import Item, RecordError

_REQUIRED = ("id", "title")

_PLAINLY = {
    "unexpected end of data": "a quote is not closed",
    "new-line character seen in unquoted field - do you need to open the file in"
    " universal-newline mode?": "a carriage return stands outside quotes; lines end with LF or"
    " CRLF",
}  # fmt: skip
"""What the library says, in a word for whoever made the file."""
csv.field_size_limit(MAX_LINE)  # the default refuses texts that we take


def read(
    source: Path | BinaryIO, options: ReadOptions, *, delimiter: str = ","
) -> Iterator[Item | RecordError]:
    """Yield the item of each record, or why there is none, with the line it begins on.

    Raises SourceFormatError when there is no header or it lacks a column that is needed.
    """
    with opened(source) as stream:
        records = _Records(stream, _delimiter(head_of(stream), delimiter), options.max_bytes)
        header = _header(records, name_of(stream), options)
        overlooked = Overlooked(options)
        overlooked.names(header, 1)
        for number, record in records:
            if isinstance(record, str):
                yield RecordError(number, record)
            elif len(record) != len(header):
                yield RecordError(number, f"has {len(record)} columns, the header {len(header)}")
            elif wrong := _not_utf_8(record):
                given_id = dict(zip(header, record, strict=True)).get(options.needed("id")[0])
                yield RecordError(number, wrong, shown(given_id))
            else:
                named = dict(zip(header, record, strict=True))
                overlooked.cells(named, number)
                yield from options.items(named, number)
        yield from overlooked.warnings()


def _not_utf_8(record: list[str]) -> str | None:
    try:
        "".join(record).encode()
    except UnicodeEncodeError as error:
        return not_utf_8(ord(error.object[error.start]) - 0xDC00)
    return None


def _delimiter(head: bytes, usual: str) -> str:
    header = re.sub(rb'"[^"]*"', b"", head).partition(b"\n")[0].decode(errors="replace")
    return next((each for each in (usual, ";", "\t") if each in header), usual)


def rows(source: Path | BinaryIO, *, delimiter: str = ",") -> Iterator[tuple[int, list[str] | str]]:
    """Yield the line each record begins on, and its columns or the reason there are none.

    A byte that is not UTF-8 becomes a lone surrogate.
    """
    return iter(_Records(source, delimiter, None))


class _Records:
    """Iterates (line number, columns or the reason there are none).

    A quote left open would swallow the records after it; such a record is given up and reading
    goes on at the line below the one it began on.
    """

    def __init__(self, source: Path | BinaryIO, delimiter: str, max_bytes: int | None) -> None:
        self._lines = numbered(source, max_bytes=max_bytes)
        self._delimiter = delimiter
        self._again: deque[tuple[int, bytes | BrokenLineError]] = deque()

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        while first := self._next():
            number, line = first
            if isinstance(line, BrokenLineError):
                yield number, str(line)
            elif line.strip():
                yield number, self._record(line)

    def _next(self) -> tuple[int, bytes | BrokenLineError] | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _record(self, first: bytes) -> list[str] | str:
        taken: list[tuple[int, bytes | BrokenLineError]] = []
        try:
            lines = self._continued(first, taken)
            return next(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            self._again.extendleft(reversed(taken))
            return f"not CSV: {_PLAINLY.get(str(error), error)}"

    def _continued(
        self, line: bytes, taken: list[tuple[int, bytes | BrokenLineError]]
    ) -> Iterator[str]:
        size = len(line)
        yield _decoded(line)
        while following := self._next():
            taken.append(following)
            size += 0 if isinstance(following[1], BrokenLineError) else len(following[1])
            if isinstance(following[1], BrokenLineError) or size > MAX_LINE:
                raise csv.Error("a quote is not closed")
            yield _decoded(following[1])


def _decoded(line: bytes) -> str:
    """Decode UTF-8; a byte that is none becomes a surrogate, which no field of an item takes."""
    return line.decode("utf-8", errors="surrogateescape")


def _header(records: _Records, name: str, options: ReadOptions) -> list[str]:
    _, header = next(iter(records), (0, "is empty"))
    if isinstance(header, str):
        raise SourceFormatError(name, header)
    header = [column.strip() for column in header]
    for column in sorted(options.columns_read()):
        if header.count(column) > 1:
            raise SourceFormatError(
                name, f"column {column!r} is there {header.count(column)} times"
            )
    wanted = sorted({*_REQUIRED, *options.columns} - options.constants.keys())
    missing = [(c, field) for field in wanted for c in options.needed(field) if c not in header]
    if missing:
        told = ", ".join(f"{column!r} for {field}" for column, field in missing)
        columns = ", ".join(header).encode(errors="replace").decode()
        remedy = f"`weft import --map {missing[0][1]}=COLUMN` tells which it is"
        raise SourceFormatError(name, f"no column {told}; its columns are {columns}; {remedy}")
    return header
