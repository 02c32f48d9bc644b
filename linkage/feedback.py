"""Feedback: what people did with links, counted, and the ties that clicks make.

Events are not kept but counted: by link and position for the ranker, and by link as ties that fade.
A digest of each id is kept for a month, so that an event that is sent again is not counted twice.

Ties fade by forward decay (Cormode, Shkapenyuk, Srivastava and Xu, ICDE 2009): a click weighs
2^(age of the epoch / half-life) when it comes and is never touched again; reading divides by
what a click of now would weigh. So counting is an addition, whatever the order events come in.
"""

import hashlib
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from more_itertools import batched
from sqlalchemy import Select, bindparam, delete, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from linkage import store
from linkage.models import Base, CoClickRow, FeedbackRow, SeenRow
from linkage.related import freshness

Action = Literal["impression", "click", "purchase", "dismissal"]
MAX_POSITION = 10_000
HALF_LIFE_DAYS = 30.0
FRESH_SECONDS = 2.0
"""How soon the first click of a tenant counts; later ones count at once."""
REMEMBERED_DAYS = 30
"""For how long an event sent again is known."""
PURCHASE_WEIGHT = 3.0
"""How many clicks a purchase is worth."""
BACKWARD_WEIGHT = 0.5
"""What a click on B, shown with A, says about A when B is asked about."""
DAMPING = 5.0
"""So many clicks make a tie half as strong as it can be."""
CLICK_WEIGHT = 0.6
"""How sure a link is that only clicks speak for, however many."""
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_OLDEST = timedelta(days=3650)
_CHUNK = 200
_COUNTS = {
    "impression": "impressions", "click": "clicks", "purchase": "purchases",
    "dismissal": "dismissals",
}  # fmt: skip
_TIES = {"click": ("clicked", 1.0), "purchase": ("clicked", PURCHASE_WEIGHT),
         "dismissal": ("dismissed", 1.0)}  # fmt: skip

Pair = tuple[int, int]
"""The keys of a source and a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing a person did with a link. `id` is the caller's and makes sending it again safe.

    `source` and `target` are ids of items, `position` counts from 1, `session` is a pseudonym.
    """

    id: str
    action: Action
    source: str
    target: str
    position: int | None = None
    session: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: `unknown` holds the places of events about items there are not."""

    counted: int
    repeated: int
    unknown: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """What clicks say of a link now: clicks and dismissals, faded, and a strength 0..1."""

    clicks: float
    dismissals: float

    @property
    def strength(self) -> float:
        """How strongly clicks speak for the link; few of them speak softly."""
        return self.clicks / (self.clicks + self.dismissals + DAMPING)

    @property
    def refusal(self) -> float:
        """How strongly dismissals speak against it."""
        return self.dismissals / (self.clicks + self.dismissals + DAMPING)

    def weigh(self, score: float) -> float:
        """Return a score with what clicks add to it and dismissals take away, 0..1.

        Clicks are one more reason beside those of the score (noisy-or): they never lower it.
        """
        raised = 1 - (1 - score) * (1 - CLICK_WEIGHT * self.strength)
        return raised * (1 - self.refusal)


@dataclass(frozen=True, slots=True)
class Count:
    """How often a link was shown at a position and what followed."""

    source: int
    target: int
    position: int
    impressions: int
    clicks: int


def record(
    session: Session, tenant_id: str, events: Sequence[Event], *, now: datetime | None = None
) -> Receipt:
    """Count events. One sent before is not counted again; of a person, one a day makes a tie."""
    now = now or datetime.now(UTC)
    keys = store.keys(session, tenant_id, {id_ for e in events for id_ in (e.source, e.target)})
    known = {e.id: e for e in events if e.source in keys and e.target in keys}
    marked = {_digest(tenant_id, "event", id_): event for id_, event in known.items()}
    counted = [marked[digest] for digest in _unseen(session, now, marked)]
    _count(session, tenant_id, counted, keys)
    _tie(session, tenant_id, counted, keys, now)
    session.execute(delete(SeenRow).where(SeenRow.day < _day(now) - REMEMBERED_DAYS))
    unknown = tuple(at for at, e in enumerate(events) if e.id not in known)
    return Receipt(len(counted), len(events) - len(unknown) - len(counted), unknown)


def ties(
    session: Session, tenant_id: str, key: int, *, limit: int = 50, now: datetime | None = None
) -> dict[int, Tie]:
    """Return what clicks tie to an item, the strongest first."""
    bound = {"tenant_id": tenant_id, "key": key, "limit": limit}
    found: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for target, clicked, dismissed, weight in session.execute(_OF_ITEM, bound):
        found[target][0] += clicked * weight
        found[target][1] += dismissed * weight
    unit = _weight(now or datetime.now(UTC))
    made = {target: Tie(c / unit, d / unit) for target, (c, d) in found.items()}
    return dict(sorted(made.items(), key=lambda pair: (-pair[1].strength, pair[0])))


class Ties:
    """Reads ties; a tenant that has none is asked about now and then, not each time."""

    def __init__(self) -> None:
        self._checked: dict[str, tuple[float, bool]] = {}

    def of(self, session: Session, tenant_id: str, key: int) -> dict[int, Tie]:
        """Return what clicks tie to an item, as `ties` does; they fade by the minute."""
        if not self._has_any(session, tenant_id):
            return {}
        return ties(session, tenant_id, key, now=freshness.minute())

    def _has_any(self, session: Session, tenant_id: str) -> bool:
        checked, has_any = self._checked.get(tenant_id, (-math.inf, False))
        if not has_any and time.monotonic() - checked >= FRESH_SECONDS:
            mine = select(CoClickRow.source_key).where(CoClickRow.tenant_id == tenant_id)
            has_any = session.execute(mine.limit(1)).first() is not None
            self._checked[tenant_id] = (time.monotonic(), has_any)
        return has_any


def counts(session: Session, tenant_id: str) -> Iterator[Count]:
    """Yield all counts of links shown at a known position."""
    query = select(
        FeedbackRow.source_key, FeedbackRow.target_key, FeedbackRow.position,
        FeedbackRow.impressions, FeedbackRow.clicks,
    ).where(FeedbackRow.tenant_id == tenant_id, FeedbackRow.position > 0)  # fmt: skip
    for row in session.execute(query.execution_options(yield_per=10_000)):
        yield Count(*row)


def _count(
    session: Session, tenant_id: str, events: Iterable[Event], keys: Mapping[str, int]
) -> None:
    table: dict[tuple[int, int, int], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(_COUNTS.values(), 0)
    )
    for event in events:
        place = (keys[event.source], keys[event.target], event.position or 0)
        table[place][_COUNTS[event.action]] += 1
    rows = [
        {"tenant_id": tenant_id, "source_key": source, "target_key": target, "position": position}
        | counted
        for (source, target, position), counted in sorted(table.items())
    ]
    _add(session, FeedbackRow, rows, list(_COUNTS.values()))


def _tie(
    session: Session,
    tenant_id: str,
    events: Iterable[Event],
    keys: Mapping[str, int],
    now: datetime,
) -> None:
    """Add what each person's click of a day says; clicking again says nothing new."""
    voices: dict[bytes, Event] = {}
    for event in events:
        if event.action in _TIES:
            who = event.session or f"\0{event.id}"
            parts = (who, event.source, event.target, event.action, str(_day(now)))
            voices.setdefault(_digest(tenant_id, "voice", *parts), event)
    table: dict[Pair, dict[str, float]] = defaultdict(lambda: {"clicked": 0.0, "dismissed": 0.0})
    for digest in _unseen(session, now, voices):
        event = voices[digest]
        column, weight = _TIES[event.action]
        at = min(max(event.at or now, now - _OLDEST), now)
        table[keys[event.source], keys[event.target]][column] += weight * _weight(at)
    rows = [
        {"tenant_id": tenant_id, "source_key": source, "target_key": target} | tie
        for (source, target), tie in sorted(table.items())
    ]
    _add(session, CoClickRow, rows, ["clicked", "dismissed"])


