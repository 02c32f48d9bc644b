"""Imports: records of a source into a catalogue, a batch at a time, with what became of each.

A batch, its errors and how far the import is are one transaction. An import that was stopped, be
it by `kill -9`, goes on behind its last batch when the same file is imported in the same way.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Literal

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from linkage import store
from linkage.catalogue import hold
from linkage.cursor import LAST_KEY, encode, key_of
from linkage.errors import (
    ImportNotFoundError,
    ImportTakenOverError,
    LinkageError,
)
from linkage.models import ImportErrorRow, ImportRow
from linkage.sources.options import ReadOptions
from linkage.types import ImportSummary, Item, PartialItem, Record, RecordError, Removal

Transaction = Callable[[], AbstractContextManager[Session]]
"""Opens a session whose block is committed at its end and rolled back on an error."""
MAX_ERRORS = 1_000
"""Errors in a summary."""
MAX_REPORTED = 100_000
"""Errors of one import that can be read back; beyond, they are only counted."""
KEPT = timedelta(days=30)
"""After so long the report of an import is dropped."""
_MAX_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """An import at work: its id, the token that proves it is ours, and what is done with."""

    id: str
    tenant_id: str
    key: int
    claim: str
    position: int


def import_records(
    transaction: Transaction,
    tenant_id: str,
    records: Iterable[Record],
    *,
    name: str = "",
    batch: int = 1_000,
) -> ImportSummary:
    """Store and remove the items among the records and count what became of them.

    Of two records with one id in a batch the last wins; the first counts as unchanged. A repeat of
    the same import changes nothing.
    """
    run = begin(transaction, tenant_id, name=name)
    return proceed(transaction, run, records, batch=batch)


def digest_of(file: Path, options: ReadOptions, format_: str | None) -> str:
    """Return what tells a file and the way it is read from all others."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(repr((options, format_)).encode())
    return digest.hexdigest()


def begin(
    transaction: Transaction, tenant_id: str, *, name: str = "", digest: str | None = None
) -> Run:
    """Start an import, or take up the one of this digest that was stopped.

    One that is in fact still at work elsewhere is taken over and ends there.
    """
    moment, claim = datetime.now(UTC), secrets.token_hex(16)
    with transaction() as session:
        _forget_old(session, tenant_id, moment)
        row = _stopped(session, tenant_id, digest) if digest else None
        if row is None:
            row = ImportRow(
                id=f"im_{secrets.token_hex(12)}", tenant_id=tenant_id, name=name[:500],
                digest=digest, state="running", position=0, started_at=moment,
            )  # fmt: skip
            session.add(row)
        row.claim = claim
        session.flush()
        return Run(row.id, tenant_id, row.key, claim, row.position)


