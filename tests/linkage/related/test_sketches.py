from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage.related.sketches import Recent, Sketches
from linkage.types import Item
from tests.linkage.conftest import TENANT


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    kept = Recent[str](10, len)
    kept.keep(("t", 1, 1), "used")
    for key in range(2, 50):
        kept.keep(("t", key, 1), "once")
        assert kept.get(("t", 1, 1)) == "used"
    assert kept.get(("t", 2, 1)) is None
    assert kept.get(("t", 49, 1)) == "once"


def test_it_holds_about_its_capacity() -> None:
    kept = Recent[str](100, len)
    for key in range(1_000):
        kept.keep(("t", key, 1), "12345")
    held = sum(kept.get(("t", key, 1)) is not None for key in range(1_000))
    assert 10 <= held <= 22


def test_another_revision_is_another_value() -> None:
    kept = Recent[str](100, len)
    kept.keep(("t", 1, 1), "old")
    assert kept.get(("t", 1, 2)) is None


def test_of_an_item_only_one_revision_is_kept() -> None:
    kept = Recent[str](100, len)
    for revision in range(1_000):
        kept.keep(("t", 1, revision), "12345")
    assert kept.has_room
    assert kept.get(("t", 1, 998)) is None
    assert kept.get(("t", 1, 999)) == "12345"


def known(sketches: Sketches, engine: Engine) -> object:
    with Session(engine) as session:
        return sketches.at(session, TENANT).known


def test_what_is_known_lasts_until_the_database_changes(
    engine: Engine, add: Callable[..., None], make_item: Callable[..., Item]
) -> None:
    number = 1
    sketches = Sketches(changes=lambda: number)
    first = known(sketches, engine)
    add(make_item("dune"))
    assert known(sketches, engine) is first
    number = 2
    assert known(sketches, engine) is not first


def test_what_was_read_while_the_database_changed_is_not_relied_on(
    engine: Engine, add: Callable[..., None], make_item: Callable[..., Item]
) -> None:
    numbers = iter([1, 2, 2, 2])
    sketches = Sketches(changes=lambda: next(numbers))
    first = known(sketches, engine)
    add(make_item("dune"))
    assert known(sketches, engine) is not first


def test_a_session_that_reads_already_is_asked_itself(
    engine: Engine, add: Callable[..., None], make_item: Callable[..., Item]
) -> None:
    sketches = Sketches(changes=lambda: 1)
    first = known(sketches, engine)
    add(make_item("dune"))
    with Session(engine) as session:
        session.connection()
        assert sketches.at(session, TENANT).known is not first
