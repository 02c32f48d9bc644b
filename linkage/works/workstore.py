"""Queries over works, their items, blocks and edges. Every one is within one tenant.

Functions take a Session and flush, never commit: the caller's transaction decides.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from more_itertools import batched
from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from linkage.models import ItemRow, WorkBlockRow, WorkEdgeRow, WorkItemRow, WorkRow

Edges = dict[tuple[int, int], float]
_CHUNK = 400
"""Values in one IN list; two lists of so many are taken by every database."""


def members(session: Session, tenant_id: str, blocks: Iterable[int]) -> dict[int, set[int]]:
    """Return the keys of the items in each of the blocks."""
    found: dict[int, set[int]] = defaultdict(set)
    for chunk in batched(sorted(blocks), _CHUNK):
        query = select(WorkBlockRow.block, WorkBlockRow.key).where(
            WorkBlockRow.tenant_id == tenant_id, WorkBlockRow.block.in_(chunk)
        )
        for row in session.execute(query):
            found[row.block].add(row.key)
    return found


def gone(session: Session, tenant_id: str, *, limit: int) -> list[int]:
    """Return keys whose item was deleted, or is another one by now."""
    same = and_(ItemRow.key == WorkItemRow.key, ItemRow.id == WorkItemRow.item_id)
    query = (
        select(WorkItemRow.key)
        .outerjoin(ItemRow, and_(same, ItemRow.tenant_id == tenant_id))
        .where(WorkItemRow.tenant_id == tenant_id, ItemRow.key.is_(None))
    )
    return list(session.execute(query.limit(limit)).scalars())


def take_out(session: Session, tenant_id: str, keys: Collection[int]) -> None:
    """Forget items that are no more."""
    _forget(session, tenant_id, keys)
    for chunk in batched(sorted(keys), _CHUNK):
        _delete(session, WorkItemRow, tenant_id, WorkItemRow.key.in_(chunk))


def put(
    session: Session,
    tenant_id: str,
    named: Mapping[int, str],
    blocks: Mapping[int, Collection[int]],
    edges: Edges,
) -> None:
    """Keep the blocks and edges of items, in place of those they had before."""
    _forget(session, tenant_id, named.keys())
    known = names(session, tenant_id, named.keys())
    rows: dict[type[Any], list[dict[str, Any]]] = {
        WorkBlockRow: [{"block": block, "key": key} for key in blocks for block in blocks[key]],
        WorkItemRow: [
            {"key": key, "item_id": name} for key, name in named.items() if key not in known
        ],
        WorkEdgeRow: [
            {"one": one, "other": other, "probability": probability}
            for (one, other), probability in edges.items()
        ],
    }
    for table, values in rows.items():
        if values:
            session.execute(insert(table), [{"tenant_id": tenant_id, **row} for row in values])


def names(session: Session, tenant_id: str, keys: Collection[int]) -> dict[int, str]:
    """Return the owner's id of each of the keys that is known."""
    found: dict[int, str] = {}
    for chunk in batched(sorted(keys), _CHUNK):
        query = select(WorkItemRow.key, WorkItemRow.item_id).where(
            WorkItemRow.tenant_id == tenant_id, WorkItemRow.key.in_(chunk)
        )
        found.update((row.key, row.item_id) for row in session.execute(query))
    return found


def edges_of(session: Session, tenant_id: str, keys: Collection[int]) -> Edges:
    """Return the edges that any of the keys has."""
    found: Edges = {}
    for chunk in batched(sorted(keys), _CHUNK):
        either = or_(WorkEdgeRow.one.in_(chunk), WorkEdgeRow.other.in_(chunk))
        found |= _edges(session, tenant_id, either)
    return found


def all_edges(session: Session, tenant_id: str) -> Edges:
    """Return the edges of a whole catalogue."""
    return _edges(session, tenant_id, WorkEdgeRow.tenant_id == tenant_id)


def works_of(session: Session, tenant_id: str, keys: Collection[int]) -> dict[int, int]:
    """Return the number of the work that each of the keys is of, if it is of one."""
    found: dict[int, int] = {}
    for chunk in batched(sorted(keys), _CHUNK):
        found |= _works(session, tenant_id, WorkItemRow.key.in_(chunk))
    return found


