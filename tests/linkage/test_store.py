import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import catalogue, store
from linkage.errors import InvalidCursorError, ItemNotFoundError
from linkage.imports import Transaction
from linkage.types import Item

MakeItem = Callable[..., Item]
pytestmark = pytest.mark.usefixtures("both")


def test_upsert_counts_created_updated_and_unchanged(db: Session, make_item: MakeItem) -> None:
    first = store.upsert(db, "t", [make_item("a"), make_item("b")])
    again = store.upsert(db, "t", [make_item("a"), make_item("b", "New"), make_item("c")])
    assert (first.created, first.updated, first.unchanged) == (2, 0, 0)
    assert (again.created, again.updated, again.unchanged) == (1, 1, 1)
    assert store.get(db, "t", "b").item.title == "New"


def test_item_comes_back_as_it_was(db: Session, make_item: MakeItem) -> None:
    item = make_item(
        "a", creators=["A", "B"], subjects=["s"], identifiers={"imdb": "tt0087182"},
        expires_at="2040-01-01", attributes={"deep": {"x": [1, None]}}, popularity=0.5,
        language="pt-BR", published_at=-750, url="https://x.org/a", hidden=True, text="日本",
    )  # fmt: skip
    store.upsert(db, "t", [item])
    assert store.get(db, "t", "a").item == item


def test_call_that_changes_something_takes_one_revision(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "t", [make_item("a"), make_item("b")])
    assert catalogue.state(db, "t").revision == 1
    store.upsert(db, "t", [make_item("a")])
    assert catalogue.state(db, "t").revision == 1
    store.remove(db, "t", ["a", "nobody"])
    assert catalogue.state(db, "t").revision == 2


def test_last_of_two_items_of_one_id_wins(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "t", [make_item("a", "First"), make_item("a", "Second")])
    assert store.get(db, "t", "a").item.title == "Second"
    assert store.count(db, "t") == 1


def test_tenants_do_not_see_each_other(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "one", [make_item("a", "One's")])
    store.upsert(db, "two", [make_item("a", "Two's")])
    key = store.get(db, "one", "a").key
    assert store.get(db, "two", "a").item.title == "Two's"
    assert store.visible(db, "two", [key]) == {}
    assert store.remove(db, "two", ["a"]) == 1
    assert store.get(db, "one", "a").item.title == "One's"


def test_missing_item_is_an_error(db: Session) -> None:
    with pytest.raises(ItemNotFoundError):
        store.get(db, "t", "nobody")


def test_remove_counts_what_there_was(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "t", [make_item("a")])
    assert store.remove(db, "t", ["a", "b"]) == 1
    assert store.remove(db, "t", ["a"]) == 0


def test_pages_list_every_item_once(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "t", [make_item(str(n)) for n in range(7)])
    seen, cursor = [], None
    while True:
        page = store.page(db, "t", cursor=cursor, limit=3)
        seen += [item.id for item in page.items]
        if not (cursor := page.next_cursor):
            break
    assert seen == [str(n) for n in range(7)]


@pytest.mark.parametrize("cursor", ["x", "!!", "eJyLNjY2NgYABJcB", "é", "a" * 30_000])
def test_foreign_cursor_is_an_error(db: Session, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        store.page(db, "t", cursor=cursor)


def test_stream_yields_runs_in_key_order(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "t", [make_item(str(n)) for n in range(5)])
    runs = list(store.stream(db, "t", chunk=2))
    assert [len(run) for run in runs] == [2, 2, 1]
    keys = [stored.key for run in runs for stored in run]
    assert keys == sorted(keys)


def test_changes_come_in_the_order_they_were_made(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "t", [make_item("a"), make_item("b")])
    store.upsert(db, "t", [make_item("a", "Newer")])
    changed = store.changed_since(db, "t", 0)
    assert [stored.item.id for stored in changed] == ["b", "a"]
    rest = store.changed_since(db, "t", changed[0].revision, after_key=changed[0].key)
    assert [stored.item.id for stored in rest] == ["a"]


def test_items_may_lack_where_a_revision_has_none(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "t", [make_item("a"), make_item("b")])
    store.upsert(db, "t", [make_item("c")])
    assert not store.may_lack(db, "t", 0, 2)
    store.remove(db, "t", ["b"])
    store.upsert(db, "t", [make_item("d")])
    assert store.may_lack(db, "t", 0, 4)
    assert not store.may_lack(db, "t", 3, 4)


def test_hidden_and_expired_items_are_not_visible(db: Session, make_item: MakeItem) -> None:
    now = datetime.now(UTC)
    shown = replace(make_item("shown"), expires_at=now + timedelta(hours=1))
    gone = replace(make_item("gone"), expires_at=now - timedelta(seconds=1))
    store.upsert(db, "t", [shown, gone, make_item("hidden", hidden=True)])
    keys = store.keys(db, "t", ["shown", "gone", "hidden"])
    assert list(store.visible(db, "t", keys.values())) == [keys["shown"]]
    assert len(store.by_keys(db, "t", keys.values())) == 3


def test_first_writers_of_a_tenant_do_not_collide(
    transaction: Transaction, engine: Engine, make_item: MakeItem
) -> None:
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            with transaction() as session:
                store.upsert(
                    session, "t", [make_item("same", f"by {number}"), make_item(str(number))]
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, the test reports it
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Session(engine) as session:
        assert (store.count(session, "t"), catalogue.state(session, "t").revision) == (5, 4)
