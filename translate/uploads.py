"""Files of a job's items, JSON Lines or CSV, read and written as they come in.

Neither the file nor the job is ever held whole: items are written a batch a transaction while the
job is `receiving`, and a file that breaks off leaves nothing behind. A record that is no item, or
has the id of one before it, is remembered with its line and its reason and stops no other.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO, Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from translate import jobs, store
from translate.errors import JobStateError
from translate.jobs import BATCH, Digest, NewItem, NewJob, Rejection, Writer
from translate.models import JobRow

MAX_RECORD = 2_000_000
"""Bytes of the longest record; a longer one is no item."""
MAX_TEXT, MAX_ID, MAX_LANGUAGE = 200_000, 200, 35
STALE = timedelta(minutes=2)
"""A job that has received nothing for so long was abandoned."""

csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD))  # the default refuses long texts

Kind = Literal["jsonl", "csv"]
Transaction = Callable[[], AbstractContextManager[Session]]
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)))
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Columns:
    """In which fields of a record its id, its text and its language are."""

    id: str = "id"
    text: str = "text"
    source: str = "source"


@dataclass(slots=True)
class _Line:
    """Reads a stream of bytes line by line; `number` is that of the line read last."""

    chunks: Iterator[bytes]
    number: int = 0
    rest: bytearray = field(default_factory=bytearray)

    def __iter__(self) -> Iterator[bytes]:
        """Yield each line with its end; of one that is too long, only its beginning."""
        for chunk in self.chunks:
            self.rest += chunk
            while (end := self.rest.find(b"\n")) >= 0:
                yield self._take(end + 1)
            del self.rest[MAX_RECORD + 1 :]
        if self.rest:
            yield self._take(len(self.rest))

    def _take(self, size: int) -> bytes:
        self.number += 1
        line = bytes(self.rest[:size])
        del self.rest[:size]
        return line


def read(
    chunks: Iterable[bytes], kind: Kind, columns: Columns | None = None
) -> Iterator[NewItem | Rejection]:
    """Yield the items of a file, and why a record is none, with the line it begins on.

    The first of several items with one id counts.
    """
    columns, lines = columns or Columns(), _Line(iter(chunks))
    firsts: dict[str, int] = {}
    is_empty = True
    for line, record in _csv(lines, columns) if kind == "csv" else _jsonl(lines):
        is_empty = False
        if isinstance(record, str):
            yield Rejection(line, None, record)
            continue
        item = _item(line, record, columns)
        first = _first(firsts, item.id, line) if isinstance(item, NewItem) else line
        if first == line:
            yield item
        else:
            reason = f"{columns.id}: comes again; that of line {first} counts"
            yield Rejection(line, item.id, reason)
    if is_empty:
        yield Rejection(lines.number or 1, None, "the file ends here and holds no record")


def _first(firsts: dict[str, int], item_id: str, line: int) -> int:
    """Return the line of the first item with an id, and keep it: of as many as a job may have."""
    if len(firsts) < jobs.MAX_ITEMS:
        return firsts.setdefault(item_id, line)
    return firsts.get(item_id, line)


def _jsonl(lines: _Line) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for line in lines:
        if not line.strip(b"\xef\xbb\xbf \t\r\n"):
            continue
        if len(line) > MAX_RECORD:
            yield lines.number, f"is longer than {MAX_RECORD:,} bytes"
            continue
        try:
            record = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            yield lines.number, f"is not JSON: {error}"
        else:
            is_object = isinstance(record, dict)
            yield lines.number, record if is_object else "is not a JSON object"


def _csv(lines: _Line, columns: Columns) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    decoded = (line.decode("utf-8-sig", "surrogateescape") for line in lines)
    header_line = next(decoded, "")
    delimiter = max(",;\t", key=header_line.count)
    try:
        header = next(csv.reader([header_line], delimiter=delimiter), [])
    except csv.Error as error:
        yield 1, f"the header is not CSV: {error}"
        return
    if missing := [name for name in (columns.id, columns.text) if name not in header]:
        found = ", ".join(map(repr, header)) or "none"
        yield 1, f"the header has no column {missing[0]!r}; it has {found}"
        return
    reader = csv.reader(decoded, delimiter=delimiter)
    while True:
        begin = lines.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begin, f"is not CSV: {error}"
            continue
        if row and len(row) != len(header):
            yield begin, f"has {len(row)} columns, the header {len(header)}"
        elif row:
            yield begin, dict(zip(header, row, strict=True))


def _item(line: int, record: Mapping[str, Any], columns: Columns) -> NewItem | Rejection:
    """Return the item of a record, or what is wrong with it."""
    item_id, text = record.get(columns.id), record.get(columns.text)
    source = record.get(columns.source) or None
    if isinstance(item_id, int) and not isinstance(item_id, bool):
        item_id = str(item_id)
    fault = (
        _fault(columns.id, item_id, MAX_ID, is_needed=True)
        or _fault(columns.text, text, MAX_TEXT)
        or (_fault(columns.source, source, MAX_LANGUAGE) if source is not None else None)
    )
    if fault:
        usable = item_id if isinstance(item_id, str) and not _fault("", item_id, MAX_ID) else None
        return Rejection(line, usable, fault)
    return NewItem(str(item_id), str(text), source)


def _fault(name: str, value: object, longest: int, *, is_needed: bool = False) -> str | None:
    """Return what is wrong with a field of a record."""
    if not isinstance(value, str):
        return f"{name}: is missing" if value is None else f"{name}: is not text"
    if is_needed and not value.strip():
        return f"{name}: is empty"
    if len(value) > longest:
        return f"{name}: has {len(value):,} characters, more than {longest:,}"
    if any(ord(character) in _SURROGATES for character in value):
        return f"{name}: is not UTF-8"
    if value.translate(_CONTROLS) != value:
        return f"{name}: holds control characters"
    return None


def receive(
    transaction: Transaction, new: NewJob, records: Iterable[NewItem | Rejection]
) -> tuple[str, bool]:
    """Queue a job with the items of a file; return its id, and whether it is new.

    Like `jobs.create`, but in many transactions; a file without an item makes a job that has
    failed, and its rejections tell why. Whatever is raised, nothing of the job is left.
    """
    digest = Digest(new)
    job = _begin(transaction, new)
    if job is None:
        for record in records:
            digest.add(record)
        with transaction() as session:
            return jobs.same_job(session, new, digest).id, False
    try:
        writer = _write(transaction, job, digest, records)
        with transaction() as session:
            jobs.close(session, _receiving(session, job.id), writer, digest)
    except BaseException:
        with transaction() as session:
            session.execute(delete(JobRow).filter_by(id=job.id))
        raise
    return job.id, True


def _begin(transaction: Transaction, new: NewJob) -> JobRow | None:
    with transaction() as session:
        drop_stale(session)
        return jobs.begin(session, new, state="receiving")


def _write(
    transaction: Transaction, job: JobRow, digest: Digest, records: Iterable[NewItem | Rejection]
) -> Writer:
    writer, stream = Writer(job), iter(records)
    while batch := list(islice(stream, BATCH)):
        items = [each for each in batch if isinstance(each, NewItem)]
        rejections = [each for each in batch if isinstance(each, Rejection)]
        for each in batch:
            digest.add(each)
        with transaction() as session:
            row = _receiving(session, job.id)
            writer.append(session, items)
            jobs.reject(session, job.id, rejections)
            row.rejected += len(rejections)
            row.received_at = store.now()
    return writer


def _receiving(session: Session, job_id: str) -> JobRow:
    row = store.lock_job(session, job_id)
    if row.state != "receiving":
        raise JobStateError(job_id, row.state, "no more items are taken")
    return row


def drop_stale(session: Session) -> None:
    """Delete the jobs whose files broke off without their receiver being able to tell."""
    session.execute(
        delete(JobRow).where(JobRow.state == "receiving", JobRow.received_at < store.now() - STALE)
    )


def as_chunks(file: BinaryIO, size: int = 64 * 1024) -> Iterator[bytes]:
    """Yield the content of a file in pieces."""
    while chunk := file.read(size):
        yield chunk
