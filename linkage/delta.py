"""Delta: what changed since the live segment was built, held in memory.

Every process keeps its own and catches up from the database: items newer than the segment take
the place of their older selves in it, and what was deleted or hidden is dropped when answers are
read from the database. Words are searchable at once, vectors as fast as they can be encoded.
"""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from sqlalchemy.orm import Session

from linkage import store
from linkage.embed import Encoder, Vectors, text_to_embed
from linkage.index import ColumnsWriter, VectorIndex
from linkage.lexical import Lexicon, LexiconWriter
from linkage.store import Stored
from linkage.types import Item

CAPACITY = 20_000
ENCODED_AT_ONCE = 32
"""Items one refresh may encode: what a request that happens to refresh will wait for."""
_LAST_KEY = 2**63 - 1
"""All of a segment's own revision is in it, whatever its key."""


class Delta:
    """Items changed after a revision. One thread at a time may refresh; any may search."""

    def __init__(self, revision: int, encoder: Encoder) -> None:
        self._revision = revision
        self._last_key = _LAST_KEY
        self._encoder = encoder
        self._items: dict[int, Item] = {}
        self._pending: dict[int, Item] = {}
        self._encoded: dict[int, Vectors] = {}
        self._words = LexiconWriter()
        self.lexicon: Lexicon = self._words.publish()
        self.vectors: VectorIndex | None = None

    @property
    def count(self) -> int:
        """How many items are in the delta."""
        return len(self._items)

    @property
    def pending(self) -> int:
        """How many of them wait for their vectors."""
        return len(self._pending)

    @property
    def is_full(self) -> bool:
        """Whether later changes wait for the next build."""
        return self.count >= CAPACITY

    def refresh(self, session: Session, tenant_id: str) -> list[int]:
        """Take in what has changed; return the keys that are new or newer here."""
        changed = self._read(session, tenant_id)
        if changed:
            items = {stored.key: stored.item for stored in changed}
            self._items |= items
            self._pending |= items
            self._words.add(items)
            self.lexicon = self._words.publish()
        if self._pending:
            self._encode()
        return [stored.key for stored in changed]

    def _read(self, session: Session, tenant_id: str) -> list[Stored]:
        changed: list[Stored] = []
        while self.count + len(changed) < CAPACITY:
            more = store.changed_since(
                session, tenant_id, self._revision, after_key=self._last_key, limit=1_000
            )
            if not more:
                break
            changed += more
            self._revision, self._last_key = more[-1].revision, more[-1].key
        return changed

    def _encode(self) -> None:
        taken = dict(islice(self._pending.items(), ENCODED_AT_ONCE))
        vectors = self._encoder.encode([text_to_embed(item) for item in taken.values()])
        self._encoded |= dict(zip(taken, vectors, strict=True))
        for key in taken:
            del self._pending[key]
        self.vectors = self._index(sorted(self._encoded))

    def _index(self, keys: Sequence[int]) -> VectorIndex:
        columns = ColumnsWriter()
        columns.add(self._items[key] for key in keys)
        matrix = np.stack([self._encoded[key] for key in keys])
        return VectorIndex.of(np.array(keys, dtype=np.int64), matrix, columns.columns())
