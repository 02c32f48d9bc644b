import numpy as np
import pytest

from linkage.errors import TrainingError
from linkage.learn.ranker import Row, fit, predictions


def rows(questions: int, *, weight: float = 1.0) -> list[Row]:
    """Four answers a question: `named` decides, `noise` does not, `made_before` speaks against."""
    chance = np.random.default_rng(7)
    made = []
    for question in range(questions):
        for _ in range(4):
            named, noise = chance.integers(2), chance.random()
            before = float(chance.random() < 0.2)
            odds = 4.0 * named - 2.0 - 3.0 * before
            label = float(chance.random() < 1 / (1 + np.exp(-odds)))
            features = {"named": float(named), "noise": noise, "made_before": before}
            made.append(Row(features=features, label=label, group=str(question), weight=weight))
    return made


def test_what_decides_weighs_most_and_against_stays_against() -> None:
    ranker = fit(rows(500))
    assert ranker.weights["named"] > 3
    assert abs(ranker.weights["noise"]) < 0.5
    assert ranker.weights["made_before"] < -1


def test_probabilities_of_unseen_questions_are_calibrated() -> None:
    judged = rows(1_000)
    found = np.array(predictions(judged))
    labels = np.array([row.label for row in judged])
    for low in (0.0, 0.5):
        inside = (found >= low) & (found < low + 0.5)
        assert found[inside].mean() == pytest.approx(labels[inside].mean(), abs=0.03)


def test_a_row_of_weight_two_counts_like_two_rows() -> None:
    judged = rows(200)
    doubled, heavy = fit([*judged, *judged]), fit(rows(200, weight=2.0))
    assert doubled.weights == pytest.approx(heavy.weights, abs=1e-3)


def test_evidence_never_speaks_against_a_link() -> None:
    wrong = [
        Row(features={"named": float(n % 2)}, label=float(n % 2 == 0), group=str(n))
        for n in range(50)
    ]
    assert fit(wrong).weights["named"] == 0


@pytest.mark.parametrize("judged", [[], rows(1), [r for r in rows(50) if not r.label]])
def test_too_little_to_learn_from_is_an_error(judged: list[Row]) -> None:
    with pytest.raises(TrainingError, match="many questions"):
        fit(judged)
