"""Works as they are asked for: by their ids, by their items, or one after another."""

from collections.abc import Collection
from dataclasses import dataclass

from more_itertools import batched
from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from linkage import store
from linkage.cursor import decode, encode, is_number
from linkage.errors import InvalidCursorError, WorkNotFoundError
from linkage.models import IN_LIST, ItemRow, WorkItemRow, WorkRow
from linkage.types import Item
from linkage.works import workstore

# questions about new items ask this: it is made once, which costs more than its answer
_IDS_OF = (
    select(WorkItemRow.key, WorkRow.id)
    .join(WorkRow, WorkRow.number == WorkItemRow.work)
    .join(ItemRow, and_(ItemRow.key == WorkItemRow.key, ItemRow.id == WorkItemRow.item_id))
    .where(
        WorkItemRow.tenant_id == bindparam("tenant_id"),
        WorkItemRow.key.in_(bindparam("keys", expanding=True)),
    )
)
_LARGEST = 2**31 - 1
"""No work has more items: PostgreSQL takes no greater number for their count."""


@dataclass(frozen=True, slots=True)
class Work:
    """A work with its items in the order they came, and the ids it is known by besides."""

    id: str
    items: tuple[Item, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A work of a listing: its id, how many items it has, and the title of the first."""

    id: str
    items: int
    title: str


def get(session: Session, tenant_id: str, work_id: str) -> Work:
    """Return a work by its id or one it had before a merge; WorkNotFoundError if there is none."""
    query = select(WorkRow).where(WorkRow.tenant_id == tenant_id, WorkRow.id == work_id)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise WorkNotFoundError(work_id)
    number = found.merged_into or found.number
    family = select(WorkRow.number, WorkRow.id).where(
        WorkRow.tenant_id == tenant_id,
        or_(WorkRow.number == number, WorkRow.merged_into == number),
    )
    ids = {row.number: row.id for row in session.execute(family.order_by(WorkRow.number))}
    keys = workstore.items_of(session, tenant_id, [number])
    named = workstore.names(session, tenant_id, keys)
    items = store.by_keys(session, tenant_id, keys)
    own = tuple(items[key] for key in sorted(items) if items[key].id == named[key])
    if not own:
        raise WorkNotFoundError(work_id)
    return Work(ids.pop(number), own, tuple(ids.values()))


def ids_of(session: Session, tenant_id: str, keys: Collection[int]) -> dict[int, str]:
    """Return the id of the work of each of the keys; what is new or changed may have none yet."""
    found: dict[int, str] = {}
    for chunk in batched(sorted(keys), IN_LIST):
        bound = {"tenant_id": tenant_id, "keys": chunk}
        there = session.connection().execute(_IDS_OF, bound)
        found.update((key, id_) for key, id_ in there)
    return found


def editions_of(session: Session, tenant_id: str, key: int) -> list[int]:
    """Return the keys of the items that are in one work with an item, its own among them."""
    numbers = workstore.works_of(session, tenant_id, [key]).values()
    return sorted(workstore.items_of(session, tenant_id, set(numbers)))


def page(  # noqa: PLR0913 - the options of a listing
    session: Session,
    tenant_id: str,
    *,
    item_id: str | None = None,
    least: int = 1,
    limit: int = 100,
    cursor: str | None = None,
) -> tuple[list[Listed], str | None]:
    """Return works of `least` items or more, the largest first, and where the listing goes on.

    With `item_id` only the work of that item. Raises InvalidCursorError.
    """
    member, first = aliased(WorkItemRow), aliased(ItemRow)
    sizes = (
        select(member.work, func.count().label("size"), func.min(member.key).label("key"))
        .where(member.tenant_id == tenant_id, member.work.is_not(None))
        .group_by(member.work)
        .having(func.count() >= least)
        .subquery()
    )
    query = (
        select(WorkRow.id, WorkRow.number, sizes.c.size, first.title)
        .join(sizes, sizes.c.work == WorkRow.number)
        .join(first, first.key == sizes.c.key)
        .order_by(sizes.c.size.desc(), WorkRow.number)
    )
    if item_id is not None:
        own = select(WorkItemRow.work).where(
            WorkItemRow.tenant_id == tenant_id, WorkItemRow.item_id == item_id
        )
        query = query.where(WorkRow.number.in_(own))
    if cursor:
        size, number = _place(cursor)
        same = and_(sizes.c.size == size, WorkRow.number > number)
        query = query.where(or_(sizes.c.size < size, same))
    rows = list(session.execute(query.limit(limit + 1)))
    more = encode([rows[limit - 1].size, rows[limit - 1].number]) if len(rows) > limit else None
    return [Listed(row.id, row.size, row.title) for row in rows[:limit]], more


def _place(cursor: str) -> tuple[int, int]:
    match decode(cursor):
        case [size, number] if is_number(size, most=_LARGEST) and is_number(number):
            return size, number
    raise InvalidCursorError
