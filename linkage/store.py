"""Queries over the items of a catalogue. Every one is within one tenant.

Functions take a Session and flush, never commit: the caller's transaction decides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from more_itertools import batched
from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from linkage import attributes, dates
from linkage.catalogue import hold, set_revision
from linkage.cursor import LAST_KEY, encode, key_of
from linkage.errors import ItemNotFoundError
from linkage.items import content_hash
from linkage.models import IN_LIST, CoClickRow, FeedbackRow, ItemRow
from linkage.types import Filters, ImportSummary, Item

_FIELDS = tuple(f.name for f in fields(Item))
_ITEM_COLUMNS = [getattr(ItemRow, name) for name in _FIELDS]
_COLUMNS = (ItemRow.key, ItemRow.revision, *_ITEM_COLUMNS)
_ALIKE = {"render_nulls": True}
"""Rows that lack values are inserted together with those that have them, not run by run."""

# every request asks these: they are made once, which costs more than their answer
_SHOWN = select(ItemRow.key, ItemRow.revision).where(
    ItemRow.tenant_id == bindparam("tenant_id"),
    ItemRow.key.in_(bindparam("keys", expanding=True)),
    ItemRow.hidden.is_(False),
    or_(ItemRow.expires_at.is_(None), ItemRow.expires_at > bindparam("now")),
)
_READ = select(*_COLUMNS).where(
    ItemRow.tenant_id == bindparam("tenant_id"),
    ItemRow.key.in_(bindparam("keys", expanding=True)),
)
_BY_ID = select(*_COLUMNS).where(
    ItemRow.tenant_id == bindparam("tenant_id"), ItemRow.id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as it lies in the catalogue: our key, the revision it last changed at, the item."""

    key: int
    revision: int
    item: Item


@dataclass(frozen=True, slots=True)
class Page:
    """A run of a listing; `next_cursor` is None at its end."""

    items: tuple[Item, ...]
    next_cursor: str | None


def upsert(session: Session, tenant_id: str, items: Iterable[Item]) -> ImportSummary:
    """Create or replace items; of two with one id the last wins and counts once.

    An item whose content has not changed is left alone. All changes of a call share one revision;
    a call that changes nothing makes none.
    """
    wanted = {item.id: item for item in items}
    revision = hold(session, tenant_id)
    known = _hashes(session, tenant_id, list(wanted))
    hashes = {id_: content_hash(item) for id_, item in wanted.items()}
    created = [id_ for id_ in wanted if id_ not in known]
    updated = [id_ for id_ in wanted if id_ in known and known[id_][1] != hashes[id_]]
    stamp = {"revision": revision + 1, "updated_at": datetime.now(UTC)}

    def row(id_: str) -> dict[str, Any]:
        return {**_values(wanted[id_]), "content_hash": hashes[id_], **stamp}

    if created:
        rows = [{"tenant_id": tenant_id, **row(id_)} for id_ in created]
        session.execute(insert(ItemRow), rows, execution_options=_ALIKE)
    if updated:
        session.execute(update(ItemRow), [{"key": known[id_][0], **row(id_)} for id_ in updated])
        attributes.drop(session, (known[id_][0] for id_ in updated))
    with_attributes = [id_ for id_ in (*created, *updated) if wanted[id_].attributes]
    if with_attributes:
        numbered = keys(session, tenant_id, with_attributes)
        attributes.keep(session, tenant_id, {key: wanted[id_] for id_, key in numbered.items()})
    if created or updated:
        set_revision(session, tenant_id, revision + 1)
    unchanged = len(wanted) - len(created) - len(updated)
    return ImportSummary(created=len(created), updated=len(updated), unchanged=unchanged)


def remove(session: Session, tenant_id: str, ids: Iterable[str]) -> int:
    """Delete the items there are of these ids and return how many there were."""
    revision = hold(session, tenant_id)
    removed = 0
    for chunk in batched(ids, IN_LIST):
        gone = session.execute(
            delete(ItemRow)
            .where(ItemRow.tenant_id == tenant_id, ItemRow.id.in_(chunk))
            .returning(ItemRow.key)
            .execution_options(synchronize_session=False)
        )
        keys_gone = gone.scalars().all()
        attributes.drop(session, keys_gone)
        _drop_feedback(session, tenant_id, keys_gone)
        removed += len(keys_gone)
    if removed:
        set_revision(session, tenant_id, revision + 1)
    return removed


def _drop_feedback(session: Session, tenant_id: str, gone: Sequence[int]) -> None:
    """Delete what clicks said of items: SQLite gives the last key to the next item."""
    for table in (FeedbackRow, CoClickRow):
        session.execute(
            delete(table)
            .where(
                table.tenant_id == tenant_id,
                or_(table.source_key.in_(gone), table.target_key.in_(gone)),
            )
            .execution_options(synchronize_session=False)
        )


def get(session: Session, tenant_id: str, item_id: str) -> Stored:
    """Return an item; ItemNotFoundError when the tenant has none of this id."""
    query = select(*_COLUMNS).where(ItemRow.tenant_id == tenant_id, ItemRow.id == item_id)
    if (row := session.execute(query).one_or_none()) is None:
        raise ItemNotFoundError(item_id)
    return _stored(row)


