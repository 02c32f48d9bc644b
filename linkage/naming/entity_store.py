"""Queries over the entities of a catalogue. Every one is within one tenant.

They share the catalogue's revision, so that one number tells readers of changed items and entities.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from more_itertools import batched
from sqlalchemy import ColumnElement, Row, delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from linkage import catalogue
from linkage.cursor import encode, key_of
from linkage.errors import EntityNotFoundError
from linkage.items import content_hash
from linkage.models import IN_LIST, EntityRow
from linkage.types import Entity, ImportSummary

_NAMES = tuple(f.name for f in fields(Entity))
_COLUMNS = (EntityRow.key, EntityRow.revision, *(getattr(EntityRow, name) for name in _NAMES))


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """An entity as it lies in the catalogue: our key, the revision it last changed at, itself."""

    key: int
    revision: int
    entity: Entity


@dataclass(frozen=True, slots=True)
class EntityPage:
    """A run of a listing; `next_cursor` is None at its end."""

    entities: tuple[Entity, ...]
    next_cursor: str | None


def upsert(session: Session, tenant_id: str, entities: Iterable[Entity]) -> ImportSummary:
    """Create or replace entities; of two with one id the last wins and counts once.

    What has not changed is left alone; all changes of a call share one revision.
    """
    wanted = {entity.id: entity for entity in entities}
    revision = catalogue.hold(session, tenant_id)
    known = _hashes(session, tenant_id, list(wanted))
    hashes = {id_: content_hash(entity) for id_, entity in wanted.items()}
    created = [id_ for id_ in wanted if id_ not in known]
    updated = [id_ for id_ in wanted if id_ in known and known[id_][1] != hashes[id_]]
    stamp = {"tenant_id": tenant_id, "revision": revision + 1, "updated_at": datetime.now(UTC)}

    def row(id_: str) -> dict[str, Any]:
        return {**_values(wanted[id_]), "content_hash": hashes[id_], **stamp}

    if created:
        session.execute(insert(EntityRow), [row(id_) for id_ in created])
    if updated:
        session.execute(update(EntityRow), [{"key": known[id_][0], **row(id_)} for id_ in updated])
    if created or updated:
        catalogue.set_revision(session, tenant_id, revision + 1)
    unchanged = len(wanted) - len(created) - len(updated)
    return ImportSummary(created=len(created), updated=len(updated), unchanged=unchanged)


def remove(session: Session, tenant_id: str, ids: Iterable[str]) -> int:
    """Delete the entities there are of these ids and return how many there were."""
    revision = catalogue.hold(session, tenant_id)
    removed = 0
    for chunk in batched(ids, IN_LIST):
        gone = session.execute(
            delete(EntityRow)
            .where(EntityRow.tenant_id == tenant_id, EntityRow.id.in_(chunk))
            .returning(EntityRow.key)
            .execution_options(synchronize_session=False)
        )
        removed += len(gone.all())
    if removed:
        catalogue.set_revision(session, tenant_id, revision + 1)
    return removed


def get(session: Session, tenant_id: str, entity_id: str) -> Entity:
    """Return an entity; EntityNotFoundError when the tenant has none of this id."""
    found = _run(session, tenant_id, EntityRow.id == entity_id, 1)
    if not found:
        raise EntityNotFoundError(entity_id)
    return found[0].entity


def page(
    session: Session, tenant_id: str, *, cursor: str | None = None, limit: int = 100
) -> EntityPage:
    """Return a run of all entities in the order they were first imported."""
    found = _run(session, tenant_id, EntityRow.key > key_of(cursor), limit + 1)
    more = encode([found[limit - 1].key]) if len(found) > limit else None
    return EntityPage(tuple(stored.entity for stored in found[:limit]), more)


def changed_since(
    session: Session, tenant_id: str, revision: int, *, after_key: int = 0, limit: int = 1_000
) -> list[StoredEntity]:
    """Return entities changed after (revision, key), in that order, at most `limit`."""
    is_later = tuple_(EntityRow.revision, EntityRow.key) > (revision, after_key)
    return _run(session, tenant_id, is_later, limit, (EntityRow.revision, EntityRow.key))


def by_keys(session: Session, tenant_id: str, wanted: Iterable[int]) -> dict[int, Entity]:
    """Return the entities there are of these keys."""
    found: dict[int, Entity] = {}
    for chunk in batched(wanted, IN_LIST):
        there = _run(session, tenant_id, EntityRow.key.in_(chunk), len(chunk))
        found.update((stored.key, stored.entity) for stored in there)
    return found


def by_ids(session: Session, tenant_id: str, wanted: Iterable[str]) -> dict[str, Entity]:
    """Return the entities there are of these ids."""
    found: dict[str, Entity] = {}
    for chunk in batched(wanted, IN_LIST):
        there = _run(session, tenant_id, EntityRow.id.in_(chunk), len(chunk))
        found.update((stored.entity.id, stored.entity) for stored in there)
    return found


def titled(session: Session, tenant_id: str, prefix: str, *, limit: int) -> list[Entity]:
    """Return entities whose name begins so, whatever its case; the best known first."""
    begins = EntityRow.name.istartswith(prefix, autoescape=True)
    order = (EntityRow.popularity.desc(), EntityRow.name, EntityRow.key)
    return [stored.entity for stored in _run(session, tenant_id, begins, limit, order)]


def kinds(session: Session, tenant_id: str) -> list[str]:
    """Return the kinds there are of entities."""
    query = select(EntityRow.kind).distinct().where(EntityRow.tenant_id == tenant_id)
    return list(session.execute(query).scalars())


def count(session: Session, tenant_id: str) -> int:
    """Return how many entities the tenant has."""
    query = select(func.count()).select_from(EntityRow).where(EntityRow.tenant_id == tenant_id)
    return session.execute(query).scalar_one()


def _run(
    session: Session,
    tenant_id: str,
    where: ColumnElement[bool],
    limit: int,
    order: Sequence[Any] = (EntityRow.key,),
) -> list[StoredEntity]:
    query = select(*_COLUMNS).where(EntityRow.tenant_id == tenant_id, where)
    return [_stored(row) for row in session.execute(query.order_by(*order).limit(limit))]


def _values(entity: Entity) -> dict[str, Any]:
    values = {name: getattr(entity, name) for name in _NAMES}
    aliases = {tag: list(names) for tag, names in entity.aliases.items()}
    return values | {"creators": list(entity.creators), "aliases": aliases}


def _stored(row: Row[Any]) -> StoredEntity:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001 - its public name, in spite of it
    key, revision = values.pop("key"), values.pop("revision")
    aliases = {tag: tuple(names) for tag, names in values["aliases"].items()}
    lists = {"creators": tuple(values["creators"]), "aliases": aliases}
    return StoredEntity(key, revision, Entity(**values | lists))


def _hashes(session: Session, tenant_id: str, ids: list[str]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for chunk in batched(ids, IN_LIST):
        query = select(EntityRow.id, EntityRow.key, EntityRow.content_hash).where(
            EntityRow.tenant_id == tenant_id, EntityRow.id.in_(chunk)
        )
        found.update((row.id, (row.key, row.content_hash)) for row in session.execute(query))
    return found
