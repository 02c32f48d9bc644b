import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from linkage import builds, catalogue, feedback, store
from linkage.cursor import decode
from linkage.errors import ItemNotFoundError
from linkage.feedback import Event
from linkage.imports import import_records
from linkage.items import item_from_record
from linkage.linker import Ask, Linker
from linkage.match import shipped_matcher
from linkage.models import Base
from linkage.related import form
from linkage.related.answers import Answers, Asked, Sign
from linkage.related.query import Query
from linkage.related.ranker import Ranker
from linkage.related.rankers import SHIPPED, Card, Rankers, new_version
from linkage.types import Filters, Options
from linkage.works import groups
from tests.linkage.conftest import WordEncoder
from workers.db import Database

T, OTHER = "t1", "t2"
TITLES = ("Dune", "Dune Messiah (Dune, #2)", "Emma", "A desert planet", "Clueless")
MAKERS = ("Frank Herbert", "Jane Austen")
PLAIN = Options(limit=3)
ASKED = (
    PLAIN,
    Options(fresh=0.8),
    Options(diversity=0.5, limit=2),
    Options(relation="same_work"),
    Options(filters=Filters(kinds=frozenset({"film"}))),
    Options(filters=Filters(attributes=frozenset({("format", "paper")}))),
)


class Shop:
    """Two catalogues on SQLite, a linker that follows them, and a clock of minutes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.database = Database(f"sqlite:///{folder / 'shop.db'}")
        Base.metadata.create_all(self.database.engine)
        self.rankers = Rankers(folder / "rankers")
        self.minute = datetime(2026, 1, 1, tzinfo=UTC)
        self.written = 0
        self.linker = Linker(
            self.folder / "indexes", encoder="words", encoders=WordEncoder, rankers=self.rankers,
            changes=self.database.changes,
        )  # fmt: skip

    def put(self, id_: str, tenant: str = T, **fields: Any) -> None:
        record = {"id": id_, "kind": "book", "title": "Dune", "creators": MAKERS[:1], **fields}
        import_records(self.database.transaction, tenant, [item_from_record(record)])

    def fill(self, tenant: str = T) -> None:
        for id_, title in zip("abcde", TITLES, strict=True):
            self.put(id_, tenant, title=title)

    def remove(self, id_: str, tenant: str = T) -> None:
        with self.database.transaction() as session:
            store.remove(session, tenant, [id_])

    def tell(self, action: Any, source: str, target: str, tenant: str = T) -> None:
        event = Event(id=new_version(), action=action, source=source, target=target)
        with self.database.transaction() as session:
            feedback.record(session, tenant, [event])

    def use_ranker(self, weight: float, tenant: str = T) -> None:
        version = new_version()
        card = Card(version=version, made_from="clicks", questions=1, links=2)
        self.rankers.keep(tenant, Ranker(weights={"creator": weight}, intercept=-1.0), card)
        self.rankers.use(tenant, version)

    def reindex(self, tenant: str = T, base: str | None = None) -> None:
        with self.database.transaction() as session:
            build_id = builds.start(session, tenant, encoder="words", kind="flat", base=base)
        builds.run(
            self.database.transaction, tenant, build_id, data_dir=self.folder / "indexes",
            encoders=WordEncoder,
        )  # fmt: skip

    def compact(self, tenant: str = T) -> None:
        with self.database.reading() as session:
            live = catalogue.state(session, tenant).live_build
        self.reindex(tenant, base=live)

    def roll_back(self, tenant: str = T) -> None:
        with self.database.transaction() as session:
            if builds.retired(session, tenant):
                builds.roll_back(session, tenant, data_dir=self.folder / "indexes")

    def group(self, tenant: str = T) -> None:
        groups.catch_up(self.database.transaction, tenant, shipped_matcher("weft-editions"))

    def ask(self, id_: str = "a", options: Options = PLAIN, tenant: str = T) -> bytes:
        with self.database.reading() as session:
            return self.linker.written(session, tenant, id_, options)

    def ask_anew(self, id_: str, options: Options, tenant: str) -> bytes:
        with self.database.reading() as session:
            return orjson.dumps(form.page(self.linker.answer(session, tenant, Ask(id_, options))))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("indexing.views", "feedback", "related.rankers"):
        monkeypatch.setattr(f"linkage.{module}.FRESH_SECONDS", 0.0)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    monkeypatch.setattr("linkage.related.freshness.minute", lambda: shop.minute)
    made = Query.written

    def counted(query: Query) -> bytes:
        shop.written += 1
        return made(query)

    monkeypatch.setattr(Query, "written", counted)
    shop.fill()
    shop.reindex()
    shop.ask()
    yield shop
    shop.database.close()


def test_who_asks_again_gets_what_was_made_before(shop: Shop) -> None:
    written = shop.written
    assert shop.ask() == shop.ask()
    assert shop.written == written


CHANGES: dict[str, Callable[[Shop], object]] = {
    "an item comes": lambda shop: shop.put("new", title="Dune again"),
    "an item changes": lambda shop: shop.put("b", title="Dune Messiah"),
    "an item goes": lambda shop: shop.remove("b"),
    "an item is hidden": lambda shop: shop.put("b", hidden=True),
    "a click": lambda shop: shop.tell("click", "a", "e"),
    "a dismissal": lambda shop: shop.tell("dismissal", "a", "b"),
    "a ranker": lambda shop: shop.use_ranker(3.0),
    "another build": lambda shop: shop.reindex(),
    "works": lambda shop: shop.group(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_made_anew_after(shop: Shop, change: str) -> None:
    written = shop.written
    CHANGES[change](shop)
    shop.ask()
    assert shop.written > written


def test_another_tenants_change_is_none(shop: Shop) -> None:
    shop.ask()
    written = shop.written
    shop.put("a", tenant=OTHER)
    shop.tell("click", "a", "a", tenant=OTHER)
    shop.ask()
    assert shop.written == written


def test_what_expires_is_gone_at_once(shop: Shop) -> None:
    until = datetime.now(UTC) + timedelta(seconds=1)
    shop.put("new", title="Dune again", expires_at=until.isoformat())
    first = shop.ask()
    assert b"Dune again" in first
    assert shop.ask() == first
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 0.01)
    assert b"Dune again" not in shop.ask()


def test_clicks_fade_and_ages_grow_by_the_minute(shop: Shop) -> None:
    shop.tell("click", "a", "b")
    for options in (PLAIN, Options(fresh=1.0)):
        shop.ask(options=options)
        written = shop.written
        shop.ask(options=options)
        assert shop.written == written
        shop.minute += timedelta(minutes=1)
        shop.ask(options=options)
        assert shop.written > written


def test_an_item_that_is_gone_is_an_error(shop: Shop) -> None:
    shop.remove("a")
    with pytest.raises(ItemNotFoundError):
        shop.ask()


def test_about_so_many_bytes_are_kept() -> None:
    answers = Answers(capacity=1_000_000)
    sign = Sign(view=object(), catalogue=(1,), ranker=None, ties={}, minute=None)
    asked = [Asked(str(n), PLAIN) for n in range(1_000)]
    for question in asked:
        answers.keep(T, question, sign, b"." * 8_500)
    kept = [question for question in asked if answers.get(T, question, sign)]
    assert kept == asked[-100:]


def test_the_names_in_a_question_count() -> None:
    answers = Answers(capacity=90_000)
    sign = Sign(view=object(), catalogue=(1,), ranker=None, ties={}, minute=None)
    exclude = frozenset(f"{n}-" + "x" * 200 for n in range(100))
    question = Asked("a", Options(filters=Filters(exclude=exclude)))
    answers.keep(T, question, sign, b".")
    assert answers.get(T, question, sign) is None


ids, tenants = st.sampled_from("abcdef"), st.sampled_from((T, OTHER))


class Machine(RuleBasedStateMachine):
    """Whatever happens, what is answered is what is answered by a linker that keeps nothing."""

    folder: Path
    """Each run has a shop of its own in here."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(self.folder / uuid.uuid4().hex)
        self.patch = mock.patch(
            "linkage.related.freshness.minute", side_effect=lambda: self.shop.minute
        )
        self.patch.start()
        for tenant in (T, OTHER):
            self.shop.fill(tenant)

    def teardown(self) -> None:
        self.patch.stop()
        self.shop.database.close()

    @rule(
        id_=ids,
        tenant=tenants,
        fields=st.fixed_dictionaries(
            {"title": st.sampled_from(TITLES)},
            optional={
                "kind": st.sampled_from(("book", "film")),
                "creators": st.sampled_from((MAKERS[:1], MAKERS[1:], MAKERS)),
                "hidden": st.just(True),
                "popularity": st.just(1.0),
                "published_at": st.just("2025-12-31"),
                "attributes": st.just({"format": "paper"}),
            },
        ),
    )
    def put(self, id_: str, tenant: str, fields: dict[str, Any]) -> None:
        self.shop.put(id_, tenant, **fields)

    @rule(id_=ids, tenant=tenants)
    def remove(self, id_: str, tenant: str) -> None:
        self.shop.remove(id_, tenant)

    @rule(id_=ids, tenant=tenants)
    def expire(self, id_: str, tenant: str) -> None:
        until = datetime.now(UTC) + timedelta(seconds=0.2)
        self.shop.put(id_, tenant, expires_at=until.isoformat())
        for asked in "ab":
            for options in ASKED:
                self._answer(self.shop.ask, asked, options, tenant)
        time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))

    @rule(action=st.sampled_from(("click", "dismissal")), source=ids, other=ids, tenant=tenants)
    def tell(self, action: str, source: str, other: str, tenant: str) -> None:
        self.shop.tell(action, source, other, tenant)

    @rule(weight=st.sampled_from((-3.0, 3.0)), tenant=tenants)
    def rank(self, weight: float, tenant: str) -> None:
        self.shop.use_ranker(weight, tenant)

    @rule(tenant=tenants)
    def rank_as_shipped(self, tenant: str) -> None:
        self.shop.rankers.use(tenant, SHIPPED)

    @rule(change=st.sampled_from((Shop.reindex, Shop.compact, Shop.roll_back)), tenant=tenants)
    def index(self, change: Callable[..., None], tenant: str) -> None:
        change(self.shop, tenant)

    @rule(tenant=tenants)
    def group(self, tenant: str) -> None:
        self.shop.group(tenant)

    @rule()
    def wait(self) -> None:
        self.shop.minute += timedelta(minutes=1)

    @invariant()
    def it_answers_as_anew(self) -> None:
        for tenant in (T, OTHER):
            for asked in "ab":
                for options in ASKED:
                    again = self._answer(self.shop.ask, asked, options, tenant)
                    assert again == self._answer(self.shop.ask_anew, asked, options, tenant)

    def _answer(self, ask: Callable[..., bytes], *asked: Any) -> Any:
        try:
            answer = orjson.loads(ask(*asked))
        except ItemNotFoundError:
            return None
        if answer["next_cursor"]:
            number, _began, *rest = decode(answer["next_cursor"])
            answer["next_cursor"] = [number, *rest]
        return answer


def test_it_is_what_would_be_made_anew(tmp_path: Path) -> None:
    Machine.folder = tmp_path
    run_state_machine_as_test(Machine, settings=settings(max_examples=10, stateful_step_count=10))
