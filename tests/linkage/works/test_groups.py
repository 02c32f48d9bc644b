from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import store
from linkage.errors import WorkNotFoundError
from linkage.imports import Transaction
from linkage.match import Matcher, shipped_matcher
from linkage.models import Base
from linkage.types import Item
from linkage.works import groups, lookup

TENANT = "t1"
Add = Callable[..., None]
MakeItem = Callable[..., Item]


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    return shipped_matcher("weft-editions")


@pytest.fixture
def follow(transaction: Transaction, matcher: Matcher) -> Callable[..., int]:
    def follow(tenant: str = TENANT) -> int:
        return groups.catch_up(transaction, tenant, matcher)

    return follow


@pytest.fixture
def delete(transaction: Transaction) -> Callable[..., None]:
    def delete(*ids: str) -> None:
        with transaction() as session:
            store.remove(session, TENANT, ids)

    return delete


@pytest.fixture
def ids(transaction: Transaction) -> Callable[..., dict[str, str]]:
    """The work of each item, by the owner's id."""

    def ids(tenant: str = TENANT) -> dict[str, str]:
        with transaction() as session:
            items = {s.key: s.item.id for run in store.stream(session, tenant) for s in run}
            found = lookup.ids_of(session, tenant, items)
        return {items[key]: work for key, work in found.items()}

    return ids


@pytest.fixture
def dune(make_item: MakeItem) -> list[Item]:
    """Three editions of one novel, and its sequel."""
    by = {
        "creators": ["Frank Herbert"],
        "published_at": "1965",
        "identifiers": {"wikidata": "Q190192"},
    }
    return [
        make_item("dune", "Dune", language="en", **by),
        make_item("dune-pb", "Dune (Paperback)", language="en", creators=["Herbert, Frank"]),
        make_item("wueste", "Der Wüstenplanet", language="de", **by),
        make_item("messiah", "Dune Messiah", creators=["Frank Herbert"], published_at="1969"),
    ]


@pytest.mark.usefixtures("both")
def test_editions_of_a_book_are_one_work_and_its_sequel_another(
    add: Add, follow: Callable, ids: Callable, dune: list[Item]
) -> None:
    add(*dune)
    assert follow() == 4
    found = ids()
    assert found["dune"] == found["dune-pb"] == found["wueste"] != found["messiah"]
    assert follow() == 0
    assert ids() == found


