from pathlib import Path

import pytest

from linkage.errors import RankerError
from linkage.related import ranker
from linkage.related.ranker import Ranker

KNOWN = ("creator", "series")


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    made = Ranker(weights={"creator": 2.0}, intercept=-1.0, slope=1.1, offset=0.2)
    made.save(tmp_path / "ranker.json")
    assert ranker.load(tmp_path / "ranker.json", KNOWN) == made


def test_probability_is_the_logistic_of_the_weighed_features() -> None:
    made = Ranker(weights={"creator": 2.0}, intercept=-1.0)
    assert made.probability({"creator": 0.5, "unknown": 9.0}) == pytest.approx(0.5)
    assert 0 < made.probability({"creator": -1e9}) < made.probability({"creator": 1e9}) < 1


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 9, "weights": {}, "intercept": 0}', "another format"),
        ('{"format": 1, "weights": {"creator": "x"}, "intercept": 0}', "no number"),
        ('{"format": 1, "weights": {"mood": 1}, "intercept": 0}', "lacks: mood"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, written: str, reason: str) -> None:
    path = tmp_path / "ranker.json"
    path.write_text(written)
    with pytest.raises(RankerError, match=reason):
        ranker.load(path, KNOWN)
