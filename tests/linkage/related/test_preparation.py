import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import store
from linkage.related.preparation import Preparation
from linkage.related.sketches import Sketches
from tests.linkage.conftest import TENANT
from tests.support import wait_until


class Opened:
    """Opens sessions and counts them; the first ones fail, where that is wanted."""

    def __init__(self, engine: Engine, *, failing: int = 0) -> None:
        self.count, self._engine, self._failing = 0, engine, failing

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        self.count += 1
        if self.count <= self._failing:
            raise ConnectionError("no database")
        with Session(self._engine) as session:
            yield session


@pytest.fixture
def filled(add: Callable[..., None], make_item: Callable[..., object]) -> None:
    add(*(make_item(f"b{n}", title=f"Title {n}", hidden=n == 0) for n in range(150)))


def prepared(sketches: Sketches, engine: Engine) -> int:
    with Session(engine) as session:
        stored = store.after(session, TENANT, 0, limit=1_000)
    places = [(TENANT, one.key, one.revision) for one in stored]
    return sum(sketches.sketches.get(place) is not None for place in places)


def test_all_items_of_a_tenant_are_prepared_once(filled: None, engine: Engine) -> None:
    del filled
    sketches, opened = Sketches(), Opened(engine)
    preparation = Preparation(sketches, opened)
    preparation.begin(TENANT)
    wait_until(lambda: prepared(sketches, engine) == 150, 20, "not all are prepared")
    preparation.begin(TENANT)
    preparation.close()
    assert opened.count <= 4


def test_what_may_be_shown_is_known_too(filled: None, engine: Engine) -> None:
    del filled
    sketches = Sketches()
    with Session(engine) as session:
        stored = store.after(session, TENANT, 0, limit=1_000)
        sketches.at(session, TENANT).prepare(stored)
    with Session(engine) as session:
        known = sketches.at(session, TENANT).known
    shown = {one.key: one.revision for one in stored if one.key in known.shown}
    assert shown == {one.key: one.revision for one in stored if not one.item.hidden}
    assert all(one.key in known.works for one in stored)


def test_it_ends_where_there_is_no_more_room(filled: None, engine: Engine) -> None:
    del filled
    sketches = Sketches(sketches=50_000)
    preparation = Preparation(sketches, Opened(engine))
    preparation.begin(TENANT)
    wait_until(lambda: not sketches.has_room, 20, "there is room still")
    preparation.close()
    assert 0 < prepared(sketches, engine) < 150


def test_a_fault_ends_the_work_for_one_tenant_only(filled: None, engine: Engine) -> None:
    del filled
    sketches = Sketches()
    preparation = Preparation(sketches, Opened(engine, failing=1))
    preparation.begin("another")
    preparation.begin(TENANT)
    wait_until(lambda: prepared(sketches, engine) == 150, 20, "not all are prepared")
    preparation.close()


def test_closing_does_not_wait_for_the_whole_catalogue(filled: None, engine: Engine) -> None:
    del filled
    preparation = Preparation(Sketches(), Opened(engine))
    preparation.begin(TENANT)
    began = time.monotonic()
    preparation.close()
    assert time.monotonic() - began < 5