def _unseen(session: Session, now: datetime, digests: Iterable[bytes]) -> set[bytes]:
    """Mark digests as seen; return those that had not been."""
    rows = [{"digest": digest, "day": _day(now)} for digest in sorted(digests)]
    found: set[bytes] = set()
    for chunk in batched(rows, _CHUNK):
        insert = _insert(session, SeenRow, chunk).on_conflict_do_nothing()
        found.update(session.execute(insert.returning(SeenRow.digest)).scalars())
    return found


def _add(
    session: Session,
    model: type[FeedbackRow | CoClickRow],
    rows: list[dict[str, Any]],
    columns: Sequence[str],
) -> None:
    """Add to the columns of the rows there are, and insert the others."""
    table = model.__table__
    for chunk in batched(rows, _CHUNK):
        insert = _insert(session, model, chunk)
        sums = {name: table.c[name] + insert.excluded[name] for name in columns}
        keys = [column.name for column in table.primary_key]
        session.execute(insert.on_conflict_do_update(index_elements=keys, set_=sums))


def _insert(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]]
) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that can tell what to do about rows there are."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return (sqlite.insert if is_sqlite else postgresql.insert)(model).values(rows)


def _ties_of(own: Any, other: Any, weight: float) -> Select[Any]:  # noqa: ANN401 - columns
    query = select(
        other.label("other"), CoClickRow.clicked, CoClickRow.dismissed,
        literal(weight).label("weight"),
    ).where(CoClickRow.tenant_id == bindparam("tenant_id"), own == bindparam("key"))  # fmt: skip
    strongest = query.order_by((CoClickRow.clicked + CoClickRow.dismissed).desc())
    return select(strongest.limit(bindparam("limit")).subquery())


_OF_ITEM = union_all(
    _ties_of(CoClickRow.source_key, CoClickRow.target_key, 1.0),
    _ties_of(CoClickRow.target_key, CoClickRow.source_key, BACKWARD_WEIGHT),
)


def _weight(at: datetime) -> float:
    days = (at - _EPOCH).total_seconds() / 86_400
    return float(2 ** (days / HALF_LIFE_DAYS))


def _day(at: datetime) -> int:
    return at.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _digest(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()
