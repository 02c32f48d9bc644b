from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import candidates, rank
from linkage.candidates import Shelf
from linkage.items import item_from_record
from linkage.lexical import LexiconWriter
from linkage.related.signals import Comparison
from linkage.related.sketch import Sketch
from linkage.types import Item

MakeItem = Callable[..., Item]

WORDS = ["dune", "desert", "frank", "herbert", "novel", "it", "rain", "Ende", "Älter", "砂の惑星"]
phrases = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
names = st.lists(phrases.filter(bool), max_size=3)
items = st.builds(
    lambda **record: item_from_record({"id": "x", **record}),
    kind=st.sampled_from(["book", "film", "article"]),
    title=phrases.filter(bool),
    creators=names,
    subjects=names,
    text=phrases,
    published_at=st.sampled_from(["1965", "1984", "2021", None]),
    language=st.sampled_from(["en", "en-GB", "de", None]),
    identifiers=st.dictionaries(st.just("wikidata"), st.sampled_from(["Q1", "Q2"])),
)


def compared(source: Item, targets: list[Item]) -> dict[str, np.ndarray]:
    """Return what a ranker weighs of each pair, in a catalogue of those items and some rain."""
    words = LexiconWriter()
    rain = [item_from_record({"id": "r", "kind": "page", "title": "rain", "text": "it rains"})]
    words.add(dict(enumerate((source, *targets, *rain * 30))))
    shelf = Shelf(vectors=None, lexicon=words.publish())
    asked = candidates.question(source, np.zeros(2, dtype=np.float32), [shelf])
    similarity = np.linspace(-1.0, 1.0, len(targets))
    found = Comparison(Sketch(source), source, asked).signals(
        [Sketch(target) for target in targets], similarity
    )
    return {name: np.asarray(column, float) for name, column in rank.features(found).items()}


@given(items, st.lists(items, min_size=1, max_size=6))
def test_features_are_shares(source: Item, targets: list[Item]) -> None:
    for name, column in compared(source, targets).items():
        assert column.shape == (len(targets),), name
        assert np.all((column >= -1e-9) & (column <= 1 + 1e-9)), name


@given(items, items, st.lists(items, max_size=4))
def test_a_pair_is_compared_the_same_among_others(
    source: Item, target: Item, others: list[Item]
) -> None:
    words = LexiconWriter()
    words.add(dict(enumerate((source, target, *others))))
    shelf = Shelf(vectors=None, lexicon=words.publish())
    asked = candidates.question(source, np.zeros(2, dtype=np.float32), [shelf])
    comparison = Comparison(Sketch(source), source, asked)
    alone = comparison.signals([Sketch(target)], np.array([0.5]))
    among = comparison.signals(
        [*map(Sketch, others), Sketch(target)], np.array([0.1] * len(others) + [0.5])
    )
    one, last = rank.features(alone), rank.features(among)
    for name in rank.FEATURES:
        assert float(one[name][0]) == pytest.approx(float(last[name][-1]), abs=1e-9), name


@given(items, items)
def test_evidence_counts_the_same_from_both_sides(one: Item, other: Item) -> None:
    there, back = compared(one, [other]), compared(other, [one])
    for name in set(rank.FEATURES) - {"overlap"}:
        assert there[name][0] == pytest.approx(back[name][0], abs=1e-9), name


def test_an_item_is_all_that_it_has(make_item: MakeItem) -> None:
    dune = make_item("d", "Dune", creators=["Frank Herbert"], text="A desert.", subjects=["Sand"])
    found = compared(dune, [dune])
    for name in ("same_work", "same_title", "alike_title", "told", "overlap", "creator_of_kind"):
        assert found[name][0] == pytest.approx(1.0), name
