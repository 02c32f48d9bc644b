import sys

import pytest

from linkage.errors import ToolMissingError
from linkage.learn.evaluate_links import Answer, evaluate_links

GOLD = {"a": {"x": "about", "y": None}, "b": {"z": "series"}, "c": {"w": None}}


def test_measures_are_those_of_the_order_that_was_served() -> None:
    given = {
        "a": [Answer("q", 0.5, "similar"), Answer("x", 0.5, "about")],
        "b": [Answer("z", 1.0, "same_creator")],
    }
    report = evaluate_links(GOLD, given)
    assert (report.questions, report.links) == (3, 4)
    found = {name: figure.value for name, figure in report.figures.items()}
    assert found["recall@10"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert found["MRR@10"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert found["relation right"] == pytest.approx(1 / 2)
    assert 0 < found["nDCG@10"] < found["recall@10"] + 0.1


def test_only_the_first_k_count() -> None:
    given = {"b": [Answer("q", 0.9), Answer("z", 0.8)]}
    assert evaluate_links({"b": {"z": None}}, given, k=1).figures["recall@1"].value == 0


def test_calibration_error_is_how_far_scores_are_from_the_share_that_is_right() -> None:
    gold = {str(n): {"x": None} for n in range(10)}
    given = {str(n): [Answer("x" if n < 8 else "q", 0.8)] for n in range(10)}
    assert evaluate_links(gold, given).figures["calibration error"].value == pytest.approx(0)
    sure = {name: [Answer(a.target, 1.0) for a in links] for name, links in given.items()}
    assert evaluate_links(gold, sure).figures["calibration error"].value == pytest.approx(0.2)


def test_intervals_hold_the_value_and_narrow_with_more_questions() -> None:
    def width(questions: int) -> float:
        gold = {str(n): {"x": None} for n in range(questions)}
        given = {str(n): [Answer("x" if n % 2 else "q", 0.5)] for n in range(questions)}
        figure = evaluate_links(gold, given).figures["recall@10"]
        assert figure.low <= figure.value <= figure.high
        return figure.high - figure.low

    assert width(400) < width(20)


def test_a_missing_library_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(ToolMissingError, match="pip install"):
        evaluate_links(GOLD, {})
