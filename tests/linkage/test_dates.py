from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import dates


@pytest.mark.parametrize(("written", "moment"), [
    ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
    ("2026-11-24T12:00", datetime(2026, 11, 24, 12, tzinfo=UTC)),
    ("2026-11-24T12:00+02:00", datetime(2026, 11, 24, 10, tzinfo=UTC)),
])  # fmt: skip
def test_a_moment_is_brought_to_utc(written: str, moment: datetime) -> None:
    assert dates.instant(written) == moment


@pytest.mark.parametrize("written", ["0001-01-01T00:00+10:00", "9999-12-31T23:00-10:00"])
def test_a_moment_beyond_the_calendar_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="in no year from 1 to 9999"):
        dates.instant(written)


@given(st.text() | st.datetimes(timezones=st.timezones()).map(datetime.isoformat))
def test_what_is_no_date_raises_nothing_but_a_value_error(written: str) -> None:
    for read in (dates.iso, dates.instant):
        try:
            read(written)
        except ValueError:
            continue


MOMENTS = ["2024-05-31T10:00:00+02:00", "2023-12-31T23:30:00-05:00", "2024-05-31T10:00:00Z",
           "2024-05-31T10:00:00.500Z", "2024-06-01T00:30:00+09:00"]  # fmt: skip


@pytest.mark.parametrize(
    ("bound", "after"),
    [
        ("2024-05-31T10:00:00Z", MOMENTS[2:]),
        ("2024-05-31T12:00:00+02:00", MOMENTS[2:]),
        ("2024-05-31T10:00", MOMENTS[2:]),
        ("2024-05-31T16:00:00Z", []),
        ("2024-01-01T00:00:00Z", MOMENTS),
        ("2024-06", MOMENTS[4:]),
    ],
)
def test_moments_are_compared_whatever_their_zones(bound: str, after: list[str]) -> None:
    assert [moment for moment in MOMENTS if dates.is_after(moment, bound)] == after


@pytest.mark.parametrize(
    ("day", "is_after"), [("2024-05-31", False), ("2024-06-01", True), ("2024-06", True)]
)
def test_a_day_is_held_against_the_day_of_a_moment_in_utc(day: str, is_after: bool) -> None:  # noqa: FBT001
    assert dates.is_after(day, "2024-05-31T23:00:00-05:00") is is_after


ZONED = st.datetimes(timezones=st.timezones()).map(datetime.isoformat)


@given(ZONED, ZONED)
def test_nothing_after_a_bound_is_written_before_the_earliest(written: str, bound: str) -> None:
    if dates.is_after(written, bound):
        assert written[:10] >= (dates.earliest(bound) or "")[:10]