def by_ids(session: Session, tenant_id: str, ids: Iterable[str]) -> dict[str, Stored]:
    """Return what the tenant has of these ids."""
    connection = session.connection()
    return {
        row.id: _stored(row)
        for chunk in batched(ids, IN_LIST)
        for row in connection.execute(_BY_ID, {"tenant_id": tenant_id, "ids": chunk})
    }


def keys(session: Session, tenant_id: str, ids: Iterable[str]) -> dict[str, int]:
    """Return our key for each of the ids the tenant has."""
    return {id_: key for id_, (key, _) in _hashes(session, tenant_id, list(ids)).items()}


def page(session: Session, tenant_id: str, *, cursor: str | None = None, limit: int = 100) -> Page:
    """Return a run of all items in the order they were first imported."""
    stored = after(session, tenant_id, key_of(cursor), limit=limit + 1)
    more = encode([stored[limit - 1].key]) if len(stored) > limit else None
    return Page(tuple(s.item for s in stored[:limit]), more)


def stream(
    session: Session, tenant_id: str, *, after_key: int = 0, chunk: int = 1_000
) -> Iterator[list[Stored]]:
    """Yield all items in runs of at most `chunk`, in key order, reading each when asked."""
    while stored := after(session, tenant_id, after_key, limit=chunk):
        yield stored
        after_key = stored[-1].key


def after(session: Session, tenant_id: str, key: int, *, limit: int) -> list[Stored]:
    """Return the next items in key order, at most `limit`."""
    return _run(session, tenant_id, ItemRow.key > key, limit)


def changed_since(  # noqa: PLR0913 - where to go on, and how far
    session: Session,
    tenant_id: str,
    revision: int,
    *,
    after_key: int = LAST_KEY,
    limit: int = 1_000,
    excerpt: int | None = None,
) -> list[Stored]:
    """Return items changed after (revision, key), in that order, at most `limit`.

    After LAST_KEY of a revision are the later revisions. With `excerpt`, of each text only so many
    characters are read.
    """
    order = (ItemRow.revision, ItemRow.key)
    is_later = _is_later(revision, after_key)
    return _run(session, tenant_id, is_later, limit, order, excerpt=excerpt)


def may_lack(session: Session, tenant_id: str, after: int, until: int) -> bool:
    """Tell whether items may have gone in the revisions after one, until another.

    A deletion takes a revision that no item has. One whose items have all changed again since
    looks the same, so this may be True without any that went; it is never False with one.
    """
    there = select(func.count(ItemRow.revision.distinct())).where(
        ItemRow.tenant_id == tenant_id, ItemRow.revision > after, ItemRow.revision <= until
    )
    return session.scalars(there).one() < until - after


def changed_ids(
    session: Session, tenant_id: str, after: int, until: int, *, limit: int = 1_000
) -> dict[int, str] | None:
    """Return the key and id of each item changed in the revisions after one, until another.

    None where they are more than `limit`, or where items may have gone.
    """
    query = select(ItemRow.key, ItemRow.id, ItemRow.revision).where(
        ItemRow.tenant_id == tenant_id, ItemRow.revision > after, ItemRow.revision <= until
    )
    rows = session.execute(query.limit(limit + 1)).all()
    # a deletion takes a revision that no item has
    if len(rows) > limit or len({row.revision for row in rows}) < until - after:
        return None
    return {row.key: row.id for row in rows}


def visible(
    session: Session, tenant_id: str, wanted: Iterable[int], *, excerpt: int | None = None
) -> dict[int, Item]:
    """Return the items of these keys that may be shown: not deleted, hidden or expired.

    With `excerpt`, of each text only so many characters are read.
    """
    found: dict[int, Item] = {}
    for chunk in batched(wanted, IN_LIST):
        is_shown = and_(ItemRow.key.in_(chunk), _is_shown())
        there = _run(session, tenant_id, is_shown, IN_LIST, excerpt=excerpt)
        found.update((s.key, s.item) for s in there)
    return found


def titled(
    session: Session, tenant_id: str, prefix: str, *, limit: int, excerpt: int
) -> list[Item]:
    """Return items that may be shown whose title begins so, whatever its case; the best known."""
    begins = ItemRow.title.istartswith(prefix, autoescape=True)
    where = and_(_is_shown(), begins)
    order = (ItemRow.popularity.desc(), ItemRow.title, ItemRow.key)
    return [s.item for s in _run(session, tenant_id, where, limit, order, excerpt=excerpt)]


def kinds(session: Session, tenant_id: str) -> list[str]:
    """Return the kinds there are of items."""
    query = select(ItemRow.kind).distinct().where(ItemRow.tenant_id == tenant_id)
    return list(session.execute(query).scalars())


