"""Translation memories in the database: filled, searched, corrected.

Functions take a Session and flush, never commit: the caller's transaction decides.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from more_itertools import batched
from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    cast,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from translate.errors import InvalidCursorError, UnitNotFoundError
from translate.fingerprint import bands
from translate.languages import canonical
from translate.memory import Unit, skeleton
from translate.models import BandRow, UnitRow
from translate.store import now
from translate.types import Fault, ImportSummary

BATCH = 1000
"""Units a transaction of an import."""
MAX_FAULTS = 1000
"""Faults that a summary lists."""
_CHUNK = 500
"""Values in one IN list; every database takes so many."""
UNIT_COLUMNS = [
    UnitRow.source_language, UnitRow.target_language, UnitRow.tuid, UnitRow.source, UnitRow.target,
    UnitRow.domain, UnitRow.is_correction,
]  # fmt: skip

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Selection:
    """Units of a language pair and a domain; None stands for all."""

    source: str | None = None
    target: str | None = None
    domain: str | None = None


ALL = Selection()


@dataclass(frozen=True, slots=True)
class MemorySize:
    """How many units a tenant has for a language pair and domain, and how many people wrote."""

    source: str
    target: str
    domain: str
    units: int
    corrections: int


def put(session: Session, tenant_id: str, units: Iterable[Unit]) -> ImportSummary:
    """Create units, or replace those of the same pair, domain and tuid; of two the last wins.

    A unit that a person wrote is replaced by a person's only.
    """
    wanted = {_place(unit): unit for unit in map(_canonical, units)}
    known = _known(session, tenant_id, wanted)
    new = [unit for place, unit in wanted.items() if place not in known]
    changed = {
        id_: unit
        for place, unit in wanted.items()
        if place in known
        for id_, old in [known[place]]
        if old != unit and unit.is_correction >= old.is_correction
    }
    _insert(session, tenant_id, new)
    _update(session, tenant_id, changed, dict(known.values()))
    unchanged = len(wanted) - len(new) - len(changed)
    return ImportSummary(len(new), len(changed), unchanged)


def import_units(
    transaction: Transaction,
    tenant_id: str,
    units: Iterable[Unit | Fault],
    *,
    on_progress: Callable[[ImportSummary], None] = lambda _: None,
) -> ImportSummary:
    """Take in a stream of units, a transaction a batch; bad ones do not stop good ones."""
    total = ImportSummary()
    for batch in batched(units, BATCH):
        faults = [each for each in batch if isinstance(each, Fault)]
        with transaction() as session:
            done = put(session, tenant_id, [each for each in batch if isinstance(each, Unit)])
        total = ImportSummary(
            total.created + done.created,
            total.updated + done.updated,
            total.unchanged + done.unchanged,
            total.failed + len(faults),
            (*total.faults, *faults)[:MAX_FAULTS],
        )
        on_progress(total)
    return total


def key_of(cursor: str) -> int:
    """Return the key that a listing of units goes on from; InvalidCursorError for other text."""
    if not re.fullmatch(r"[0-9]{1,18}", cursor):
        raise InvalidCursorError
    return int(cursor)


def stream(
    session: Session, tenant_id: str, selection: Selection = ALL, *, after: int = 0
) -> Iterator[tuple[int, Unit]]:
    """Yield units with their keys in a stable order, read a page at a time."""
    while rows := page(session, tenant_id, selection, after=after, limit=BATCH):
        yield from rows
        after = rows[-1][0]


def page(
    session: Session, tenant_id: str, selection: Selection = ALL, *, after: int, limit: int
) -> list[tuple[int, Unit]]:
    """Return the next units with their keys, at most `limit`."""
    query = select(UnitRow.id, *UNIT_COLUMNS).where(_of(tenant_id, selection), UnitRow.id > after)
    return [
        (id_, Unit(*values))
        for id_, *values in session.execute(query.order_by(UnitRow.id).limit(limit))
    ]


def sizes(session: Session, tenant_id: str) -> list[MemorySize]:
    """Return how many units a tenant has, by language pair and domain."""
    columns = (UnitRow.source_language, UnitRow.target_language, UnitRow.domain)
    corrections = func.sum(cast(UnitRow.is_correction, Integer))
    query = select(*columns, func.count(), corrections).where(UnitRow.tenant_id == tenant_id)
    return [
        MemorySize(*row) for row in session.execute(query.group_by(*columns).order_by(*columns))
    ]


def get(session: Session, tenant_id: str, tuid: str) -> list[Unit]:
    """Return a tenant's units of a tuid, one a pair and domain; raise `UnitNotFoundError`."""
    wanted = and_(UnitRow.tenant_id == tenant_id, UnitRow.tuid == tuid)
    query = select(UnitRow.id, *UNIT_COLUMNS).where(wanted).order_by(UnitRow.id)
    units = [Unit(*values) for _, *values in session.execute(query)]
    if not units:
        raise UnitNotFoundError(tuid)
    return units


