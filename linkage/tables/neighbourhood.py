"""Which records of two tables to compare at all, and how a pair stands among its rivals.

Titles and whole records become TF-IDF vectors of letter triples and quadruples, which outlive
misspellings and split model numbers. The only module that knows scikit-learn's vectoriser.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from linkage import text

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Pairs = Sequence[tuple[int, int]]
"""Places in the left table and in the right one."""

STANDING = (
    "cosine", "before other rights", "before other lefts", "before all", "rights above",
    "lefts above",
)  # fmt: skip
"""What `Space.standing` tells of a pair."""
_AT_ONCE = 10_000_000
"""Similarities held in memory at a time."""


class Space:
    """The texts of two tables as vectors of one space."""

    def __init__(self, left: Sequence[str], right: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - loads slowly

        vectoriser = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, dtype=np.float32,
            preprocessor=text.key,
        )  # fmt: skip
        # the last text keeps tables without any words from being an error
        vectors = vectoriser.fit_transform([*left, *right, "none"])
        self._left, self._right = vectors[: len(left)], vectors[len(left) : -1]

    def standing(self, pairs: Pairs) -> Floats:
        """Return (pairs, STANDING): how alike each pair is, and against its best rivals.

        A pair's rivals are the other pairs that hold its left or its right record.
        """
        swapped = [(right, left) for left, right in pairs]
        cosines, right_lead, right_rank = _against(self._left, self._right, pairs)
        _, left_lead, left_rank = _against(self._right, self._left, swapped)
        lead = np.minimum(right_lead, left_lead)
        columns = (cosines, right_lead, left_lead, lead, right_rank, left_rank)
        return np.stack(columns, axis=1).astype(np.float32)

    def nearest(self, count: int) -> set[tuple[int, int]]:
        """Return the pairs in which one side is among the other's nearest `count`."""
        forth = set(_nearest(self._left, self._right, count))
        return forth | {(left, right) for right, left in _nearest(self._right, self._left, count)}


class Neighbourhood:
    """Two tables of records, by their titles and by all that is said of them."""

    def __init__(
        self,
        left: Sequence[tuple[str, str]],
        right: Sequence[tuple[str, str]],
    ) -> None:
        self._left = left
        self._right = right

    @cached_property
    def _spaces(self) -> tuple[Space, ...]:
        return tuple(
            Space([texts[i] for texts in self._left], [texts[i] for texts in self._right])
            for i in range(2)
        )

    def standing(self, pairs: Pairs) -> Floats:
        """Return the columns of `standing_names` for each pair."""
        return np.hstack([space.standing(pairs) for space in self._spaces])

    def nearest(self, count: int) -> list[tuple[int, int]]:
        """Return the pairs worth comparing: nearest of either side in either space, in order."""
        return sorted(set().union(*(space.nearest(count) for space in self._spaces)))


def standing_names() -> list[str]:
    """Return what the columns of `Neighbourhood.standing` stand for."""
    return [f"{space} {name}" for space in ("title", "record") for name in STANDING]


def _chunks(left: "csr_matrix", right: "csr_matrix") -> Iterator[tuple[int, Floats]]:
    """Yield (first row, similarities of some rows to all columns)."""
    step = max(1, _AT_ONCE // max(1, right.shape[0]))
    columns = right.T.tocsr()
    for start in range(0, left.shape[0], step):
        yield start, (left[start : start + step] @ columns).toarray()


def _against(
    left: "csr_matrix", right: "csr_matrix", pairs: Pairs
) -> tuple[Floats, Floats, Floats]:
    """Return for each pair its cosine, its lead over the best other of its row, and its rank."""
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    cosines, lead, rank = (np.zeros(len(pairs), dtype=np.float32) for _ in range(3))
    for start, likeness in _chunks(left, right):
        here = np.flatnonzero((rows >= start) & (rows < start + len(likeness)))
        for place in here:
            row, column = likeness[rows[place] - start], columns[place]
            cosines[place] = own = row[column]
            rank[place] = np.log1p(np.count_nonzero(row > own))
            others = max(row[:column].max(initial=0.0), row[column + 1 :].max(initial=0.0))
            lead[place] = own - others
    return cosines, lead, rank


def _nearest(left: "csr_matrix", right: "csr_matrix", count: int) -> Iterator[tuple[int, int]]:
    for start, likeness in _chunks(left, right):
        kept = min(count, likeness.shape[1])
        best = np.argpartition(-likeness, kept - 1, axis=1)[:, :kept] if kept else ()
        for row, columns in enumerate(best):
            for column in columns:
                if likeness[row, column] > 0:
                    yield start + row, int(column)
