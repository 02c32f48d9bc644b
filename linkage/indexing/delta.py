"""Delta: what changed since the live segment was built, held in memory.

Every process keeps its own and catches up from the database: items newer than the segment take
the place of their older selves in it, and what was deleted or hidden is dropped when answers are
read from the database. Words are searchable at once, vectors as fast as they can be encoded.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from linkage import readings, store
from linkage.cursor import LAST_KEY
from linkage.embed import Encoder, Vectors, text_to_embed
from linkage.indexing.columns import Columns, ColumnsWriter
from linkage.indexing.vectorlog import Keys
from linkage.lexical import Hit, Lexicon, LexiconWriter
from linkage.types import Filters, Item

CAPACITY = 100_000
"""Items; with their vectors about 200 MB. A new build is due long before."""
PATIENCE = 0.05
"""Seconds that one refresh takes at most, when a request waits for it."""
_READ_AT_ONCE = 1_000
_ENCODED_AT_ONCE = 32
_FIRST_ROWS = 256


class Delta:
    """Items changed after a revision. One thread at a time may refresh; any may search."""

    def __init__(self, revision: int, encoder: Encoder) -> None:
        self._revision = revision
        self._last_key = LAST_KEY
        self._encoder = encoder
        self._keys: set[int] = set()
        self._pending: dict[int, Item] = {}
        self._words = LexiconWriter()
        self.lexicon: Lexicon = self._words.publish()
        self.vectors: GrowingVectors | None = None
        self.is_behind = True
        """Whether there may be changes that were not read yet."""

    @property
    def count(self) -> int:
        """How many items are in the delta."""
        return len(self._keys)

    @property
    def pending(self) -> int:
        """How many of them wait for their vectors."""
        return len(self._pending)

    @property
    def is_full(self) -> bool:
        """Whether later changes wait for the next build."""
        return self.count >= CAPACITY

    def refresh(self, session: Session, tenant_id: str, *, seconds: float = PATIENCE) -> list[int]:
        """Take in what has changed, for about so long; return the keys that are newer here."""
        until = time.monotonic() + seconds
        changed = self._read(session, tenant_id, until)
        if changed:
            self.lexicon = self._words.publish()
        self._encode(session, tenant_id, until)
        return changed

    def _read(self, session: Session, tenant_id: str, until: float) -> list[int]:
        changed: list[int] = []
        self.is_behind = True
        while self.is_behind and not self.is_full:
            more = store.changed_since(
                session, tenant_id, self._revision, after_key=self._last_key, limit=_READ_AT_ONCE
            )
            if more:
                items = {stored.key: stored.item for stored in more}
                self._words.add(items, again=self._keys & items.keys())
                self._pending |= items
                self._keys |= items.keys()
                changed += items
                self._revision, self._last_key = more[-1].revision, more[-1].key
            self.is_behind = len(more) == _READ_AT_ONCE
            if time.monotonic() > until:
                break
        return changed

    def _encode(self, session: Session, tenant_id: str, until: float) -> None:
        while self._pending:
            taken = dict(islice(self._pending.items(), _ENCODED_AT_ONCE))
            taken = readings.worded(session, tenant_id, taken, encoder=self._encoder.name)
            vectors = self._encoder.encode([text_to_embed(item) for item in taken.values()])
            if self.vectors is None:
                self.vectors = GrowingVectors(vectors.shape[1])
            self.vectors.add(taken, vectors)
            self.vectors = self.vectors.compacted()
            for key in taken:
                del self._pending[key]
            if time.monotonic() > until:
                return


@dataclass(frozen=True, slots=True)
class _Rows:
    """Arrays with room at their end."""

    vectors: Vectors
    codes: NDArray[np.int32]
    keys: Keys
    alive: NDArray[np.bool_]

    def at(self, places: NDArray[np.intp]) -> "_Rows":
        """Return some of the rows, without room for more."""
        return _Rows(
            self.vectors[places], self.codes[places], self.keys[places], self.alive[places]
        )

    def grown(self) -> "_Rows":
        """Return twice the room with the same content."""
        return _Rows(
            _doubled(self.vectors), _doubled(self.codes), _doubled(self.keys), _doubled(self.alive)
        )


class GrowingVectors:
    """A VectorStore that is added to. Its few vectors are all compared, by NumPy.

    One thread may add while others search: rows are whole before `count` speaks of them.
    """

    def __init__(self, dimension: int) -> None:
        self._rows = _Rows(
            np.zeros((_FIRST_ROWS, dimension), dtype=np.float32),
            np.zeros((_FIRST_ROWS, 4), dtype=np.int32),
            np.zeros(_FIRST_ROWS, dtype=np.int64),
            np.zeros(_FIRST_ROWS, dtype=np.bool_),
        )
        self._columns = ColumnsWriter()
        self._places: dict[int, int] = {}
        self.count = 0

    def add(self, items: dict[int, Item], vectors: Vectors) -> None:
        """Add items by key with their vectors, in place of older ones of the same keys."""
        while self.count + len(items) > len(self._rows.keys):
            self._rows = self._rows.grown()
        end = self.count + len(items)
        rows, new = self._rows, slice(self.count, end)
        rows.vectors[new], rows.keys[new], rows.alive[new] = vectors, list(items), True
        rows.codes[new] = self._columns.rows(items.values())
        old = [self._places[key] for key in items if key in self._places]
        self._places |= {key: self.count + place for place, key in enumerate(items)}
        self.count = end
        rows.alive[old] = False

    def compacted(self) -> "GrowingVectors":
        """Return itself or, where half are older ones or more, one with the others alone.

        What searches this one meanwhile is not disturbed.
        """
        living = np.flatnonzero(self._rows.alive[: self.count])
        if self.count <= _FIRST_ROWS or not 0 < 2 * len(living) <= self.count:
            return self
        compact = GrowingVectors(self._rows.vectors.shape[1])
        compact._rows, compact._columns = self._rows.at(living), self._columns
        compact._places = {key: place for place, key in enumerate(compact._rows.keys.tolist())}
        compact.count = len(living)
        return compact

    def search(self, vector: Vectors, limit: int, filters: Filters) -> list[Hit]:
        """Return the (key, cosine) nearest to a unit vector that pass, best first."""
        count, rows = self.count, self._rows
        mask = Columns(rows.codes[:count], self._columns.names).mask(filters)
        alive = rows.alive[:count]
        passing = np.flatnonzero(alive if mask is None else mask & alive)
        scores = rows.vectors[:count] @ vector
        best = passing[_largest(scores[passing], limit)]
        return list(zip(rows.keys[best].tolist(), scores[best].tolist(), strict=True))

    def vectors(self, keys: Sequence[int]) -> tuple[Keys, Vectors]:
        """Return those of the keys there are and not buried, and their vectors."""
        rows = self._rows
        places = [self._places[key] for key in keys if key in self._places]
        there = [place for place in places if rows.alive[place]]
        return rows.keys[there], rows.vectors[there]

    def bury(self, keys: Iterable[int]) -> None:
        """Never return these keys again, unless they are added again."""
        self._rows.alive[[self._places[key] for key in keys if key in self._places]] = False


def _largest(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    """Return the places of the largest, best first."""
    if limit < len(scores):
        some = np.argpartition(-scores, limit)[:limit]
        return some[np.argsort(-scores[some], kind="stable")]
    return np.argsort(-scores, kind="stable")


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate((array, np.zeros_like(array)))
