from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import cursor
from linkage.cursor import Place
from linkage.errors import InvalidCursorError

NOW = datetime(2026, 1, 15, tzinfo=UTC)
KEYS = st.lists(st.integers(0, 2**63 - 1), max_size=200).map(tuple)


@given(KEYS, KEYS)
def test_a_place_is_read_as_it_was_written(served: tuple[int, ...], ahead: tuple[int, ...]) -> None:
    place = Place(NOW, served, ahead)
    assert Place.read(place.written(7), 7) == place


def test_a_cursor_holds_for_its_own_question() -> None:
    with pytest.raises(InvalidCursorError):
        Place.read(Place(NOW).written(7), 8)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [7, 1.0, [1]],
        [7, 1.0, [1], ["2"]],
        [7, 1.0, [-1], []],
        [7, 1.0, [True], []],
        [7, 1e300, [], []],
        [7, 1.0, list(range(501)), []],
        [7, 1.0, [2**63], []],
    ],
)
def test_what_is_no_place_is_refused(value: list[object]) -> None:
    with pytest.raises(InvalidCursorError):
        Place.read(cursor.encode(value), 7)


@given(st.text(max_size=200))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        Place.read(text, 7)


def test_the_longest_place_fits_a_url() -> None:
    place = Place(NOW, tuple(range(10**6, 10**6 + 500)), tuple(range(2 * 10**6, 2 * 10**6 + 200)))
    assert len(place.written(7)) < 4_000
