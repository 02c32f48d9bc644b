"""Imports of entities into a catalogue, a batch at a time."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice

from sqlalchemy.orm import Session

from linkage.naming import entity_store
from linkage.types import Entity, ImportSummary, RecordError

MAX_ERRORS = 1_000
"""Errors in a summary."""
Transaction = Callable[[], AbstractContextManager[Session]]


def import_entities(
    transaction: Transaction,
    tenant_id: str,
    records: Iterable[Entity | RecordError],
    *,
    batch: int = 1_000,
    on_progress: Callable[[ImportSummary], None] | None = None,
) -> ImportSummary:
    """Store the entities among the records, one transaction a batch, and count what became of them.

    A repeat of the same import changes nothing. `on_progress` gets the counts after each batch.
    """
    summary, rest = ImportSummary(), iter(records)
    while run := list(islice(rest, batch)):
        entities = [record for record in run if isinstance(record, Entity)]
        errors = [record for record in run if isinstance(record, RecordError)]
        if entities:
            with transaction() as session:
                stored = entity_store.upsert(session, tenant_id, entities)
            summary = _with(summary, stored, len(entities))
        summary = _with_errors(summary, errors)
        if on_progress:
            on_progress(summary)
    return summary


def _with(total: ImportSummary, stored: ImportSummary, given: int) -> ImportSummary:
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
