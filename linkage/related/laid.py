"""Laid: what a build says of one of its items, compared once and kept as long as the build lives.

A build does not change, nor does an item of one revision. So what the search of a build brings up
for an item, and how well each of it fits, is the same until the build, the item or the ranker is
another. What changes is which of it is still there, the works, and what came since the build: all
that is asked each time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.candidates import Gathered, Standards
from linkage.related.ranker import Ranker

LAID = 128_000_000
"""Bytes of laid links to keep, about: of some 10,000 items."""
_OVERHEAD, _CANDIDATE = 9_000, 70
"""Bytes that one takes beside its numbers of editions, ten links written among them, and each
candidate."""


class Ground(NamedTuple):
    """What laid links stand on: a build, a revision of the source, and a ranker."""

    build: str | None
    revision: int | None
    ranker: Ranker | None


class Fit(NamedTuple):
    """How well a candidate fits: its score, and its value, which orders links.

    `is_edition` tells whether what is said of both makes them editions of one work; `editions` are
    the numbers of which such editions share one.
    """

    key: int
    score: float
    value: float
    is_edition: bool
    editions: Sequence[int]


@dataclass(frozen=True, slots=True)
class Laid:
    """The candidates of a build for one source, the best first; safe for many threads."""

    keys: list[int]
    scores: NDArray[np.float64]
    values: NDArray[np.float64]
    are_editions: NDArray[np.bool_]
    editions: NDArray[np.int64]
    starts: NDArray[np.int32]
    """Where the numbers of each begin in `editions`, and where those of the last end."""
    expiries: Mapping[int, datetime]
    """When some of the candidates expire, by key."""
    standards: Standards
    """What they set for what came since."""
    has_more: bool
    """Whether a wider search may bring up others."""
    written: dict[int, bytes] = field(default_factory=dict)
    """Links as they are sent, by key; empty where there is no reason for one."""

    @classmethod
    def of(
        cls, fits: Sequence[Fit], expiries: Mapping[int, datetime], gathered: Gathered
    ) -> "Laid":
        """Lay what was gathered and compared."""
        sizes = [len(fit.editions) for fit in fits]
        return cls(
            keys=[fit.key for fit in fits],
            scores=np.array([fit.score for fit in fits]),
            values=np.array([fit.value for fit in fits]),
            are_editions=np.array([fit.is_edition for fit in fits], dtype=np.bool_),
            editions=np.array([n for fit in fits for n in fit.editions], dtype=np.int64),
            starts=np.cumsum([0, *sizes], dtype=np.int32),
            expiries=expiries,
            standards=gathered.standards,
            has_more=gathered.has_more,
        )

    def fits(self) -> list[Fit]:
        """Return the candidates."""
        numbers = self.editions.tolist()
        editions = [numbers[start:end] for start, end in pairwise(self.starts.tolist())]
        columns = (self.scores.tolist(), self.values.tolist(), self.are_editions.tolist())
        return list(map(Fit, self.keys, *columns, editions))

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return _OVERHEAD + _CANDIDATE * len(self.keys) + self.editions.nbytes
