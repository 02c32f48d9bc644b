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