def items_of(session: Session, tenant_id: str, works: Collection[int]) -> set[int]:
    """Return the keys of the items of works."""
    found: set[int] = set()
    for chunk in batched(sorted(works), _CHUNK):
        found |= _works(session, tenant_id, WorkItemRow.work.in_(chunk)).keys()
    return found


def everything(session: Session, tenant_id: str) -> tuple[dict[int, str], dict[int, int]]:
    """Return the owner's id and, where it has one, the work of every item."""
    query = select(WorkItemRow.key, WorkItemRow.item_id).where(WorkItemRow.tenant_id == tenant_id)
    named = {row.key: row.item_id for row in session.execute(query)}
    return named, _works(session, tenant_id, WorkItemRow.work.is_not(None))


def found_works(session: Session, tenant_id: str, count: int) -> list[int]:
    """Make so many new works and return their numbers, which ascend."""
    rows = [WorkRow(tenant_id=tenant_id, id=uuid.uuid4().hex) for _ in range(count)]
    session.add_all(rows)
    session.flush()
    return sorted(row.number for row in rows)


def assign(session: Session, tenant_id: str, works: Mapping[int, int]) -> None:
    """Set the work of each key."""
    rows = [{"tenant_id": tenant_id, "key": key, "work": work} for key, work in works.items()]
    if rows:
        session.execute(update(WorkItemRow), rows)


def merge(session: Session, merged: Mapping[int, int]) -> None:
    """Make works aliases of others, with all that were their aliases."""
    for old, kept in merged.items():
        either = or_(WorkRow.number == old, WorkRow.merged_into == old)
        session.execute(update(WorkRow).where(either).values(merged_into=kept))


def drop_empty(session: Session, tenant_id: str, works: Collection[int]) -> None:
    """Delete those of the works that have no items left, and their aliases."""
    for chunk in batched(sorted(works), _CHUNK):
        left = set(_works(session, tenant_id, WorkItemRow.work.in_(chunk)).values())
        empty = [number for number in chunk if number not in left]
        is_alias = WorkRow.number.in_(empty) & WorkRow.merged_into.is_not(None)
        kept = set(session.execute(select(WorkRow.number).where(is_alias)).scalars())
        dead = [number for number in empty if number not in kept]
        either = or_(WorkRow.number.in_(dead), WorkRow.merged_into.in_(dead))
        _delete(session, WorkRow, tenant_id, either)


def forget_all(session: Session, tenant_id: str) -> None:
    """Delete all blocks and edges; works and their items stay as they are."""
    for table in (WorkBlockRow, WorkEdgeRow):
        _delete(session, table, tenant_id, table.tenant_id == tenant_id)


def _forget(session: Session, tenant_id: str, keys: Collection[int]) -> None:
    for chunk in batched(sorted(keys), _CHUNK):
        _delete(session, WorkBlockRow, tenant_id, WorkBlockRow.key.in_(chunk))
        either = or_(WorkEdgeRow.one.in_(chunk), WorkEdgeRow.other.in_(chunk))
        _delete(session, WorkEdgeRow, tenant_id, either)


def _edges(session: Session, tenant_id: str, where: Any) -> Edges:  # noqa: ANN401 - SQL
    query = select(WorkEdgeRow.one, WorkEdgeRow.other, WorkEdgeRow.probability).where(
        WorkEdgeRow.tenant_id == tenant_id, where
    )
    return {(row.one, row.other): row.probability for row in session.execute(query)}


def _works(session: Session, tenant_id: str, where: Any) -> dict[int, int]:  # noqa: ANN401 - SQL
    query = select(WorkItemRow.key, WorkItemRow.work).where(
        WorkItemRow.tenant_id == tenant_id, WorkItemRow.work.is_not(None), where
    )
    return {row.key: row.work for row in session.execute(query)}


def _delete(session: Session, table: type[Any], tenant_id: str, where: Any) -> None:  # noqa: ANN401 - SQL
    session.execute(
        delete(table)
        .where(table.tenant_id == tenant_id, where)
        .execution_options(synchronize_session=False)
    )
