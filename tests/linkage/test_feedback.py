from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage import feedback, store
from linkage.feedback import Event, Tie
from linkage.imports import Transaction
from linkage.models import FeedbackRow, SeenRow
from linkage.types import Item

MakeItem = Callable[..., Item]
Add = Callable[..., None]
T = "t1"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def items(both: str, add: Add, make_item: MakeItem) -> None:
    """Three items, on both kinds of database."""
    del both
    add(*(make_item(id_) for id_ in "abc"))


def event(id_: str, action: str = "click", source: str = "a", target: str = "b", **more) -> Event:
    return Event(id=id_, action=action, source=source, target=target, **more)  # type: ignore[arg-type]


@pytest.mark.usefixtures("items")
def test_events_are_counted_by_link_and_position(db: Session) -> None:
    events = [
        event("1", "impression", position=2),
        event("2", "impression", position=2),
        event("3", "click", position=2),
        event("4", "impression", target="c", position=1),
        event("5", "click"),
    ]
    receipt = feedback.record(db, T, events, now=NOW)
    assert (receipt.counted, receipt.repeated, receipt.unknown) == (5, 0, ())
    found = {(c.position, c.impressions, c.clicks) for c in feedback.counts(db, T)}
    assert found == {(2, 2, 1), (1, 1, 0)}


@pytest.mark.usefixtures("items")
def test_an_event_sent_again_changes_nothing(db: Session) -> None:
    first = [event("1", position=1), event("1", position=1), event("2", position=1)]
    assert feedback.record(db, T, first, now=NOW).counted == 2
    again = feedback.record(db, T, first, now=NOW + timedelta(days=1))
    assert (again.counted, again.repeated) == (0, 3)
    assert [c.clicks for c in feedback.counts(db, T)] == [2]


@pytest.mark.usefixtures("items")
def test_an_event_about_an_item_there_is_not_counts_once_the_item_is_there(
    db: Session, make_item: MakeItem
) -> None:
    events = [event("1"), event("2", target="new")]
    assert feedback.record(db, T, events, now=NOW).unknown == (1,)
    store.upsert(db, T, [make_item("new")])
    receipt = feedback.record(db, T, events, now=NOW)
    assert (receipt.counted, receipt.repeated, receipt.unknown) == (1, 1, ())


def ties_of(db: Session, id_: str, now: datetime = NOW) -> dict[str, Tie]:
    keys = store.keys(db, T, "abc")
    names = {key: name for name, key in keys.items()}
    return {names[k]: tie for k, tie in feedback.ties(db, T, keys[id_], now=now).items()}


@pytest.mark.usefixtures("items")
def test_clicks_tie_a_target_to_its_source_and_half_as_much_the_other_way(db: Session) -> None:
    feedback.record(db, T, [event(str(n)) for n in range(8)], now=NOW)
    assert ties_of(db, "a")["b"].clicks == pytest.approx(8)
    assert ties_of(db, "b")["a"].clicks == pytest.approx(4)
    assert ties_of(db, "c") == {}


@pytest.mark.usefixtures("items")
def test_a_tie_fades_by_half_in_its_half_life_whatever_order_events_come_in(db: Session) -> None:
    then = NOW - timedelta(days=feedback.HALF_LIFE_DAYS)
    feedback.record(db, T, [event("1", at=NOW), event("2", at=then)], now=NOW)
    assert ties_of(db, "a")["b"].clicks == pytest.approx(1.5)
    later = NOW + timedelta(days=feedback.HALF_LIFE_DAYS)
    assert ties_of(db, "a", later)["b"].clicks == pytest.approx(0.75)


@pytest.mark.usefixtures("items")
def test_an_event_of_the_future_counts_as_one_of_now(db: Session) -> None:
    feedback.record(db, T, [event("1", at=NOW + timedelta(days=10_000))], now=NOW)
    assert ties_of(db, "a")["b"].clicks == pytest.approx(1)


@pytest.mark.usefixtures("items")
def test_one_person_clicking_all_day_ties_no_more_than_once(db: Session) -> None:
    feedback.record(db, T, [event(str(n), session="one") for n in range(50)], now=NOW)
    feedback.record(db, T, [event("x", session="other")], now=NOW)
    assert ties_of(db, "a")["b"].clicks == pytest.approx(2)


@pytest.mark.usefixtures("items")
def test_many_clicks_speak_louder_and_dismissals_against(db: Session) -> None:
    feedback.record(db, T, [event(f"b{n}") for n in range(3)], now=NOW)
    feedback.record(db, T, [event(f"c{n}", target="c") for n in range(30)], now=NOW)
    ties = ties_of(db, "a")
    assert list(ties) == ["c", "b"]
    assert 0 < ties["b"].strength < ties["c"].strength < 1
    feedback.record(db, T, [event(f"d{n}", "dismissal", target="c") for n in range(300)], now=NOW)
    lowered = ties_of(db, "a")
    assert list(lowered) == ["b", "c"]
    assert lowered["c"].refusal > 0.8


@pytest.mark.usefixtures("items")
def test_nothing_crosses_to_another_tenant(db: Session, make_item: MakeItem) -> None:
    store.upsert(db, "other", [make_item("a"), make_item("b")])
    feedback.record(db, T, [event("1", position=1)], now=NOW)
    assert feedback.record(db, "other", [event("1", position=1)], now=NOW).counted == 1
    keys = store.keys(db, "other", "ab")
    assert feedback.ties(db, "other", keys["a"], now=NOW)[keys["b"]].clicks == pytest.approx(1)
    assert len(list(feedback.counts(db, "other"))) == 1


@pytest.mark.usefixtures("items")
def test_what_was_said_of_a_deleted_item_goes_with_it(db: Session, make_item: MakeItem) -> None:
    feedback.record(db, T, [event("1", source="a", target="c"), event("2", source="c", target="b")])
    store.remove(db, T, ["c"])
    store.upsert(db, T, [make_item("d")])  # SQLite gives it the key of the last, which has gone
    keys = store.keys(db, T, ["a", "b", "d"])
    assert all(feedback.ties(db, T, key) == {} for key in keys.values())
    assert db.scalar(select(func.count()).select_from(FeedbackRow)) == 0


@pytest.mark.usefixtures("items")
def test_ids_are_forgotten_after_a_month(db: Session) -> None:
    feedback.record(db, T, [event("1")], now=NOW)
    feedback.record(db, T, [event("2")], now=NOW + timedelta(days=31))
    assert db.scalar(select(func.count()).select_from(SeenRow)) == 2  # the event and its voice


def test_two_batches_at_once_are_counted_whole(
    items: None, transaction: Transaction, db: Session
) -> None:
    del items

    def send(batch: int) -> int:
        events = [
            event(f"{batch // 2}-{n}", "click", "ab"[n % 2], "ca"[n % 2], position=1 + n % 3)
            for n in range(300)
        ]
        with transaction() as session:
            return feedback.record(session, T, events).counted

    with ThreadPoolExecutor(4) as pool:
        counted = list(pool.map(send, range(8)))
    assert sum(counted) == 4 * 300
    assert sum(c.clicks for c in feedback.counts(db, T)) == 4 * 300
