"""Freshness: how much an item has aged, by the half-life of its kind.

The decay is exponential, as the `exp` decay of search engines: after one half-life an item counts
half, after two a quarter.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from linkage import dates
from linkage.types import Item

HALF_LIVES: Mapping[str, float] = {
    "post": 7,
    "article": 7,
    "page": 30,
    "podcast": 30,
    "video": 30,
    "review": 180,
    "product": 365,
    "game": 2 * 365,
    "music": 3 * 365,
    "series": 3 * 365,
    "film": 5 * 365,
    "book": 10 * 365,
}
"""Days after which an item of a kind is half as fresh."""
OTHER_KINDS = 365.0
UNDATED = 0.5
"""What is not dated counts as one half-life old."""
_DAYS_A_YEAR = 365.25


def minute() -> datetime:
    """Return the present by the minute; ages are not told apart by less."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def decay(item: Item, now: datetime, half_lives: Mapping[str, float] = HALF_LIVES) -> float:
    """Return the freshness of an item, 1 for what is new (or yet to come) down to 0."""
    days = _age(item.published_at, now)
    if days is None:
        return UNDATED
    half_life = half_lives.get(item.kind, OTHER_KINDS)
    return float(0.5 ** (max(days, 0.0) / half_life))


def weigh(relevance: float, freshness: float, fresh: float) -> float:
    """Return a relevance in which freshness counts by `fresh` 0..1; at 0 it does not."""
    return relevance * (1 - fresh + fresh * freshness)


def _age(published_at: str | None, now: datetime) -> float | None:
    """Return the days since an ISO 8601 year, month, day or moment began."""
    if published_at is None or (year := dates.year(published_at)) is None:
        return None
    if year < 1:
        return (now.year - year) * _DAYS_A_YEAR
    try:
        began = datetime.fromisoformat(_whole(published_at))
    except ValueError:
        began = datetime.combine(date(year, 1, 1), datetime.min.time())
    moment = began.replace(tzinfo=UTC) if began.tzinfo is None else began
    return (now - moment).total_seconds() / 86_400


def _whole(published_at: str) -> str:
    """Return the date with the month and day it lacks."""
    missing = {4: "-01-01", 7: "-01"}
    return published_at + missing.get(len(published_at), "")
