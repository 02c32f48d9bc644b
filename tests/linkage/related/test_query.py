"""How an answer is ordered, filtered and paged, and how one link is explained."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import feedback, store
from linkage.builds import Build
from linkage.errors import InvalidCursorError, ItemNotFoundError, LinkageError
from linkage.feedback import Event
from linkage.imports import Transaction
from linkage.linker import Ask, Linker, text_item
from linkage.types import Filters, Item, Options, Related

MakeItem = Callable[..., Item]
Add = Callable[..., None]
Reindex = Callable[..., Build]
T = "t1"
MANY = 10_000


def ids(related: Related) -> list[str]:
    return [link.target.id for link in related.links]


@pytest.fixture
def asked(make_item: MakeItem) -> Item:
    return make_item("asked", "Desert planet", text="Spice and sand.")


@pytest.fixture
def deserts(add: Add, make_item: MakeItem, asked: Item, reindex: Reindex) -> None:
    """Sixteen books of equal standing about the same thing, in four groups of like words."""
    groups = ("worm rider", "water thief", "glass city", "moon court")
    many = [
        make_item(f"b{n:02}", f"Desert planet {groups[n % 4]} {n}", text=f"Spice, {groups[n % 4]}.")
        for n in range(16)
    ]
    add(asked, *many)
    reindex()


def pages(linker: Linker, engine: Engine, between: Callable[[int], None], **options) -> list[str]:
    """Ask for all pages of four; call `between` after each."""
    seen: list[str] = []
    cursor, number = None, 0
    while True:
        with Session(engine) as session:
            page = linker.related(session, T, "asked", limit=4, cursor=cursor, **options)
        seen += ids(page)
        if not (cursor := page.next_cursor):
            return seen
        number += 1
        between(number)


ORDERS = [{}, {"diversity": 0.6}, {"fresh": 0.7}, {"fresh": 0.5, "diversity": 0.5}]


@pytest.mark.usefixtures("deserts")
@pytest.mark.parametrize("options", ORDERS)
def test_pages_are_the_whole_listing_in_its_order(
    linker: Linker, engine: Engine, options: dict[str, float]
) -> None:
    with Session(engine) as session:
        whole = ids(linker.related(session, T, "asked", limit=100, **options))
    assert pages(linker, engine, lambda _: None, **options) == whole
    assert len(whole) == 16


@pytest.fixture
def change(
    add: Add, transaction: Transaction, make_item: MakeItem, reindex: Reindex
) -> Callable[[int], None]:
    """Adds items, removes one and, once, makes a new index; after the third page it rests."""

    def change(page: int) -> None:
        if page > 3:
            return
        add(*(make_item(f"new{page}-{n}", f"Desert planet {n}", text="Spice!") for n in range(9)))
        with transaction() as session:
            store.remove(session, T, [f"b{15 - page:02}"])
        if page == 2:
            reindex()

    return change


@pytest.mark.usefixtures("deserts")
@pytest.mark.parametrize("options", ORDERS)
def test_what_was_there_is_listed_once_while_items_come_and_go(
    linker: Linker, engine: Engine, change: Callable[[int], None], options: dict[str, float]
) -> None:
    seen = pages(linker, engine, change, **options)
    assert len(seen) == len(set(seen))
    assert {f"b{n:02}" for n in range(12)} <= set(seen)


@pytest.mark.usefixtures("deserts")
def test_a_cursor_of_another_question_is_refused(linker: Linker, db: Session) -> None:
    cursor = linker.related(db, T, "asked", limit=4).next_cursor
    with pytest.raises(InvalidCursorError):
        linker.related(db, T, "b01", limit=4, cursor=cursor)
    with pytest.raises(InvalidCursorError):
        linker.related(db, T, "asked", limit=4, diversity=0.5, cursor=cursor)


@pytest.mark.usefixtures("deserts")
def test_what_is_excluded_later_is_left_out_of_later_pages(linker: Linker, db: Session) -> None:
    first = linker.related(db, T, "asked", limit=4)
    second = ids(linker.related(db, T, "asked", limit=4, cursor=first.next_cursor))
    excluding = Filters(exclude=frozenset(second))
    page = linker.related(db, T, "asked", limit=4, cursor=first.next_cursor, filters=excluding)
    assert len(ids(page)) == 4
    assert set(ids(page)).isdisjoint({*second, *ids(first)})


@pytest.mark.usefixtures("deserts")
def test_diversity_brings_every_group_to_the_first_page(linker: Linker, db: Session) -> None:
    def groups(diversity: float) -> set[int]:
        page = linker.related(db, T, "b00", limit=4, diversity=diversity)
        return {int(id_[1:]) % 4 for id_ in ids(page) if id_ != "asked"}

    assert len(groups(0.0)) == 1
    assert len(groups(0.8)) > 1


def test_freshness_puts_the_new_before_the_old(
    linker: Linker, db: Session, add: Add, make_item: MakeItem, asked: Item
) -> None:
    now = datetime.now(UTC)
    news = [
        make_item(
            f"{days}", "Desert planet", "article", creators=[f"Writer {days}"], text="Spice.",
            published_at=(now - timedelta(days=days)).isoformat(),
        )
        for days in (300, 2, 40)
    ]  # fmt: skip
    better = make_item(
        "old", "Desert planet", "article", text="Spice and sand.", published_at="2001"
    )
    add(asked, *news, better)
    assert ids(linker.related(db, T, "asked"))[0] == "old"
    assert ids(linker.related(db, T, "asked", fresh=1.0)) == ["2", "40", "300", "old"]


def test_of_two_equals_the_popular_one_comes_first(
    linker: Linker, db: Session, add: Add, make_item: MakeItem, asked: Item
) -> None:
    add(asked, *(
        make_item(id_, "A desert planet", popularity=popularity)
        for id_, popularity in (("a", 0.1), ("b", 0.9), ("c", 0.5))
    ))  # fmt: skip
    related = linker.related(db, T, "asked")
    assert ids(related) == ["b", "c", "a"]
    assert len({link.score for link in related.links}) == 1


@pytest.fixture
def needle(add: Add, make_item: MakeItem, asked: Item, reindex: Reindex) -> None:
    """One item in ten thousand that filters ask for, and it is not among the likest."""
    many = (
        make_item(f"h{n}", f"Desert planet {n}", published_at="2024-01-10", attributes={"n": n % 7})
        for n in range(MANY - 2)
    )
    odd = make_item(
        "needle", "Cooking with rice", published_at="2024-11-20", language="nl-BE", source="feed:x",
        attributes={"format": "braille", "awards": ["hugo", "nebula"], "n": 3},
    )  # fmt: skip
    add(asked, *many, odd)
    reindex()


@pytest.mark.usefixtures("needle")
def test_one_in_ten_thousand_is_found_by_any_filter(linker: Linker, engine: Engine) -> None:
    for filters in (
        Filters(attributes=frozenset({("format", "braille")})),
        Filters(attributes=frozenset({("awards", "nebula"), ("n", "3")})),
        Filters(published_after="2024-11-01"),
        Filters(languages=frozenset({"nl"})),
        Filters(sources=frozenset({"feed:x"})),
        Filters(kinds=frozenset({"book"}), attributes=frozenset({("format", "braille")})),
    ):
        with Session(engine) as session:
            assert ids(linker.related(session, T, "asked", filters=filters)) == ["needle"], filters
    with Session(engine) as session:
        common = Filters(attributes=frozenset({("n", "5")}))
        page = linker.related(session, T, "asked", filters=common, limit=100)
        assert len(ids(page)) == 100


@pytest.mark.usefixtures("deserts")
def test_a_changed_attribute_counts_at_once(
    linker: Linker, add: Add, engine: Engine, make_item: MakeItem
) -> None:
    def found() -> list[str]:
        wanted = Filters(attributes=frozenset({("format", "hardcover")}))
        with Session(engine) as session:
            return ids(linker.related(session, T, "asked", filters=wanted))

    assert found() == []
    add(make_item("b07", "Desert planet, bound", attributes={"format": "hardcover"}))
    assert found() == ["b07"]
    add(make_item("b07", "Desert planet, bound", attributes={"format": "paperback"}))
    assert found() == []


@pytest.mark.usefixtures("deserts")
def test_an_item_is_gone_the_moment_it_expires(
    linker: Linker, add: Add, engine: Engine, make_item: MakeItem
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    add(make_item("offer", "Desert planet", text="Spice and sand.", expires_at=soon))
    found = []
    for pause in (0.0, 1.6):
        time.sleep(pause)
        with Session(engine) as session:
            found.append("offer" in ids(linker.related(session, T, "asked")))
    assert found == [True, False]


@pytest.mark.usefixtures("deserts")
def test_questions_of_a_batch_are_answered_each_as_if_alone(
    linker: Linker, db: Session, make_item: MakeItem
) -> None:
    outside = make_item("new", "Desert planet moon court")
    few = Options(limit=3, diversity=0.4)
    asks = [Ask("asked"), Ask("nobody"), Ask(text_item("moon court"), few), Ask(outside, few),
            Ask("b01", Options(cursor="nonsense"))]  # fmt: skip
    answers = linker.answer_many(db, T, asks)
    assert isinstance(answers[1], ItemNotFoundError)
    assert isinstance(answers[4], InvalidCursorError)
    for ask, answer in zip(asks, answers, strict=True):
        if not isinstance(answer, LinkageError):
            assert ids(linker.answer(db, T, ask)) == ids(answer)


@pytest.mark.usefixtures("deserts")
def test_a_served_link_is_explained_with_its_place(linker: Linker, db: Session) -> None:
    related = linker.related(db, T, "asked")
    explained = linker.explain(db, T, "asked", related.links[2].target.id)
    assert explained.position == 3
    assert explained.link == related.links[2]
    assert explained.reason is None


@pytest.fixture
def unserved(add: Add, make_item: MakeItem) -> None:
    add(
        make_item("dune", "Dune", creators=["Frank Herbert"], text="Spice."),
        make_item("dune-2", "Dune (Ace)", creators=["Frank Herbert"]),
        make_item("film", "Dune", "film", text="From Frank Herbert's novel Dune."),
        make_item("film-2", "Dune", "film", text="From Dune.", identifiers={"imdb": "tt0087182"}),
        make_item("film-3", "Dune", "film", text="Frank Herbert's novel Dune.",
                  identifiers={"imdb": "tt0087182"}),
        make_item("hidden", "Dune", "film", hidden=True),
        make_item("late", "Dune", "film", expires_at="2001-01-01"),
    )  # fmt: skip


@pytest.mark.usefixtures("unserved")
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("dune", "not related to itself"),
        ("dune-2", "same_work"),
        ("hidden", "hidden"),
        ("late", "expired at 2001-01-01"),
        ("film-2", "'film-3'"),
    ],
)
def test_a_link_that_is_not_served_says_why(
    linker: Linker, db: Session, target: str, reason: str
) -> None:
    explained = linker.explain(db, T, "dune", target)
    assert explained.position is None
    assert reason in (explained.reason or "")
    assert explained.link.evidence


def test_only_items_of_the_tenant_are_explained(
    linker: Linker, db: Session, add: Add, asked: Item
) -> None:
    add(asked)
    for pair in (("asked", "nobody"), ("nobody", "asked")):
        with pytest.raises(ItemNotFoundError):
            linker.explain(db, T, *pair)
    with pytest.raises(ItemNotFoundError):
        linker.explain(db, "other", "asked", "asked")


@pytest.fixture
def send(transaction: Transaction) -> Callable[..., None]:
    def send(action: str, source: str, target: str, times: int) -> None:
        events = [
            Event(id=f"{action}-{source}-{target}-{n}", action=action, source=source, target=target)  # type: ignore[arg-type]
            for n in range(times)
        ]
        with transaction() as session:
            feedback.record(session, T, events)

    return send


@pytest.mark.usefixtures("needle")
def test_what_people_click_becomes_a_link_and_says_so(
    linker: Linker, engine: Engine, send: Callable[..., None]
) -> None:
    with Session(engine) as session:
        before = linker.explain(session, T, "asked", "needle")
    send("click", "asked", "needle", 40)
    with Session(engine) as session:
        related = linker.related(session, T, "asked", limit=100)
        backward = linker.related(session, T, "needle")
    [link] = [link for link in related.links if link.target.id == "needle"]
    assert before.position is None
    assert link.score > before.link.score
    assert link.evidence[-1].type == "clicks"
    assert link.evidence[-1].detail["clicks"] == pytest.approx(40, abs=0.1)
    assert "asked" in ids(backward)


@pytest.mark.usefixtures("deserts")
def test_what_people_dismiss_sinks(
    linker: Linker, engine: Engine, send: Callable[..., None]
) -> None:
    with Session(engine) as session:
        first = linker.related(session, T, "asked").links[0]
    send("dismissal", "asked", first.target.id, 50)
    with Session(engine) as session:
        after = linker.explain(session, T, "asked", first.target.id)
    assert after.position is not None
    assert after.position > 10
    assert after.link.score < first.score / 5
