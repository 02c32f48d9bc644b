"""Gold links: pairs of items that a person vouches for, to hold a new index against."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import orjson

from linkage.errors import SourceFormatError
from linkage.indexing.verification import GoldLink
from linkage.sources.lines import BrokenLineError, numbered

_COLUMNS = ("source", "target")


def read_gold(path: Path) -> list[GoldLink]:
    """Return the links of a file: JSON Lines, or CSV with a header, with `source` and `target`.

    Both are ids of items. Raises SourceFormatError with the first line that is neither, and when
    there is none.
    """
    return [(source, target) for source, target, _ in _links(path)]


def read_answers(path: Path) -> dict[str, dict[str, str | None]]:
    """Return the targets of each source of such a file, each with its `relation` if it has one."""
    answers: dict[str, dict[str, str | None]] = defaultdict(dict)
    for source, target, relation in _links(path):
        answers[source][target] = relation
    return answers


def _links(path: Path) -> Iterator[tuple[str, str, str | None]]:
    rows = _json_rows(path) if path.suffix.lower() in {".jsonl", ".ndjson"} else _csv_rows(path)
    line = 0
    for line, row in rows:
        source, target = (row.get(column) for column in _COLUMNS)
        if not isinstance(source, str) or not isinstance(target, str) or not (source and target):
            raise SourceFormatError(path.name, f"line {line}: needs `source` and `target`")
        relation = row.get("relation")
        yield source, target, relation if isinstance(relation, str) and relation else None
    if not line:
        raise SourceFormatError(path.name, "holds no links")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in numbered(path):
        if isinstance(line, BrokenLineError):
            raise SourceFormatError(path.name, f"line {number}: {line}")
        try:
            yield number, line.decode()
        except UnicodeDecodeError as error:
            raise SourceFormatError(path.name, f"line {number}: is not UTF-8") from error


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in _lines(path):
        try:
            row = orjson.loads(line) if line.strip() else None
        except orjson.JSONDecodeError as error:
            raise SourceFormatError(path.name, f"line {number}: is not JSON ({error})") from error
        if isinstance(row, dict):
            yield number, row
        elif row is not None:
            raise SourceFormatError(path.name, f"line {number}: is not a JSON object")


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    reader = csv.DictReader(io.StringIO("".join(line for _, line in _lines(path)), newline=""))
    try:
        for row in reader:
            yield reader.line_num, dict(row)
    except csv.Error as error:
        raise SourceFormatError(path.name, f"line {reader.line_num}: {error}") from error
