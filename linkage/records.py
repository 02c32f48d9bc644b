"""Records: rows of any table, and labelled pairs of them, as text by the names of their fields."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linkage.errors import SourceFormatError
from linkage.sources.lines import MAX_LINE, BrokenLineError, numbered

SKIPPED = "-"
"""The name that a column to be left out is given."""
_COLUMN = re.compile(r"COL (\S+) VAL(?: (.*?))?(?=\s*COL \S+ VAL|\s*$)", re.DOTALL)
_DELIMITERS = ",|;\t"
_LABELS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_SIDES = ("left", "right")

csv.field_size_limit(MAX_LINE)


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table: what stands in each of its fields. `id` is its place or its own id."""

    id: str
    values: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records and whether they are the same thing."""

    left: Record
    right: Record
    is_match: bool


def read_table(
    path: Path, *, columns: Sequence[str] = (), id_column: str | None = None
) -> list[Record]:
    """Return the rows of a CSV (any usual delimiter) or JSON Lines file.

    `columns` names the columns of a file without a header; one named `-` is left out. A record's
    id is its `id_column`, else its column `id`, else its line. Raises SourceFormatError with the
    line of the first row that cannot be read.
    """
    rows = _objects(path) if path.suffix in (".jsonl", ".ndjson") else _rows(path, columns)
    return [_record(values, line, path, id_column) for line, values in rows]


def read_pairs(path: Path) -> list[Pair]:
    """Return the labelled pairs of a file; SourceFormatError names the line that is none.

    Three forms: `left<TAB>right<TAB>0|1` whose sides are `COL name VAL value COL …`; CSV with
    columns `left_NAME`, `right_NAME` and `label`; JSON Lines of
    `{"left": {…}, "right": {…}, "label": 0|1}`.
    """
    if path.suffix in (".jsonl", ".ndjson"):
        return [_pair_of_object(values, line, path) for line, values in _objects(path)]
    if path.suffix == ".csv":
        return [_pair_of_row(values, line, path) for line, values in _rows(path, ())]
    return [_pair_of_line(text, line, path) for line, text in _lines(path)]


def _decoded(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in numbered(path):
        if isinstance(line, BrokenLineError):
            raise SourceFormatError(path.name, f"line {number}: {line}")
        try:
            yield number, line.decode()
        except UnicodeDecodeError:
            raise SourceFormatError(path.name, f"line {number}: is not UTF-8") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, without their ends."""
    for number, text in _decoded(path):
        if text.strip():
            yield number, text.rstrip("\r\n")


def _pair_of_line(text: str, line: int, path: Path) -> Pair:
    match text.split("\t"):
        case [left, right, label] if label in _LABELS:
            sides = (_columns(left), _columns(right))
            if all(sides):
                return _pair(sides, label, line)
    raise SourceFormatError(
        path.name, f"line {line}: is not `COL … VAL …<TAB>COL … VAL …<TAB>0 or 1`"
    )


def _columns(side: str) -> dict[str, str]:
    return {name: (value or "").strip() for name, value in _COLUMN.findall(side)}


def _pair_of_row(values: Mapping[str, str], line: int, path: Path) -> Pair:
    sides = [
        {n.removeprefix(f"{side}_"): v for n, v in values.items() if n.startswith(f"{side}_")}
        for side in _SIDES
    ]
    if not all(sides) or values.get("label", "").strip().lower() not in _LABELS:
        raise SourceFormatError(
            path.name, f"line {line}: needs columns left_…, right_… and label (0 or 1)"
        )
    return _pair(sides, values["label"], line)


def _pair_of_object(values: Mapping[str, Any], line: int, path: Path) -> Pair:
    sides = [values.get(side) for side in _SIDES]
    label = str(values.get("label")).lower()
    if not all(isinstance(side, Mapping) and side for side in sides) or label not in _LABELS:
        raise SourceFormatError(
            path.name, f"line {line}: needs objects left and right, and label (0 or 1)"
        )
    texts = [{name: _text(value) for name, value in (side or {}).items()} for side in sides]
    return _pair(texts, label, line)


def _pair(sides: Sequence[Mapping[str, str]], label: str, line: int) -> Pair:
    left, right = (Record(f"{name}-{line}", s) for name, s in zip(_SIDES, sides, strict=True))
    return Pair(left, right, _LABELS[label.strip().lower()])


def _record(values: Mapping[str, Any], line: int, path: Path, id_column: str | None) -> Record:
    name = id_column or "id"
    if id_column and id_column not in values:
        raise SourceFormatError(path.name, f"line {line}: has no field {id_column!r}")
    own = _text(values.get(name, "")).strip()
    texts = {n: _text(v).strip() for n, v in values.items() if n != name}
    return Record(own or str(line), texts)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    return str(value)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in _lines(path):
        try:
            value = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise SourceFormatError(path.name, f"line {number}: not JSON: {error}") from None
        if not isinstance(value, dict):
            raise SourceFormatError(path.name, f"line {number}: is not a JSON object")
        yield number, value


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line each row begins on, and its cells by column."""
    text = "".join(line for _, line in _decoded(path))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = list(columns) or [name.strip() for name in next(reader, [])]
        kept = [name for name in header if name != SKIPPED]
        if len(set(kept)) < len(kept) or not kept:
            raise SourceFormatError(path.name, f"its columns are not told apart: {kept}")
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                reason = f"line {line}: has {len(row)} columns, not {len(header)}"
                raise SourceFormatError(path.name, reason)
            if row:
                cells = zip(header, row, strict=True)
                yield line, {name: cell for name, cell in cells if name != SKIPPED}
            line = reader.line_num + 1
    except csv.Error as error:
        raise SourceFormatError(path.name, f"line {reader.line_num}: {error}") from None


def _delimiter(text: str) -> str:
    """Return the delimiter that the first line has most of, outside quotes."""
    first = re.sub(r'"[^"]*"', "", text.split("\n", maxsplit=1)[0])
    return max(_DELIMITERS, key=first.count)


@dataclass(frozen=True, slots=True)
class Laid:
    """Pairs laid out as two tables and places in them."""

    left: list[Record]
    right: list[Record]
    places: list[tuple[int, int]]


def lay_out(pairs: Sequence[Pair]) -> Laid:
    """Lay out pairs as tables; a record that stands in several pairs is one row."""
    left, right = distinct(p.left for p in pairs), distinct(p.right for p in pairs)
    at = [{_contents(record): i for i, record in enumerate(side)} for side in (left, right)]
    places = [(at[0][_contents(p.left)], at[1][_contents(p.right)]) for p in pairs]
    return Laid(left, right, places)


def distinct(records: Iterable[Record]) -> list[Record]:
    """Return the records without those that repeat an earlier one's values."""
    seen: dict[tuple[tuple[str, str], ...], Record] = {}
    for record in records:
        seen.setdefault(_contents(record), record)
    return list(seen.values())


def _contents(record: Record) -> tuple[tuple[str, str], ...]:
    return tuple(record.values.items())