def test_progress_ends_where_it_says(
    add: Add, transaction: Transaction, matcher: Matcher, dune: list[Item],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(groups, "BATCH", 3)
    add(*dune)
    told: list[tuple[int, int]] = []
    groups.catch_up(transaction, TENANT, matcher, progress=lambda *now: told.append(now))
    assert told == [(3, 4), (4, 4)]


def test_new_edition_joins_the_work_there_is(
    add: Add, follow: Callable, ids: Callable, dune: list[Item]
) -> None:
    add(dune[0], dune[3])
    follow()
    before = ids()
    add(dune[1])
    follow()
    assert ids() == before | {"dune-pb": before["dune"]}


def test_item_that_becomes_something_else_leaves_its_work(
    add: Add, follow: Callable, ids: Callable, dune: list[Item], make_item: MakeItem
) -> None:
    add(*dune[:2])
    follow()
    before = ids()
    add(make_item("dune-pb", "Gardening for beginners", creators=["Anna Becker"]))
    follow()
    after = ids()
    assert after["dune"] == before["dune"] != after["dune-pb"]


def test_older_id_survives_a_merge_and_the_other_is_its_alias(
    add: Add,
    follow: Callable,
    ids: Callable,
    make_item: MakeItem,
    transaction: Transaction,
) -> None:
    add(make_item("a", "Solaris", creators=["Stanisław Lem"]), make_item("b", "A Mistake"))
    follow()
    before = ids()
    add(make_item("b", "Solaris", creators=["Lem, Stanisław"]))
    follow()
    older = before["a"]
    assert ids() == {"a": older, "b": older}
    with transaction() as session:
        work = lookup.get(session, TENANT, before["b"])
        assert (work.id, work.aliases) == (older, (before["b"],))
        assert [item.id for item in work.items] == ["a", "b"]


def test_deleted_item_leaves_its_work_and_an_empty_work_is_gone(
    add: Add,
    follow: Callable,
    ids: Callable,
    delete: Callable,
    dune: list[Item],
    transaction: Transaction,
) -> None:
    add(*dune)
    follow()
    before = ids()
    delete("dune", "messiah")
    follow()
    assert ids()["dune-pb"] == before["dune-pb"]
    with transaction() as session:
        assert before["dune"] not in ids().values() or lookup.get(session, TENANT, before["dune"])
        with pytest.raises(WorkNotFoundError):
            lookup.get(session, TENANT, before["messiah"])


def test_item_that_gets_a_deleted_ones_key_is_another_thing(
    add: Add, follow: Callable, ids: Callable, delete: Callable, make_item: MakeItem
) -> None:
    add(make_item("a", "Emma", creators=["Jane Austen"]))
    follow()
    before = ids()
    delete("a")
    add(make_item("b", "Solaris", creators=["Stanisław Lem"]))  # SQLite gives it the same key
    assert ids() == {}
    follow()
    assert ids()["b"] != before["a"]


def test_shared_number_of_a_work_makes_one_and_two_numbers_two(
    add: Add, follow: Callable, ids: Callable, make_item: MakeItem
) -> None:
    add(
        make_item("1", "Seven Samurai", "film", identifiers={"imdb": "tt0047478"}),
        make_item("2", "Shichinin no samurai", "film", identifiers={"imdb": "tt0047478"}),
        make_item("3", "Dune", "film", identifiers={"imdb": "tt0087182"}, published_at="1984"),
        make_item("4", "Dune", "film", identifiers={"imdb": "tt1160419"}, published_at="1984"),
        make_item("5", "Dune", "book", published_at="1984"),
    )
    follow()
    found = ids()
    assert found["1"] == found["2"]
    assert len({found["3"], found["4"], found["5"]}) == 3


def test_rebuild_changes_no_id(
    add: Add, follow: Callable, ids: Callable, dune: list[Item], transaction: Transaction
) -> None:
    for item in dune:
        add(item)
        follow()
    before = ids()
    with transaction() as session:
        groups.rebuild(session, TENANT)
    assert follow() == 4
    assert ids() == before


def test_catalogue_waits_until_its_works_have_caught_up(
    add: Add, follow: Callable, delete: Callable, dune: list[Item], db: Session
) -> None:
    add(*dune)
    assert groups.waiting(db) == [TENANT]
    db.rollback()
    follow()
    assert groups.waiting(db) == []
    db.rollback()
    delete("dune")
    assert groups.waiting(db) == [TENANT]


def test_run_that_died_is_taken_over(
    add: Add,
    follow: Callable,
    ids: Callable,
    dune: list[Item],
    monkeypatch: pytest.MonkeyPatch,
    transaction: Transaction,
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    add(*dune)
    with monkeypatch.context() as patch:
        patch.setattr(groups, "_keep", die)
        with pytest.raises(KeyboardInterrupt):
            follow()
    assert follow() == 0  # the dead run's lease still holds
    with transaction() as session:
        assert groups.waiting(session) == []
        session.get(groups.WorkStateRow, TENANT).lease_until = groups.datetime(2000, 1, 1)  # type: ignore[union-attr]
    assert follow() == 4
    assert len(set(ids().values())) == 2


def test_works_of_another_tenant_are_not_there(
    add: Add, follow: Callable, ids: Callable, dune: list[Item], db: Session
) -> None:
    add(*dune)
    add(*dune, tenant="t2")
    follow()
    follow("t2")
    assert not set(ids().values()) & set(ids("t2").values())
    with pytest.raises(WorkNotFoundError):
        lookup.get(db, "t2", ids()["dune"])


def test_works_are_listed_the_largest_first(
    add: Add, follow: Callable, ids: Callable, dune: list[Item], db: Session
) -> None:
    add(*dune)
    follow()
    [first, second], more = lookup.page(db, TENANT)
    assert (first.id, first.items, first.title) == (ids()["dune"], 3, "Dune")
    assert (second.items, more) == (1, None)
    db.rollback()
    assert lookup.page(db, TENANT, least=2) == ([first], None)
    assert lookup.page(db, TENANT, item_id="messiah") == ([second], None)
    [start], cursor = lookup.page(db, TENANT, limit=1)
    assert (start, lookup.page(db, TENANT, limit=1, cursor=cursor)) == (first, ([second], None))


TITLES = ("Dune", "Dune: A Novel", "Dune Messiah", "Children of Dune", "The Dune", "Dunes")
NAMES = ("Frank Herbert", "Herbert, Frank", "F. Herbert", "Brian Herbert")
CATALOGUES = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.sampled_from(TITLES), st.sampled_from(NAMES), st.sampled_from(["1965", "1969"])),
    min_size=1,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    catalogue=CATALOGUES,
    first=CATALOGUES,
    chance=st.randoms(use_true_random=False),
    steps=st.integers(1, 3),
)
def test_works_do_not_depend_on_the_order_in_which_items_come_and_go(
    engine: Engine,
    add: Add,
    follow: Callable,
    ids: Callable,
    delete: Callable,
    make_item: MakeItem,
    catalogue: dict,
    first: dict,
    chance: Random,
    steps: int,
) -> None:
    def put(items: list, tenant: str = TENANT) -> None:
        add(
            *(make_item(i, t, creators=[n], published_at=y) for i, (t, n, y) in items),
            tenant=tenant,
        )

    def groups(tenant: str) -> set[frozenset[str]]:
        found = ids(tenant)
        return {frozenset(i for i in found if found[i] == work) for work in found.values()}

    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    put(list(first.items()))
    follow()
    delete(*(first.keys() - catalogue.keys()))
    items = list(catalogue.items())
    chance.shuffle(items)
    for step in range(steps):
        put(items[step::steps])
        follow()
    put(sorted(items), "t2")
    follow("t2")
    assert groups(TENANT) == groups("t2")
    before = ids()
    follow()
    assert ids() == before