def revisions(session: Session, tenant_id: str, wanted: Iterable[int]) -> dict[int, int]:
    """Return the revision of each of these keys whose item may be shown."""
    found: dict[int, int] = {}
    for chunk in batched(wanted, IN_LIST):
        bound = {"tenant_id": tenant_id, "keys": chunk, "now": datetime.now(UTC)}
        there = session.connection().execute(_SHOWN, bound)
        found.update((key, revision) for key, revision in there)
    return found


def passing(session: Session, tenant_id: str, filters: Filters, *, limit: int) -> list[int]:
    """Return the keys of items that may be shown and may pass, at most `limit`, in no order.

    Among them are all that pass; `filters.sieve` tells which of them do.
    """
    query = select(ItemRow.key).where(*_conditions(tenant_id, filters))
    return list(session.execute(query.limit(limit)).scalars())


def passing_of(
    session: Session, tenant_id: str, filters: Filters, wanted: Iterable[int]
) -> list[int]:
    """Return those of the keys whose items may be shown and may pass, in the same order."""
    order = list(wanted)
    query = select(ItemRow.key).where(*_conditions(tenant_id, filters))
    there = {
        key
        for chunk in batched(order, IN_LIST)
        for key in session.execute(query.where(ItemRow.key.in_(chunk))).scalars()
    }
    return [key for key in order if key in there]


def by_keys(session: Session, tenant_id: str, wanted: Iterable[int]) -> dict[int, Item]:
    """Return the items there are of these keys, shown or not."""
    return {found.key: found.item for found in read(session, tenant_id, wanted)}


def read(session: Session, tenant_id: str, wanted: Iterable[int]) -> list[Stored]:
    """Return what is stored under these keys, shown or not."""
    connection = session.connection()
    return [
        _stored(row)
        for chunk in batched(wanted, IN_LIST)
        for row in connection.execute(_READ, {"tenant_id": tenant_id, "keys": chunk})
    ]


def count(
    session: Session, tenant_id: str, *, after_revision: int = -1, after_key: int = LAST_KEY
) -> int:
    """Return how many items the tenant has, or how many changed after (revision, key)."""
    query = select(func.count()).select_from(ItemRow).where(ItemRow.tenant_id == tenant_id)
    if after_revision >= 0:
        query = query.where(_is_later(after_revision, after_key))
    return session.execute(query).scalar_one()


def _is_later(revision: int, key: int) -> ColumnElement[bool]:
    return tuple_(ItemRow.revision, ItemRow.key) > (revision, key)


def _conditions(tenant_id: str, filters: Filters) -> list[ColumnElement[bool]]:
    conditions = [ItemRow.tenant_id == tenant_id, _is_shown()]
    conditions += attributes.having(tenant_id, filters.attributes)
    if filters.kinds:
        conditions.append(ItemRow.kind.in_(filters.kinds))
    if filters.sources:
        conditions.append(ItemRow.source.in_(filters.sources))
    if filters.languages:
        language = func.lower(ItemRow.language)
        forms = [wanted.lower() for wanted in filters.languages]
        regional = (language.startswith(f"{form}-", autoescape=True) for form in forms)
        conditions.append(or_(language.in_(forms), *regional))
    earliest = dates.earliest(filters.published_after)
    if earliest and not earliest.startswith("-"):
        day = earliest[:10]
        lenient = (day[:4], day[:7])  # less precise dates of the same time
        conditions.append(or_(ItemRow.published_at >= day, ItemRow.published_at.in_(lenient)))
    return conditions


def _is_shown() -> ColumnElement[bool]:
    is_current = or_(ItemRow.expires_at.is_(None), ItemRow.expires_at > datetime.now(UTC))
    return ItemRow.hidden.is_(False) & is_current


def _hashes(session: Session, tenant_id: str, ids: list[str]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for chunk in batched(ids, IN_LIST):
        query = select(ItemRow.id, ItemRow.key, ItemRow.content_hash).where(
            ItemRow.tenant_id == tenant_id, ItemRow.id.in_(chunk)
        )
        found.update((row.id, (row.key, row.content_hash)) for row in session.execute(query))
    return found


def _run(  # noqa: PLR0913 - what to read, in which order, and how much of it
    session: Session,
    tenant_id: str,
    where: ColumnElement[bool],
    limit: int,
    order: Sequence[Any] = (ItemRow.key,),
    *,
    excerpt: int | None = None,
) -> list[Stored]:
    columns = _COLUMNS if excerpt is None else _excerpted(excerpt)
    query = select(*columns).where(ItemRow.tenant_id == tenant_id, where)
    return [_stored(row) for row in session.execute(query.order_by(*order).limit(limit))]


def _excerpted(length: int) -> list[Any]:
    short = func.substr(ItemRow.text, 1, length).label("text")
    return [short if column is ItemRow.text else column for column in _COLUMNS]


def _values(item: Item) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in _FIELDS}
    return values | {"creators": list(item.creators), "subjects": list(item.subjects)}


def _stored(row: Row[Any]) -> Stored:
    key, revision, *rest = tuple(row)
    values: dict[str, Any] = dict(zip(_FIELDS, rest, strict=True))
    values["creators"], values["subjects"] = tuple(values["creators"]), tuple(values["subjects"])
    return Stored(key, revision, Item(**values))
