"""Imports: records of a source into a catalogue, a batch at a time."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice

from sqlalchemy.orm import Session

from linkage import store
from linkage.types import ImportSummary, Item, RecordError

Transaction = Callable[[], AbstractContextManager[Session]]
"""Opens a session whose block is committed at its end and rolled back on an error."""
MAX_ERRORS = 1_000


def import_records(
    transaction: Transaction,
    tenant_id: str,
    records: Iterable[Item | RecordError],
    *,
    batch: int = 1_000,
    on_progress: Callable[[ImportSummary], None] | None = None,
) -> ImportSummary:
    """Store the items among the records, one transaction a batch, and count what became of them.

    Of two items with one id in a batch the last wins; the first counts as unchanged. A repeat of
    the same import changes nothing. `on_progress` gets the counts so far after each batch.
    """
    summary = ImportSummary()
    for run in _batches(records, batch):
        items = [record for record in run if isinstance(record, Item)]
        errors = [record for record in run if isinstance(record, RecordError)]
        if items:
            with transaction() as session:
                stored = store.upsert(session, tenant_id, items)
            summary = _sum(summary, stored, len(items))
        summary = _with_errors(summary, errors)
        if on_progress:
            on_progress(summary)
    return summary


def _batches(
    records: Iterable[Item | RecordError], size: int
) -> Iterator[list[Item | RecordError]]:
    iterator = iter(records)
    while run := list(islice(iterator, size)):
        yield run


def _sum(total: ImportSummary, stored: ImportSummary, given: int) -> ImportSummary:
    return replace(
        total,
        created=total.created + stored.created,
        updated=total.updated + stored.updated,
        unchanged=total.unchanged + given - stored.created - stored.updated,
    )


def _with_errors(total: ImportSummary, errors: list[RecordError]) -> ImportSummary:
    warnings = sum(error.is_warning for error in errors)
    return replace(
        total,
        failed=total.failed + len(errors) - warnings,
        warnings=total.warnings + warnings,
        errors=(*total.errors, *errors)[:MAX_ERRORS],
    )
