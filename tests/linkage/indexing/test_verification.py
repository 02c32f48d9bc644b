"""What may go live and what may not."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from sqlalchemy.orm import Session

from linkage import builds, catalogue
from linkage.builds import Build
from linkage.embed import Encoder, Progress, Vectors, load_encoder
from linkage.imports import Transaction
from linkage.indexing.vectorlog import VectorLog
from linkage.indexing.verification import Figures, Report
from linkage.types import Item

MakeItem = Callable[..., Item]
Add = Callable[..., None]
Reindex = Callable[..., Build]
NEW = Figures(
    build="b", encoder="words", kind="flat", items=5_000, bytes=1, milliseconds=0.1, gold=0.8
)


def report(**facts: object) -> Report:
    live = dataclasses.replace(NEW, build="a", **facts.pop("live", {}))
    return Report(
        **{"new": NEW, "live": live, "recall": 1.0, "agreement": 1.0, "gold_links": 9} | facts
    )


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"recall": 0.9}, "finds 90% of the true neighbours"),
        ({"agreement": 0.4}, "gives 40% of the live build's answers; 50%"),
        ({"agreement": 0.01, "live": {"encoder": "other"}}, "gives 1% of the live"),
        ({"live": {"gold": 0.9}}, "finds 80% of the gold links; the live build finds 90%"),
    ],
)
def test_reasons_against_going_live(facts: dict, reason: str) -> None:
    [only] = report(**facts).reasons()
    assert reason in only


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"agreement": None},
        {"agreement": 0.4, "live": {"encoder": "other"}},
        {"agreement": 0.4, "live": {"items": 300}},
        {"live": {"gold": 0.81}},
        {"live": {"gold": None}},
    ],
)
def test_nothing_speaks_against_what_is_as_good(facts: dict) -> None:
    assert not list(report(**facts).reasons())


def test_the_first_build_has_nothing_to_be_compared_with() -> None:
    first = Report(new=NEW, live=None, recall=1.0, agreement=None, gold_links=0)
    assert not list(first.reasons())


class Scrambled:
    """An encoder whose vectors say nothing: what a broken model folder gives."""

    dimension = 64

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self._chance = np.random.default_rng(7)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        del progress
        vectors = self._chance.normal(size=(len(texts), 64)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def run(transaction: Transaction, data_dir) -> Callable[..., Build]:
    def run(encoder: Encoder, **options: object) -> Build:
        with transaction() as session:
            build_id = builds.start(session, "t1", encoder=encoder.name, **options)
        return builds.run(
            transaction, "t1", build_id, data_dir=data_dir, encoders=lambda _name: encoder
        )

    return run


@pytest.fixture
def thousand(add: Add, make_item: MakeItem) -> None:
    nouns = ("sea", "moon", "king", "dog", "war", "love", "ghost", "train", "garden", "tower")
    add(
        *(
            make_item(str(n), f"The {nouns[n % 10]} {nouns[n // 10 % 10]} {nouns[n // 100]}")
            for n in range(1_000)
        )
    )


@pytest.mark.usefixtures("thousand")
def test_build_of_a_broken_encoder_is_rejected_and_the_live_one_goes_on(
    reindex: Reindex, run: Callable[..., Build], db: Session
) -> None:
    live = reindex()
    build = run(Scrambled())
    assert build.state == "rejected"
    assert build.report
    assert build.report["agreement"] < 0.5
    assert build.error
    assert "of the live build's answers" in build.error
    assert catalogue.state(db, "t1").live_build == live.id


@pytest.mark.usefixtures("thousand")
def test_rebuilt_index_agrees_with_the_live_one(reindex: Reindex) -> None:
    reindex()
    build = reindex("hnsw")
    assert build.state == "live"
    assert build.report
    assert build.report["recall"] > 0.95
    assert build.report["new"]["kind"] == "hnsw"
    assert build.report["live"]["items"] == 1_000


def test_gold_links_are_counted_and_unknown_items_left_out(
    add: Add, make_item: MakeItem, words: Encoder, run: Callable[..., Build]
) -> None:
    add(
        make_item("book", "The Moon Garden", creators=["Ada Poe"]),
        make_item("film", "The Moon Garden", "film", text="From the novel by Ada Poe."),
        *(make_item(str(n), f"Nothing like it {n}", "film") for n in range(30)),
    )
    build = run(words, gold=[("book", "film"), ("book", "nobody"), ("nobody", "film")])
    assert build.report
    assert (build.report["gold_links"], build.report["new"]["gold"]) == (1, 1.0)


def test_build_is_rejected_when_no_gold_link_is_of_this_catalogue(
    add: Add, make_item: MakeItem, words: Encoder, run: Callable[..., Build]
) -> None:
    add(*(make_item(str(n), f"Title {n}") for n in range(30)))
    build = run(words, gold=[("book-1", "book-2"), ("1", "book-3")])
    assert build.state == "rejected"
    assert build.error == "of 2 gold links none is between items of this catalogue"


SYNONYMS = {
    "The king and his crown": "A monarch on the throne",
    "The physician": "Doctors in a hospital",
    "Across the ocean": "A ship at sea",
    "The detective": "A policeman investigates a murder",
    "Love and marriage": "A wedding romance",
}


def test_build_that_loses_gold_links_is_rejected(
    add: Add, make_item: MakeItem, run: Callable[..., Build], db: Session
) -> None:
    gold = []
    for n, (book, film) in enumerate(SYNONYMS.items()):
        add(make_item(f"b{n}", book), make_item(f"f{n}", film, "film"))
        gold.append((f"b{n}", f"f{n}"))
    add(*(make_item(str(n), f"Concrete {n}, gravel {n}", "film") for n in range(300)))
    live = run(load_encoder("weft-static-11"), gold=gold)
    assert live.report
    assert live.report["new"]["gold"] >= 0.8
    build = run(Scrambled("other"), gold=gold)
    assert build.state == "rejected"
    assert build.error
    assert "of the gold links; the live build finds" in build.error
    assert catalogue.state(db, "t1").live_build == live.id


def test_build_that_searches_too_little_is_rejected(
    add: Add, make_item: MakeItem, run: Callable[..., Build], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkage.index._tune", lambda _index: None)  # so one list is searched
    add(*(make_item(str(n), f"Title {n}") for n in range(2_500)))
    build = run(Scrambled(), kind="ivfpq")
    assert build.state == "rejected"
    assert build.error
    assert "of the true neighbours; 95% are needed" in build.error


def test_build_that_lacks_items_is_rejected(
    add: Add, make_item: MakeItem, words: Encoder, run: Callable[..., Build],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    add(*(make_item(str(n), f"Title {n}") for n in range(30)))
    latest = VectorLog.latest
    monkeypatch.setattr(VectorLog, "latest", lambda log: tuple(a[:20] for a in latest(log)))
    build = run(words)
    assert (build.state, build.error) == ("rejected", "holds 20 items; there are 30")
