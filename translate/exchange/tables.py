"""Terms as rows of CSV or TSV: source, target, and (as DeepL writes them) their languages."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO

from translate.glossary import Term, term_fault
from translate.languages import canonical
from translate.types import Fault

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
SAMPLE = 1 << 16
"""Bytes at a file's beginning by which its delimiter is told."""
COLUMNS = (2, 4)
REMEDY = "use the same mark in all rows, and quote a field that holds it"
HEADERS = {("source", "target"), ("source", "target", "source_lang", "target_lang")}


def read(file: BinaryIO, pair: tuple[str, str], *, delimiter: str) -> Iterator[Term | Fault]:
    """Yield the terms of a table, with or without a header; empty rows do not count."""
    lines = io.TextIOWrapper(file, "utf-8-sig", newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begin = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(f"line {begin}", f"cannot be read: {error}")
            continue
        except UnicodeDecodeError as error:
            yield Fault(f"line {begin} or later", f"is not UTF-8: {error.reason}")
            return
        if any(row) and tuple(map(str.casefold, row)) not in HEADERS:
            yield _term(row, pair, f"line {begin}", DELIMITERS[delimiter])


def delimiter_of(file: BinaryIO, usual: str) -> str:
    """Return what parts the columns: that of `DELIMITERS` which makes most rows terms.

    Of two that make as many, the usual one. The file is left at its beginning.
    """
    text = file.read(SAMPLE).decode("utf-8-sig", "replace")
    file.seek(0)
    return max((usual, *DELIMITERS), key=lambda each: _count_terms(text, each))


def _count_terms(text: str, delimiter: str) -> int:
    count = 0
    with suppress(csv.Error):
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            count += len(row) in COLUMNS
    return count


def write(terms: Iterable[Term], *, delimiter: str) -> Iterator[bytes]:
    """Yield the terms as rows, without a header."""
    for term in terms:
        row = io.StringIO()
        csv.writer(row, delimiter=delimiter, lineterminator="\n").writerow(
            (term.source, term.target)
        )
        yield row.getvalue().encode()


def _term(row: list[str], pair: tuple[str, str], place: str, marks: str) -> Term | Fault:
    if len(row) not in COLUMNS:
        found = f"has {len(row)} columns between {marks}, not source and target"
        return Fault(place, f"{found}; {REMEDY}")
    if len(row) == 4 and (canonical(row[2]), canonical(row[3])) != pair:  # noqa: PLR2004
        return Fault(place, f"is from {row[2]!r} to {row[3]!r}, not {pair[0]}-{pair[1]}")
    term = Term(row[0].strip(), row[1].strip())
    reason = term_fault(term)
    return Fault(place, reason) if reason else term
