"""What the patterns of fields let pass is what the domain reads."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from api.schemas.fields import DATE, Moment
from linkage import dates


@given(st.from_regex(DATE, fullmatch=True))
def test_every_date_that_the_document_allows_is_read(text: str) -> None:
    dates.iso(text)


@given(st.dates().map(str) | st.datetimes(timezones=st.none() | st.timezones()).map(
    lambda moment: re.sub(r"([+-]..:..):.*$", r"\1", moment.isoformat())
))  # fmt: skip
def test_every_date_is_allowed(text: str) -> None:
    assert re.fullmatch(DATE, text)


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2023-02-29", "1900-02-29", "2024-13", "0000-01-01", "2024-01-01T25:00",
             "2024-01-01T.-:9712", "-0750-03"],
)  # fmt: skip
def test_what_is_no_date_is_not_allowed(text: str) -> None:
    assert not re.fullmatch(DATE, text)


@pytest.mark.parametrize(
    "text", ["1961", "-0750", "2024-05", "2024-02-29", "2000-02-29", "2024-05-31T10:00Z",
             "2024-05-31T10:00:00.5+02:00", "2024-05-31T10"],
)  # fmt: skip
def test_dates_of_every_precision_are_allowed(text: str) -> None:
    assert re.fullmatch(DATE, text)
    dates.iso(text)


@pytest.mark.parametrize(
    "text", ["20301231", "2030-12-31", "2030-12-31T00:00", "2030-12-31t00:00:00z",
             "2030-12-31T02:00+02:00", "2030-12-31T00:00:00.0000000001Z"],
)  # fmt: skip
def test_a_moment_is_read_as_iso_8601(text: str) -> None:
    moment = TypeAdapter(Moment).validate_python(text)
    assert dates.instant(moment) == datetime(2030, 12, 31, tzinfo=UTC)
