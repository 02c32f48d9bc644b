from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from linkage import catalogue
from linkage.errors import EntityNotFoundError, InvalidCursorError
from linkage.imports import Transaction
from linkage.naming import entity_store
from linkage.types import Entity

LEM = Entity(
    "Q6530", "Stanisław Lem", "person", {"wikidata": "Q6530"}, {"pl": ("Lem",)}, {"en": "writer"}
)
pytestmark = pytest.mark.usefixtures("both")


def test_entities_are_kept_as_they_are(transaction: Transaction, db: Session) -> None:
    with transaction() as session:
        summary = entity_store.upsert(session, "t1", [LEM])
    assert (summary.created, summary.updated) == (1, 0)
    assert entity_store.get(db, "t1", "Q6530") == LEM
    assert entity_store.count(db, "t1") == 1


def test_a_repeat_changes_nothing_and_a_change_raises_the_revision(
    transaction: Transaction, db: Session
) -> None:
    with transaction() as session:
        entity_store.upsert(session, "t1", [LEM])
    with transaction() as session:
        assert entity_store.upsert(session, "t1", [LEM]).unchanged == 1
    assert catalogue.state(db, "t1").revision == 1
    with transaction() as session:
        assert entity_store.upsert(session, "t1", [replace(LEM, name="S. Lem")]).updated == 1
    (changed,) = entity_store.changed_since(db, "t1", 1)
    assert (changed.revision, changed.entity.name) == (2, "S. Lem")


def test_deleted_entities_are_gone(transaction: Transaction, db: Session) -> None:
    with transaction() as session:
        entity_store.upsert(session, "t1", [LEM])
        assert entity_store.remove(session, "t1", ["Q6530", "absent"]) == 1
    with pytest.raises(EntityNotFoundError):
        entity_store.get(db, "t1", "Q6530")


def test_nothing_crosses_tenants(transaction: Transaction, db: Session) -> None:
    with transaction() as session:
        entity_store.upsert(session, "t1", [LEM])
    assert entity_store.page(db, "t2").entities == ()
    assert entity_store.by_ids(db, "t2", ["Q6530"]) == {}
    assert entity_store.changed_since(db, "t2", 0) == []
    with transaction() as session:
        assert entity_store.remove(session, "t2", ["Q6530"]) == 0


def test_a_listing_goes_on_where_it_stopped(transaction: Transaction, db: Session) -> None:
    with transaction() as session:
        entity_store.upsert(session, "t1", [replace(LEM, id=str(n)) for n in range(5)])
    first = entity_store.page(db, "t1", limit=3)
    second = entity_store.page(db, "t1", cursor=first.next_cursor, limit=3)
    assert [e.id for e in (*first.entities, *second.entities)] == ["0", "1", "2", "3", "4"]
    assert second.next_cursor is None
    with pytest.raises(InvalidCursorError):
        entity_store.page(db, "t1", cursor="x")