def proceed(
    transaction: Transaction,
    run: Run,
    records: Iterable[Record],
    *,
    batch: int = 1_000,
    on_progress: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import what is not done with, and return what the whole import did.

    `on_progress` gets the number of records that are done with. Raises ImportTakenOverError.
    """
    remaining = islice(iter(records), run.position, None)
    position = run.position
    try:
        while part := list(islice(remaining, batch)):
            position += len(part)
            with transaction() as session:
                _take(session, run, part, position)
            if on_progress:
                on_progress(position)
    except ImportTakenOverError:
        raise
    except LinkageError as error:
        _fail(transaction, run, str(error))
        raise
    return _end(transaction, run)


def _take(session: Session, run: Run, part: Sequence[Record], position: int) -> None:
    given = sum(isinstance(record, Item) for record in part)
    last = {record.id: record for record in part if not isinstance(record, RecordError)}
    items = [record for record in last.values() if isinstance(record, Item)]
    gone = [record.id for record in last.values() if isinstance(record, Removal)]
    whole = _whole(session, run.tenant_id, items)
    stored = store.upsert(session, run.tenant_id, whole) if whole else ImportSummary()
    errors = [record for record in part if isinstance(record, RecordError)]
    warnings = sum(error.is_warning for error in errors)
    counted = {
        "created": stored.created,
        "updated": stored.updated,
        "unchanged": given - stored.created - stored.updated,
        "removed": store.remove(session, run.tenant_id, gone) if gone else 0,
        "failed": len(errors) - warnings,
        "warnings": warnings,
    }
    _report(session, run, errors)
    added = {name: getattr(ImportRow, name) + count for name, count in counted.items()}
    _update(session, run, position=position, **added)


def _whole(session: Session, tenant_id: str, items: Sequence[Item]) -> Sequence[Item]:
    """Return items, the partial ones with what the catalogue has of them."""
    ids = [item.id for item in items if isinstance(item, PartialItem)]
    if not ids:
        return items
    hold(session, tenant_id)  # what is read here is what is written over
    known = store.by_ids(session, tenant_id, ids)
    return [
        item.over(known[item.id].item if item.id in known else None)
        if isinstance(item, PartialItem)
        else item
        for item in items
    ]


def _update(session: Session, run: Run, **values: object) -> None:
    done = session.execute(
        update(ImportRow)
        .where(ImportRow.key == run.key, ImportRow.claim == run.claim)
        .values(**values)
        .returning(ImportRow.key)
        .execution_options(synchronize_session=False)
    )
    if done.one_or_none() is None:
        raise ImportTakenOverError(run.id)


def _report(session: Session, run: Run, errors: Iterable[RecordError]) -> None:
    rows = [
        {"import_key": run.key, "line": error.line, "unit": error.unit,
         "item_id": _storable(error.id, 200) if error.id else None,
         "reason": _storable(error.reason, _MAX_REASON), "is_warning": error.is_warning}
        for error in errors
    ]  # fmt: skip
    told = select(ImportRow.failed + ImportRow.warnings).where(ImportRow.key == run.key)
    room = MAX_REPORTED - session.execute(told).scalar_one() if rows else 0
    if room > 0:
        session.execute(insert(ImportErrorRow), rows[:room])


def _storable(text: str, limit: int) -> str:
    """Return text that every database takes, whatever bytes a reason quotes."""
    return text[:limit].encode(errors="replace").decode().replace("\x00", "")


def _fail(transaction: Transaction, run: Run, reason: str) -> None:
    """End an import whose file cannot be read; its error file says so too."""
    told = _storable(reason, _MAX_REASON)
    with transaction() as session:
        _report(session, run, [RecordError(1, told)])
        failed = ImportRow.failed + 1
        _update(
            session, run, state="failed", error=told, failed=failed, finished_at=datetime.now(UTC)
        )


def _end(transaction: Transaction, run: Run) -> ImportSummary:
    with transaction() as session:
        _update(session, run, state="done", finished_at=datetime.now(UTC))
        row = session.get_one(ImportRow, run.key, populate_existing=True)
        return summary(session, row)


def _stopped(session: Session, tenant_id: str, digest: str) -> ImportRow | None:
    query = select(ImportRow).where(
        ImportRow.tenant_id == tenant_id, ImportRow.digest == digest, ImportRow.state == "running"
    )
    return session.scalars(query.order_by(ImportRow.key.desc()).limit(1)).one_or_none()


def _forget_old(session: Session, tenant_id: str, moment: datetime) -> None:
    old = select(ImportRow.key).where(
        ImportRow.tenant_id == tenant_id, ImportRow.started_at < moment - KEPT
    )
    session.execute(delete(ImportErrorRow).where(ImportErrorRow.import_key.in_(old)))
    session.execute(delete(ImportRow).where(ImportRow.key.in_(old)))


def get(session: Session, tenant_id: str, import_id: str) -> ImportRow:
    """Return an import; ImportNotFoundError when the tenant has none of this id."""
    query = select(ImportRow).where(ImportRow.tenant_id == tenant_id, ImportRow.id == import_id)
    if (row := session.scalars(query).one_or_none()) is None:
        raise ImportNotFoundError(import_id)
    return row


def summary(session: Session, row: ImportRow) -> ImportSummary:
    """Return what an import did, with its first errors."""
    return ImportSummary(
        created=row.created, updated=row.updated, unchanged=row.unchanged, removed=row.removed,
        failed=row.failed, warnings=row.warnings, import_id=row.id,
        errors=tuple(islice(_errors(session, row.key), MAX_ERRORS)),
    )  # fmt: skip


def errors(session: Session, tenant_id: str, import_id: str) -> Iterator[RecordError]:
    """Return all errors and warnings of an import, read as they are consumed."""
    return _errors(session, get(session, tenant_id, import_id).key)


def _errors(session: Session, import_key: int) -> Iterator[RecordError]:
    after = 0
    while True:
        query = select(ImportErrorRow).where(
            ImportErrorRow.import_key == import_key, ImportErrorRow.key > after
        )
        rows = session.scalars(query.order_by(ImportErrorRow.key).limit(MAX_ERRORS)).all()
        for row in rows:
            unit: Literal["line", "record"] = "record" if row.unit == "record" else "line"
            yield RecordError(row.line, row.reason, row.item_id, row.is_warning, unit)
        if len(rows) < MAX_ERRORS:
            return
        after = rows[-1].key


def page(
    session: Session, tenant_id: str, *, cursor: str | None = None, limit: int = 100
) -> tuple[Sequence[ImportRow], str | None]:
    """Return a run of the tenant's imports, the newest first, and the cursor of the next."""
    query = select(ImportRow).where(
        ImportRow.tenant_id == tenant_id, ImportRow.key < key_of(cursor, first=LAST_KEY)
    )
    rows = session.scalars(query.order_by(ImportRow.key.desc()).limit(limit + 1)).all()
    more = encode([rows[limit - 1].key]) if len(rows) > limit else None
    return rows[:limit], more
