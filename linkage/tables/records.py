"""Records: rows of any table, and labelled pairs of them, as text by the names of their fields."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linkage.errors import SourceFormatError
from linkage.sources import csv
from linkage.sources.lines import BrokenLineError, numbered
from linkage.types import RecordError

DAMAGE = "\ufffd"
SKIPPED = "-"
"""The name that a column to be left out is given."""
_COLUMN = re.compile(r"COL (\S+) VAL(?: (.*?))?(?=\s*COL \S+ VAL|\s*$)", re.DOTALL)
_DELIMITERS = ",|;\t"
_DATUM = re.compile(r"^\s*[\d.,]+\s*$|\.(?:jpg|png)$")
"""What the name of a column does not look like."""
_LABELS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_SIDES = ("left", "right")


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


@dataclass(frozen=True, slots=True)
class Table:
    """The records of a file, and the rows that could not be read or only in part."""

    records: list[Record]
    errors: list[RecordError]


def read_table(path: Path, *, columns: Sequence[str] = (), id_column: str | None = None) -> Table:
    """Return the rows of a CSV (any usual delimiter) or JSON Lines file.

    `columns` names the columns of a file without a header; one named `-` is left out. A record's
    id is its `id_column`, else its column `id`, else its line. Raises SourceFormatError when the
    file cannot be read at all or lacks the column of ids.
    """
    is_json = path.suffix in (".jsonl", ".ndjson")
    table = Table([], [])
    for line, values in _objects(path) if is_json else _rows(path, columns):
        if isinstance(values, str):
            table.errors.append(RecordError(line, values))
            continue
        if id_column and id_column not in values:
            raise SourceFormatError(path.name, f"line {line}: has no field {id_column!r}")
        record = _record(values, line, id_column)
        table.records.append(record)
        if any(DAMAGE in value for value in record.values.values()):
            reason = "bytes that are not UTF-8 were replaced"
            table.errors.append(RecordError(line, reason, record.id, is_warning=True))
    return table


def read_pairs(path: Path) -> list[Pair]:
    """Return the labelled pairs of a file; SourceFormatError names the line that is none.

    Three forms: `left<TAB>right<TAB>0|1` whose sides are `COL name VAL value COL …`; CSV with
    columns `left_NAME`, `right_NAME` and `label`; JSON Lines of
    `{"left": {…}, "right": {…}, "label": 0|1}`.
    """
    if path.suffix in (".jsonl", ".ndjson"):
        return [_pair_of_object(_sound(path, *one), one[0], path) for one in _objects(path)]
    if path.suffix == ".csv":
        return [_pair_of_row(_sound(path, *one), one[0], path) for one in _rows(path, ())]
    return [_pair_of_line(text, line, path) for line, text in _lines(path, strict=True)]


def _lines(path: Path, *, strict: bool = False) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, without their ends; U+FFFD stands for what is no UTF-8.

    Raises SourceFormatError at a line that is too long, cannot be unpacked or, with `strict`, is
    not UTF-8.
    """
    for number, line in numbered(path):
        if isinstance(line, BrokenLineError):
            raise SourceFormatError(path.name, f"line {number}: {line}")
        try:
            text = line.decode(errors="strict" if strict else "replace")
        except UnicodeDecodeError:
            raise SourceFormatError(path.name, f"line {number}: is not UTF-8") from None
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


def _sound(path: Path, line: int, values: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(values, str):
        raise SourceFormatError(path.name, f"line {line}: {values}")
    return values


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


def _record(values: Mapping[str, Any], line: int, id_column: str | None) -> Record:
    """Return a row as a record; what is named `id` says nothing more, another column may."""
    own = _text(values.get(id_column or "id", "")).strip()
    texts = {name: _text(value).strip() for name, value in values.items() if name != "id"}
    return Record(own or str(line), texts)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    return str(value)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the line and the JSON object of each line, or why it is none."""
    for number, line in _lines(path):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
        else:
            yield number, value if isinstance(value, dict) else "is not a JSON object"


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield the line each row begins on, and its cells by column or why it has none."""
    rows = csv.rows(path, delimiter=_delimiter(path))
    header = columns or _header(path, next(rows, (1, "is empty")))
    kept = [name for name in header if name != SKIPPED]
    if len(set(kept)) < len(kept) or not kept:
        raise SourceFormatError(path.name, f"its columns are not told apart: {', '.join(kept)}")
    for line, row in rows:
        if isinstance(row, str):
            yield line, row
        elif len(row) != len(header):
            yield line, f"has {len(row)} columns, not {len(header)}"
        else:
            cells = zip(header, map(_mended, row), strict=True)
            yield line, {name: cell for name, cell in cells if name != SKIPPED}


def _header(path: Path, first: tuple[int, list[str] | str]) -> list[str]:
    line, names = first
    if isinstance(names, str):
        raise SourceFormatError(path.name, f"line {line}: {names}")
    if any(_DATUM.search(name) for name in names):
        raise SourceFormatError(
            path.name, "its first line is a row, not the names of its columns; give those names"
        )
    return [_mended(name).strip() for name in names]


def _mended(cell: str) -> str:
    """Return a cell with U+FFFD for what was no UTF-8."""
    return cell.encode(errors="surrogateescape").decode(errors="replace")


def _delimiter(path: Path) -> str:
    """Return the delimiter that the first line has most of, outside quotes."""
    for _, line in _lines(path):
        bare = re.sub(r'"[^"]*"', "", line)
        return max(_DELIMITERS, key=bare.count)
    return _DELIMITERS[0]


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
