from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import store
from linkage.imports import Transaction
from linkage.naming import entity_store, names
from linkage.naming.names import Names, bearers
from linkage.naming.passage import Passage
from linkage.types import Entity, Item

LEM = Entity("Q6530", "Stanisław Lem", "person")


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkage.indexing.views.FRESH_SECONDS", 0.0)


def found(engine: Engine, known: Names, written: str) -> set[str]:
    with Session(engine) as session:
        spans = known.current(session, "t1").spans(Passage(written))
        there = bearers(session, "t1", {key for span in spans for key in span.own | span.made})
        return {thing.id for thing in there.values()}


def test_changed_items_and_entities_are_known_at_once(
    engine: Engine, transaction: Transaction, make_item: Callable[..., Item]
) -> None:
    known = Names()
    assert found(engine, known, "Solaris by Stanisław Lem") == set()
    with transaction() as session:
        store.upsert(session, "t1", [make_item("1", "Solaris", creators=["S. Lem"])])
    assert found(engine, known, "Solaris by Stanisław Lem") == {"1"}
    with transaction() as session:
        entity_store.upsert(session, "t1", [LEM])
    assert found(engine, known, "Solaris by Stanisław Lem") == {"1", "Q6530"}
    with transaction() as session:
        entity_store.upsert(session, "t1", [replace(LEM, aliases={"pl": ("Staszek",)})])
    assert found(engine, known, "Staszek") == {"Q6530"}


def test_what_is_deleted_or_hidden_is_no_bearer(
    engine: Engine, transaction: Transaction, make_item: Callable[..., Item]
) -> None:
    known = Names()
    with transaction() as session:
        store.upsert(session, "t1", [make_item("1", "Solaris"), make_item("2", "Fiasco")])
        entity_store.upsert(session, "t1", [LEM])
    text = "Solaris, Fiasco, Stanisław Lem"
    assert found(engine, known, text) == {"1", "2", "Q6530"}
    with transaction() as session:
        store.remove(session, "t1", ["1"])
        store.upsert(session, "t1", [make_item("2", "Fiasco", hidden=True)])
        entity_store.remove(session, "t1", ["Q6530"])
    assert found(engine, known, text) == set()


def test_names_no_longer_borne_are_forgotten_in_the_end(
    engine: Engine, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "_LEAST", 10)
    known = Names()
    for number in range(40):
        with transaction() as session:
            entity_store.upsert(session, "t1", [replace(LEM, name=f"Name Number {number}")])
        with Session(engine) as session:
            count = known.current(session, "t1").count
            assert count <= 11
    assert found(engine, known, "Name Number 39") == {"Q6530"}
