import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.related import diversity


def unit(*rows: list[float]) -> NDArray[np.float32]:
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


TWINS_AND_ANOTHER = unit([1, 0], [1, 0.01], [0, 1])


def test_without_diversity_the_scores_decide() -> None:
    assert diversity.reorder([0.9, 0.8, 0.5], TWINS_AND_ANOTHER, 0.0) == [0, 1, 2]


def test_a_twin_of_the_first_gives_way_to_another() -> None:
    assert diversity.reorder([0.9, 0.8, 0.5], TWINS_AND_ANOTHER, 0.5) == [0, 2, 1]


def test_what_was_listed_before_counts_too() -> None:
    shown = unit([1, 0])
    assert diversity.reorder([0.9, 0.8, 0.5], TWINS_AND_ANOTHER, 0.5, shown)[0] == 2


def test_what_has_no_vector_is_like_nothing() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 0]], dtype=np.float32)
    assert diversity.reorder([0.9, 0.8, 0.5], vectors, 0.7) == [0, 2, 1]


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_every_one_is_listed_once(scores: list[float], weight: float, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(len(scores), 4)).astype(np.float32)
    order = diversity.reorder(scores, vectors, weight)
    assert sorted(order) == list(range(len(scores)))


def test_nothing_has_no_order() -> None:
    assert diversity.reorder([], np.empty((0, 4), dtype=np.float32), 0.5) == []


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_equal_ones_keep_their_order(weight: float) -> None:
    same = unit([1, 0], [1, 0], [1, 0])
    assert diversity.reorder([0.5, 0.5, 0.5], same, weight) == [0, 1, 2]
