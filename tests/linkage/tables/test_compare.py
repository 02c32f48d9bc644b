import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.tables.compare import Described, Rarity, Schema, compare, feature_names
from linkage.tables.records import Record

SCHEMA = Schema(head=("title",), fields=("title", "creators", "year", "price"))


def features(left: dict[str, str], right: dict[str, str]) -> dict[str, float]:
    sides = [Described(Record("", values), SCHEMA) for values in (left, right)]
    row = compare(*sides, Rarity.of(sides))
    return dict(zip(feature_names(SCHEMA), row, strict=True))


def test_words_weigh_by_their_rarity() -> None:
    many = [Described(Record("", {"title": title}), SCHEMA) for title in ("the sea", "the moon")]
    rarity = Rarity.of(many)
    assert rarity.word("sea") > rarity.word("the") == 0.0


def test_model_number_is_found_however_it_is_split() -> None:
    found = features({"title": "xerox 108r00645 unit"}, {"title": "imaging unit 108 r00645"})
    assert found["codes.left in"] == len("108r00645")


def test_codes_that_differ_in_their_suffix_are_alike() -> None:
    found = features({"title": "washer wfw9200swh"}, {"title": "washer wfw9200swl"})
    assert found["codes.shared"] == 0
    assert found["codes.prefix"] == pytest.approx(0.9)


def test_numbers_that_differ_are_counted() -> None:
    found = features({"title": "creator 5 deluxe 2007"}, {"title": "creator 6 deluxe 2007"})
    names = ("numbers shared", "numbers left", "numbers right")
    assert [found[name] for name in names] == [1, 1, 1]


def test_initials_agree_with_first_names() -> None:
    found = features({"creators": "J. R. R. Tolkien"}, {"creators": "John Ronald Reuel Tolkien"})
    assert found["creators.initials"] == 1


def test_years_and_prices_are_compared_as_numbers() -> None:
    found = features(
        {"year": "1962-01-01", "price": "$ 1,295.00"}, {"year": "Dec 1965", "price": "1300"}
    )
    assert found["year.years"] == 3
    assert found["price.apart"] == 5


def test_empty_field_says_nothing() -> None:
    found = features({"title": "a", "year": "1962"}, {"title": "a"})
    assert found["year.absent"] == 2
    assert math.isnan(found["year.equal"])


@given(st.text(), st.text())
def test_row_is_complete_and_equal_words_are_equal(one: str, other: str) -> None:
    found = features({"title": one}, {"title": other})
    assert len(found) == len(feature_names(SCHEMA))
    mirrored = features({"title": other}, {"title": one})
    assert found["head.of left"] == pytest.approx(mirrored["head.of right"], nan_ok=True)
