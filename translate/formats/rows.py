"""Tables: JSON Lines and CSV, of which chosen columns are translated."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from translate.errors import FormatError
from translate.formats.document import Document, Options, Passage, Slot, replacing
from translate.formats.encoding import decoded

DEFAULT_COLUMNS = ("title", "text")
_SPACE = " \t\r\n"
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a CSV file: its value, and where it stands, quotes and all."""

    start: int
    end: int
    value: str
    is_quoted: bool


def read_jsonl(data: bytes, options: Options) -> Document:
    """Take JSON Lines apart: strings, and lists of strings, of the chosen members."""
    text, encoding = decoded(data)
    columns = options.columns or DEFAULT_COLUMNS
    pieces: list[bytes | Slot] = []
    last = 0
    for number, (start, line) in enumerate(_lines(text), start=1):
        if not line.strip(_SPACE + "\ufeff"):
            continue
        for name, begin, end in _strings(line, number):
            if name in columns and line[begin:end] != '""':
                pieces.append(text[last : start + begin].encode(encoding))
                pieces.append(_json_slot(line[begin:end], f"line {number}, {name}", encoding))
                last = start + end
    return Document([*pieces, text[last:].encode(encoding)])


def _json_slot(written: str, place: str, encoding: str) -> Slot:
    is_ascii = "\\u" in written and written.isascii()
    return replacing(
        Passage(json.loads(written, strict=False), place),
        written.encode(encoding),
        lambda text: json.dumps(text, ensure_ascii=is_ascii).encode(encoding),
    )


def _strings(line: str, number: int) -> Iterator[tuple[str, int, int]]:
    """Yield the name of each top-level member, with where each of its strings begins and ends."""
    at = _after_space(line, 1 if line.startswith("\ufeff") else 0)
    if line[at : at + 1] != "{":
        raise FormatError(f"line {number}, column {at + 1}", "is no JSON object")
    at = _after_space(line, at + 1)
    try:
        while line[at] != "}":
            if line[at] != '"':
                raise ValueError  # noqa: TRY301 - told below, with the place
            name, at = _decoder.raw_decode(line, at)
            at = _after_space(line, at)
            if line[at] != ":":
                raise ValueError  # noqa: TRY301
            begin = _after_space(line, at + 1)
            _, end = _decoder.raw_decode(line, begin)
            yield from ((name, *span) for span in _spans(line, begin, end))
            at = _after_space(line, end)
            if line[at] == ",":
                at = _after_space(line, at + 1)
                if line[at] == "}":
                    raise ValueError  # noqa: TRY301
            elif line[at] != "}":
                raise ValueError  # noqa: TRY301
    except (ValueError, IndexError, RecursionError) as error:
        raise FormatError(f"line {number}, column {at + 1}", "is not valid JSON") from error
    if line[at + 1 :].strip(_SPACE):
        raise FormatError(f"line {number}, column {at + 2}", "has more after the object")


def _spans(line: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the strings of a value stand: of a string itself, of a list its elements."""
    if line[begin] == '"':
        yield begin, end
    elif line[begin] == "[":
        at = _after_space(line, begin + 1)
        while at < end - 1:
            _, after = _decoder.raw_decode(line, at)
            if line[at] == '"':
                yield at, after
            at = _after_space(line, _after_space(line, after) + 1)


def _after_space(line: str, at: int) -> int:
    while line[at : at + 1] and line[at] in _SPACE:
        at += 1
    return at


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each line begins, and the line; only a line feed ends one."""
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def read_csv(data: bytes, options: Options) -> Document:
    """Take a table apart whose columns commas, or in most of its first line semicolons, part."""
    text, _ = decoded(data)
    head = text.partition("\n")[0]
    return _read_table(data, options, ";" if head.count(";") > head.count(",") else ",")


def read_tsv(data: bytes, options: Options) -> Document:
    """Take a table apart whose columns tabs part."""
    return _read_table(data, options, "\t")


def _read_table(data: bytes, options: Options, delimiter: str) -> Document:
    text, encoding = decoded(data)
    rows = list(_rows(text, delimiter))
    chosen, first = _chosen(rows, options)
    pieces: list[bytes | Slot] = []
    last = 0
    for number, row in enumerate(rows[first:], start=first + 1):
        for place, field in enumerate(row):
            if place in chosen and field.value.strip():
                pieces.append(text[last : field.start].encode(encoding))
                original = text[field.start : field.end]
                where = f"row {number}, column {chosen[place]}"
                pieces.append(_csv_slot(field, original, where, delimiter, encoding))
                last = field.end
    return Document([*pieces, text[last:].encode(encoding)])


def _chosen(rows: list[list[_Field]], options: Options) -> tuple[dict[int, str], int]:
    """Return the chosen columns' names by place, and the number of header rows."""
    if options.columns and all(name.isdecimal() for name in options.columns):
        return {int(name) - 1: name for name in options.columns}, 0
    header = [field.value.strip().lstrip("\ufeff") for field in rows[0]] if rows else []
    wanted = options.columns or DEFAULT_COLUMNS
    found = {place: name for place, name in enumerate(header) if name in wanted}
    missing = set(options.columns) - set(found.values())
    if rows and (missing or not found):
        raise FormatError(
            "row 1", f"has no column {', '.join(sorted(missing or wanted))}; it has "
            f"{', '.join(header) or 'none'}. Without a header, give the columns' numbers",
        )  # fmt: skip
    return found, 1


def _csv_slot(field: _Field, original: str, place: str, delimiter: str, encoding: str) -> Slot:
    special = {delimiter, '"', "\r", "\n"}

    def render(text: str) -> bytes:
        is_quoted = field.is_quoted or any(character in special for character in text)
        written = '"' + text.replace('"', '""') + '"' if is_quoted else text
        return written.encode(encoding)

    return replacing(Passage(field.value, place), original.encode(encoding), render)


def _rows(text: str, delimiter: str) -> Iterator[list[_Field]]:
    """Yield the rows of a table; raise `FormatError` for a quote that is never closed."""
    row: list[_Field] = []
    at = 1 if text.startswith("\ufeff") else 0
    number = 1
    while at < len(text):
        field = _field(text, at, delimiter, number)
        row.append(field)
        at = field.end
        if text[at : at + 1] == delimiter:
            at += 1
            if at == len(text):
                row.append(_Field(at, at, "", is_quoted=False))
            continue
        yield row
        row, number = [], number + 1
        at += 2 if text[at : at + 2] == "\r\n" else 1
    if row:
        yield row


def _field(text: str, start: int, delimiter: str, number: int) -> _Field:
    if text[start] != '"':
        ends = (text.find(mark, start) for mark in (delimiter, "\n", "\r"))
        end = min((end for end in ends if end >= 0), default=len(text))
        return _Field(start, end, text[start:end], is_quoted=False)
    at = start + 1
    while True:
        at = text.find('"', at)
        if at < 0:
            raise FormatError(f"row {number}", "opens a quote that nothing closes")
        if text[at + 1 : at + 2] != '"':
            break
        at += 2
    end = at + 1
    if text[end : end + 1] not in {"", delimiter, "\r", "\n"}:
        raise FormatError(f"row {number}", "has text behind a closing quote")
    return _Field(start, end, text[start + 1 : at].replace('""', '"'), is_quoted=True)
