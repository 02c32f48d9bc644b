"""People click, a ranker is trained, links get better: nothing is simulated but the people."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import ndcg_score
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from linkage import feedback, rank, store
from linkage.errors import TrainingError
from linkage.feedback import Event
from linkage.imports import Transaction
from linkage.learn import clicks, trial
from linkage.learn.ranker import Row, fit
from linkage.linker import Ask, Linker
from linkage.related.ranker import Ranker
from linkage.related.rankers import Card, Rankers, new_version
from linkage.types import Filters, Item

T = "t1"
MakeItem = Callable[..., Item]
TASTES = ("whales", "deserts", "castles", "robots", "gardens", "trains")
AUTHORS, UNSHOWN = 12, 4
SHOWN, VISITS = 14, 25


@pytest.fixture
def shelf(add: Callable[..., None], make_item: MakeItem, reindex: Callable[..., object]) -> None:
    """Books of twelve authors, each on all subjects."""
    add(*(
        make_item(
            f"{subject}-{author}", f"Volume {author * 10 + number}", creators=[f"Writer {author}"],
            subjects=[subject], text=f"All about {subject}.",
        )
        for author in range(AUTHORS)
        for number, subject in enumerate(TASTES)
    ))  # fmt: skip
    reindex()


@pytest.fixture
def rankers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rankers:
    monkeypatch.setattr("linkage.related.rankers.FRESH_SECONDS", 0.0)
    return Rankers(tmp_path / "rankers")


@pytest.fixture
def linker(linker: Linker, rankers: Rankers) -> Linker:
    linker._rankers = rankers  # noqa: SLF001 - as the runtime gives them
    return linker


def relevance(source: str, target: str) -> float:
    """Readers stay with the author; fewer stay with the subject, which the shop puts on top."""
    subject, author = source.rsplit("-", 1)
    return 0.8 if target.endswith(f"-{author}") else 0.25 if target.startswith(subject) else 0.02


def books(authors: range) -> list[str]:
    return [f"{subject}-{author}" for author in authors for subject in TASTES]


SHOP = books(range(UNSHOWN, AUTHORS))
"""What people see. The books of the other authors are kept to measure by."""
OTHERS = books(range(UNSHOWN))


class Readers:
    """They look at position k once in k times, and click what they look at and find relevant.

    The shop shows neighbours in either order by turns, which tells what a position is worth.
    """

    def __init__(self, linker: Linker, engine: Engine, transaction: Transaction) -> None:
        self.linker, self.engine, self.transaction = linker, engine, transaction
        self.rng = np.random.default_rng(7)
        self.events = 0

    def visit(self) -> None:
        for source in SHOP:
            with Session(self.engine) as session:
                filters = Filters(exclude=frozenset(OTHERS))
                page = self.linker.related(session, T, source, filters=filters, limit=SHOWN)
            shown = [link.target.id for link in page.links]
            events = [event for _ in range(VISITS) for event in self._read(source, shown)]
            with self.transaction() as session:
                feedback.record(session, T, events)

    def _read(self, source: str, shown: list[str]) -> Iterator[Event]:
        order, first = list(shown), int(self.rng.integers(2))
        for at in range(first, len(order) - 1, 2):
            if self.rng.random() < 0.5:
                order[at], order[at + 1] = order[at + 1], order[at]
        for position, target in enumerate(order, start=1):
            yield self._event("impression", source, target, position)
            if self.rng.random() < relevance(source, target) / position:
                yield self._event("click", source, target, position)

    def _event(self, action: str, source: str, target: str, position: int) -> Event:
        self.events += 1
        return Event(id=str(self.events), action=action, source=source, target=target,  # type: ignore[arg-type]
                     position=position)  # fmt: skip


@pytest.fixture
def readers(shelf: None, linker: Linker, engine: Engine, transaction: Transaction) -> Readers:
    del shelf
    return Readers(linker, engine, transaction)


def goodness(linker: Linker, engine: Engine, ranker: Ranker | None = None) -> float:
    """nDCG@10 of books that nobody was shown, against what readers really want."""
    gains = []
    with Session(engine) as session:
        for source in OTHERS:
            found = linker.features(session, T, Ask(source))
            scores = [(ranker or rank.shipped()).probability(features) for _, features in found]
            truth = [relevance(source, item.id) for item, _ in found]
            gains.append(ndcg_score([truth], [scores], k=10))
    return float(np.mean(gains))


def test_links_get_better_with_every_round_of_clicks(
    readers: Readers, linker: Linker, engine: Engine, rankers: Rankers
) -> None:
    good = [goodness(linker, engine)]
    for _ in range(2):
        readers.visit()
        with Session(engine) as session:
            held = trial.hold(trial.rows_of_clicks(session, T, linker), rankers.in_use(T))
        if held.is_worse:
            continue
        card = Card(version=new_version(), made_from="clicks", questions=held.questions,
                    links=held.links, before=held.before, after=held.after)  # fmt: skip
        rankers.keep(T, held.ranker, card)
        rankers.use(T, card.version)
        good.append(goodness(linker, engine, held.ranker))
    assert rankers.cards(T)
    assert good[0] < 0.5
    assert good[1] > 0.85
    assert good[-1] > good[1] - 0.02


def test_clicks_weighed_by_position_teach_more_than_clicks_as_they_are(
    readers: Readers, linker: Linker, engine: Engine
) -> None:
    readers.visit()
    with Session(engine) as session:
        weighed = trial.rows_of_clicks(session, T, linker)
        as_they_are = list(_as_they_are(session, linker))
    prior = rank.shipped().weights
    of_weighed = goodness(linker, engine, fit(weighed, prior=prior))
    of_bare = goodness(linker, engine, fit(as_they_are, prior=prior))
    assert of_weighed > of_bare + 0.3


def _as_they_are(session: Session, linker: Linker) -> Iterator[Row]:
    """The same links with the bare rate of clicks."""
    counts = list(feedback.counts(session, T))
    rates = clicks.judgments(counts, {count.position: 1.0 for count in counts})
    items = store.by_keys(session, T, {key for pair in rates for key in pair})
    for (source, target), rate in rates.items():
        asked, shown = items[source].id, items[target].id
        [(_, features)] = linker.features(session, T, Ask(asked), among=[shown])
        yield Row(features=features, label=rate.relevance, group=asked, weight=rate.looks)


def test_a_ranker_learns_from_gold_links(shelf: None, linker: Linker, engine: Engine) -> None:
    del shelf
    gold = {
        f"{subject}-{author}": {f"{other}-{author}": None for other in TASTES if other != subject}
        for author in range(UNSHOWN, AUTHORS) for subject in TASTES
    }  # fmt: skip
    with Session(engine) as session:
        held = trial.hold(trial.rows_of_gold(session, T, linker, gold | {"absent": {"x": None}}))
    assert not held.is_worse
    assert held.questions == len(SHOP)
    assert held.after["log loss"] < held.before["log loss"]
    assert goodness(linker, engine, held.ranker) > 0.85


@pytest.mark.parametrize("is_misled", [False, True])
def test_a_ranker_that_orders_held_out_answers_worse_is_told_to(*, is_misled: bool) -> None:
    """Creators speak for links; a misled ranker has seen only questions where series do."""

    def row(number: int, *, is_right: bool) -> Row:
        is_odd = is_misled and zlib.crc32(str(number).encode()) % trial.HELD_OUT != 0
        name = "creator" if is_right != is_odd else "series"
        return Row(features={name: 1.0}, label=float(is_right), group=str(number), weight=20.0)

    rows = [row(number, is_right=right) for number in range(60) for right in (True, False)]
    in_use = Ranker(weights={"creator": 2.0}, intercept=-1.0)
    assert trial.hold(rows, in_use).is_worse == is_misled


def test_too_few_questions_are_an_error() -> None:
    with pytest.raises(TrainingError):
        trial.hold([Row(features={"creator": 1.0}, label=1.0, group="one")])
    with pytest.raises(TrainingError):
        trial.hold([])
