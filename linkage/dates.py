"""Dates as catalogues write them, brought to ISO 8601."""

import re
from datetime import UTC, date, datetime

_YEAR = re.compile(r"([+-]?)(\d{1,4})(?:\.0)?")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def iso(value: object) -> str:
    """Return a year, month, day or moment in ISO 8601; ValueError if it is none.

    Years may be numbers, `2008.0` and before our era: -750 becomes `-0750`.
    """
    text = str(value).strip()
    if year := _YEAR.fullmatch(text):
        return f"{'-' if year[1] == '-' else ''}{int(year[2]):04d}"
    if _MONTH.fullmatch(text):
        return text
    return _day_or_moment(text).isoformat()


def instant(value: object) -> datetime:
    """Return a moment in UTC; one without a zone is taken as UTC, a day as its beginning.

    Raises ValueError for what is none, also because it is in no year from 1 to 9999 in UTC.
    """
    moment = value if isinstance(value, datetime) else moment_of(str(value))
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} is in no year from 1 to 9999 in UTC") from None


def moment_of(text: str) -> datetime:
    """Return a moment of the zone that is written, if any; ValueError for what is none."""
    try:
        return datetime.fromisoformat(text.strip().upper())  # Python takes no `z`
    except ValueError:
        message = f"{text[:40]!r} is not an ISO 8601 date or time, as 2024-05-31"
        raise ValueError(message) from None


def year(iso_date: str | None) -> int | None:
    """Return the year of what `iso` returned."""
    found = re.match(r"-?\d{4}", iso_date or "")
    return int(found[0]) if found else None


def _day_or_moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not an ISO 8601 year, date or time") from None


def is_after(iso_date: str | None, bound: str | None) -> bool:
    """Tell whether a date is not before a bound; without a bound every date is.

    Moments are compared as such, of whatever zone; else what is written, as far as both go, of a
    bound with a time its day in UTC.
    """
    if bound is None:
        return True
    if least := _moment(bound):
        if moment := _moment(iso_date):
            return moment >= least
        bound = least.isoformat()
    years = year(iso_date), year(bound)
    if iso_date is None or years[0] is None or years[1] is None:
        return False
    return years[0] > years[1] or (
        years[0] == years[1] and iso_date[: len(bound)] >= bound[: len(iso_date)]
    )


def earliest(bound: str | None) -> str | None:
    """Return a bound that no date that `is_after` the given one is written before.

    A moment may be written with the day before, in a zone behind UTC.
    """
    if (moment := _moment(bound)) is None:
        return bound
    return date.fromordinal(max(moment.toordinal() - 1, 1)).isoformat()


def _moment(iso_date: str | None) -> datetime | None:
    """Return the moment of a date with a time; None without one, or beyond the calendar."""
    if iso_date is None or "T" not in iso_date:
        return None
    try:
        return instant(iso_date)
    except ValueError:
        return None