def remove(
    session: Session, tenant_id: str, selection: Selection = ALL, *, tuid: str | None = None
) -> int:
    """Delete units and return how many; raise `UnitNotFoundError` for an unknown tuid."""
    wanted = _of(tenant_id, selection)
    if tuid is not None:
        wanted = and_(wanted, UnitRow.tuid == tuid)
    removed = 0
    query = select(UnitRow.id, *UNIT_COLUMNS).where(wanted).limit(BATCH)
    while units := {id_: Unit(*values) for id_, *values in session.execute(query)}:
        _forget_bands(session, tenant_id, units)
        for chunk in batched(units, _CHUNK):
            session.execute(delete(UnitRow).where(UnitRow.id.in_(chunk)))
        removed += len(units)
    if tuid is not None and not removed:
        raise UnitNotFoundError(tuid)
    return removed


def _of(tenant_id: str, selection: Selection) -> ColumnElement[bool]:
    given = (
        (UnitRow.source_language, selection.source and canonical(selection.source)),
        (UnitRow.target_language, selection.target and canonical(selection.target)),
        (UnitRow.domain, selection.domain),
    )
    return and_(
        UnitRow.tenant_id == tenant_id,
        *(column == value for column, value in given if value is not None),
    )


def _canonical(unit: Unit) -> Unit:
    return replace(
        unit,
        source_language=canonical(unit.source_language),
        target_language=canonical(unit.target_language),
    )


def _place(unit: Unit) -> tuple[str, str, str, str]:
    return unit.source_language, unit.target_language, unit.domain, unit.tuid


def _known(
    session: Session, tenant_id: str, places: Iterable[tuple[str, str, str, str]]
) -> dict[tuple[str, str, str, str], tuple[int, Unit]]:
    by_selection: defaultdict[Selection, list[str]] = defaultdict(list)
    for source, target, domain, tuid in places:
        by_selection[Selection(source, target, domain)].append(tuid)
    found: dict[tuple[str, str, str, str], tuple[int, Unit]] = {}
    for selection, tuids in by_selection.items():
        for chunk in batched(tuids, _CHUNK):
            query = select(UnitRow.id, *UNIT_COLUMNS).where(
                _of(tenant_id, selection), UnitRow.tuid.in_(chunk)
            )
            for id_, *values in session.execute(query):
                unit = Unit(*values)
                found[_place(unit)] = id_, unit
    return found


def _insert(session: Session, tenant_id: str, units: Sequence[Unit]) -> None:
    if not units:
        return
    rows = [{"tenant_id": tenant_id, **_values(unit)} for unit in units]
    returning = insert(UnitRow).returning(UnitRow.id, sort_by_parameter_order=True)
    ids = session.scalars(returning, rows).all()
    _add_bands(session, tenant_id, dict(zip(ids, units, strict=True)))


def _update(
    session: Session, tenant_id: str, changed: dict[int, Unit], old: dict[int, Unit]
) -> None:
    if not changed:
        return
    moved = {id_: unit for id_, unit in changed.items() if unit.source != old[id_].source}
    _forget_bands(session, tenant_id, {id_: old[id_] for id_ in moved})
    session.execute(update(UnitRow), [{"id": id_, **_values(u)} for id_, u in changed.items()])
    _add_bands(session, tenant_id, moved)


def _values(unit: Unit) -> dict[str, object]:
    values = {name: getattr(unit, name) for name in Unit.__slots__}
    return values | {"key": skeleton(unit.source).key, "updated_at": now()}


def scope_of(tenant_id: str, source: str, target: str) -> str:
    """Return what keeps the fingerprints of a tenant's language pair apart from others."""
    return f"{tenant_id}/{canonical(source)}/{canonical(target)}"


def _bands(tenant_id: str, unit: Unit) -> set[int]:
    scope = scope_of(tenant_id, unit.source_language, unit.target_language)
    return set(bands(skeleton(unit.source).words, scope))


def _add_bands(session: Session, tenant_id: str, units: dict[int, Unit]) -> None:
    rows = [
        {"band": band, "unit_id": id_}
        for id_, unit in units.items()
        for band in _bands(tenant_id, unit)
    ]
    if rows:
        # past the ORM, which costs more than the rows
        session.execute(insert(BandRow.__table__), rows)  # type: ignore[arg-type]


def _forget_bands(session: Session, tenant_id: str, units: dict[int, Unit]) -> None:
    pairs = [(band, id_) for id_, unit in units.items() for band in _bands(tenant_id, unit)]
    for chunk in batched(pairs, _CHUNK // 2):
        session.execute(delete(BandRow).where(tuple_(BandRow.band, BandRow.unit_id).in_(chunk)))
