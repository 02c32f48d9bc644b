"""Answers: pages as they are sent, kept while nothing that they depend on has changed.

A page is filed under its question and a sign of all else it was made from. What changes any of that
changes the sign, so nobody has to tell what is kept of a change. What expires is told by the clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from linkage.catalogue import Version
from linkage.feedback import Tie
from linkage.related.ranker import Ranker
from linkage.related.sketches import Recent
from linkage.types import Filters, Options

ANSWERS = 64_000_000
"""Bytes of pages to keep, about."""
_OVERHEAD, _NAME, _TIE = 1_500, 150, 300
"""Bytes that a page takes beside its own, and each name in its filters and each tie."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a tenant's catalogue."""

    item_id: str
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What an answer depends on beside its question."""

    view: object
    """The mark of the view."""
    catalogue: Version
    ranker: Ranker | None
    ties: Mapping[int, Tie]
    minute: datetime | None
    """The time, where freshness counts."""


@dataclass(frozen=True, slots=True)
class _Kept:
    page: bytes
    until: datetime | None
    size: int


class Answers:
    """The pages that were asked for last, of all tenants. Safe for many threads."""

    def __init__(self, capacity: int = ANSWERS) -> None:
        self._recent = Recent[_Kept](capacity, lambda kept: kept.size)

    def get(self, tenant_id: str, asked: Asked, sign: Sign) -> bytes | None:
        """Return the page that would be made again; None if it is not kept."""
        kept = self._recent.get((tenant_id, asked, sign))
        if kept is None or (kept.until and kept.until <= datetime.now(UTC)):
            return None
        return kept.page

    def keep(
        self,
        tenant_id: str,
        asked: Asked,
        sign: Sign,
        page: bytes,
        *,
        expiries: Iterable[datetime] = (),
    ) -> None:
        """Keep a page, until the first of some moments."""
        taken = _OVERHEAD + _size(asked.options.filters) + _TIE * len(sign.ties)
        kept = _Kept(page, min(expiries, default=None), len(page) + taken)
        self._recent.keep((tenant_id, asked, sign), kept)


def _size(filters: Filters) -> int:
    """Return about how many bytes the names in filters take."""
    pairs = (name for pair in filters.attributes for name in pair)
    names = (*filters.kinds, *filters.languages, *filters.sources, *filters.exclude, *pairs)
    return sum(_NAME + 4 * len(name) for name in names)
