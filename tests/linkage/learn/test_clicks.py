from collections.abc import Iterator

import numpy as np
import pytest

from linkage.feedback import Count
from linkage.learn import clicks

LOOKS = {position: 1 / position for position in range(1, 9)}
Pair = tuple[int, int]


@pytest.fixture(scope="module")
def relevance() -> dict[Pair, float]:
    """How relevant eight targets are to each of sixty sources."""
    drawn = np.random.default_rng(5).beta(0.6, 2.0, size=(60, 8))
    return {(source, target): float(drawn[source, target]) for source, target in np.ndindex(60, 8)}


@pytest.fixture(scope="module")
def counts(relevance: dict[Pair, float]) -> list[Count]:
    """What two rankings that differ a little gathered in 400 showings of each."""
    return list(_shown(relevance, np.random.default_rng(6)))


def _shown(relevance: dict[Pair, float], rng: np.random.Generator) -> Iterator[Count]:
    for source in range(60):
        guess = sorted(range(8), key=lambda t: -(relevance[source, t] + rng.normal(0, 0.3)))
        for order in (guess, [guess[1], guess[0], *guess[3:], guess[2]]):
            for position, target in enumerate(order, start=1):
                rate = LOOKS[position] * relevance[source, target]
                yield Count(source, target, position, 400, int(rng.binomial(400, rate)))


def test_how_often_positions_are_looked_at_is_found(counts: list[Count]) -> None:
    found = clicks.propensities(counts)
    assert found == pytest.approx(LOOKS, rel=0.25)
    assert found[1] == 1.0


def test_relevance_is_told_from_clicks_better_than_by_their_rate(
    counts: list[Count], relevance: dict[Pair, float]
) -> None:
    weighed = clicks.judgments(counts, clicks.propensities(counts))
    naive = clicks.judgments(counts, dict.fromkeys(LOOKS, 1.0))
    pairs = sorted(relevance)
    truth = [relevance[pair] for pair in pairs]
    of_weighed = np.corrcoef(truth, [weighed[pair].relevance for pair in pairs])[0, 1]
    of_naive = np.corrcoef(truth, [naive[pair].relevance for pair in pairs])[0, 1]
    assert of_weighed > 0.95
    assert of_weighed > of_naive + 0.1


def test_a_click_far_down_speaks_louder_than_one_on_top() -> None:
    counts = [Count(1, 1, 1, 40, 8), Count(1, 2, 5, 40, 8)]
    found = clicks.judgments(counts, {1: 1.0, 5: 0.25})
    assert found[1, 1].relevance == pytest.approx(0.2)
    assert found[1, 2].relevance == pytest.approx(0.8)
    assert found[1, 1].looks > found[1, 2].looks


def test_clicks_without_their_impressions_are_no_more_than_certain() -> None:
    counts = [Count(1, 1, 1, 0, 5)]
    assert clicks.judgments(counts, {1: 1.0})[1, 1].relevance == 1.0
    assert clicks.propensities(counts) == {1: 1.0}


def test_without_feedback_there_is_nothing_to_tell() -> None:
    assert clicks.propensities([]) == {}
    assert clicks.judgments([], {}) == {}
