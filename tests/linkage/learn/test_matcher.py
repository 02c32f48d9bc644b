from pathlib import Path

import numpy as np
import pytest

from linkage.errors import MatcherError, TrainingError
from linkage.learn.card import matcher_card
from linkage.learn.evaluate_matches import calibration_error, evaluate_found, evaluate_pairs
from linkage.learn.matcher import best_threshold, calibrate, train
from linkage.match import Matcher
from linkage.tables.records import Pair, Record

MAKERS = ("nikon", "canon", "sony", "lumix")


def camera(place: int, name: str, price: str) -> Record:
    return Record(str(place), {"name": name, "price": price})


def pairs_of_cameras(count: int, seed: int) -> list[Pair]:
    """A camera of one shop beside itself and beside another model, as a second shop writes them."""
    random = np.random.default_rng(seed)
    made: list[Pair] = []
    for place in range(count):
        maker, model = random.choice(MAKERS), f"p{random.integers(1000, 9999)}"
        left = camera(place, f"{maker} digital camera {model} black", "100.0")
        same = camera(place, f"{maker} {model.upper()} camera, 4x zoom", "104.5")
        other = camera(place, f"{maker} digital camera p{random.integers(100, 999)} black", "100")
        made += [Pair(left, same, True), Pair(left, other, False)]
    return made


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return train(pairs_of_cameras(60, 1))


def test_what_tells_models_apart_is_learned(matcher: Matcher) -> None:
    report = evaluate_pairs(matcher, pairs_of_cameras(40, 2))
    assert report.f1.value > 0.95
    assert report.f1.low <= report.f1.value <= report.f1.high
    assert (report.pairs, report.matches) == (80, 40)


def test_training_is_reproducible(matcher: Matcher) -> None:
    assert train(pairs_of_cameras(60, 1)).trees == matcher.trees


def test_matcher_is_the_same_after_saving_and_loading(matcher: Matcher, tmp_path: Path) -> None:
    matcher.save(tmp_path / "m", matcher_card("m", matcher, Path("train.txt"), None))
    loaded = Matcher.load(tmp_path / "m")
    pairs = pairs_of_cameras(10, 3)
    assert evaluate_pairs(loaded, pairs) == evaluate_pairs(matcher, pairs)
    assert "120 pairs" in (tmp_path / "m" / "README.md").read_text()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 99}'])
def test_folder_that_is_no_matcher_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "matcher.json").write_text(content)
    with pytest.raises(MatcherError, match=str(tmp_path)):
        Matcher.load(tmp_path)


def test_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MatcherError, match="No such file"):
        Matcher.load(tmp_path / "absent")


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(TrainingError, match="there are 5 and 5"):
        train(pairs_of_cameras(5, 1))


def test_calibration_gives_each_score_the_share_of_matches_there() -> None:
    scores = np.repeat([0.2, 0.9], 100)
    labels = np.arange(200) % 100 < np.repeat([10, 70], 100)
    calibration = calibrate(scores, labels, np.ones(200))
    assert calibration(np.array([0.2, 0.9])) == pytest.approx([0.1, 0.7])
    assert calibration_error(calibration(scores), labels) == pytest.approx(0.0, abs=0.1)


def test_threshold_is_where_the_expected_f1_is_highest() -> None:
    assert best_threshold(np.array([0.9, 0.8, 0.1, 0.1]), np.ones(4)) == 0.8
    assert best_threshold(np.array([0.3, 0.3]), np.ones(2)) == 0.3


def test_found_pairs_are_measured_against_all_true_ones() -> None:
    report = evaluate_found({("a", "1"), ("b", "2")}, {("a", "1"), ("c", "3"), ("d", "4")})
    assert (report.precision.value, report.recall.value) == (0.5, pytest.approx(1 / 3))
    assert report.f1.value == pytest.approx(0.4)
    assert report.calibration_error is None
