from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from linkage.related import freshness
from linkage.types import Item

MakeItem = Callable[..., Item]
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "published_at", "expected"),
    [
        ("article", "2026-01-15T12:00:00+00:00", 1.0),
        ("article", "2026-01-08T12:00:00+00:00", 0.5),
        ("article", "2026-01-01T12:00:00+00:00", 0.25),
        ("podcast", "2025-12-16T13:00:00+01:00", 0.5),
        ("book", "2016-01-18T12:00", 0.5),
        ("book", "2016", 0.5),
        ("unheard-of", "2025-01", 0.5),
        ("film", "2030", 1.0),
        ("book", None, freshness.UNDATED),
    ],
)
def test_an_item_counts_half_after_the_half_life_of_its_kind(
    make_item: MakeItem, kind: str, published_at: str | None, expected: float
) -> None:
    item = make_item("x", kind=kind, published_at=published_at)
    assert freshness.decay(item, NOW) == pytest.approx(expected, abs=0.02)


def test_the_oldest_book_there_is_has_a_freshness(make_item: MakeItem) -> None:
    assert 0 <= freshness.decay(make_item("iliad", published_at="-0750"), NOW) < 1e-9


def test_half_lives_can_be_set(make_item: MakeItem) -> None:
    book = make_item("x", published_at="2026-01-14T12:00:00Z")
    assert freshness.decay(book, NOW, {"book": 1.0}) == pytest.approx(0.5)


def test_freshness_weighs_as_much_as_is_asked_for() -> None:
    assert freshness.weigh(0.8, 0.5, 0.0) == 0.8
    assert freshness.weigh(0.8, 0.5, 0.5) == pytest.approx(0.6)
    assert freshness.weigh(0.8, 0.5, 1.0) == pytest.approx(0.4)
