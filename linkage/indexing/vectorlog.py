"""The vectors a build has encoded so far, in the order they came: what a killed build goes on from.

Two files that only grow, of keys and of vectors. Vectors are on disk before their keys are, so
what has a key is whole; what a dying process left half-written is cut off when the log is opened.
"""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkage.embed import Vectors

Keys = NDArray[np.int64]
Positions = NDArray[np.int64]

_KEYS, _VECTORS = "keys.log", "vectors.log"
_KEY_BYTES = np.dtype(np.int64).itemsize
_FLOAT_BYTES = np.dtype(np.float32).itemsize
BLOCK = 8_192
"""Vectors read at a time."""


class VectorLog:
    """An append-only list of (key, vector) in a folder. A key may come again: the last counts."""

    def __init__(self, folder: Path, dimension: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._keys, self._vectors = folder / _KEYS, folder / _VECTORS
        self._dimension = dimension
        self._row = dimension * _FLOAT_BYTES
        for path in (self._keys, self._vectors):
            path.touch()
        self.count = min(
            self._keys.stat().st_size // _KEY_BYTES, self._vectors.stat().st_size // self._row
        )
        os.truncate(self._keys, self.count * _KEY_BYTES)
        os.truncate(self._vectors, self.count * self._row)

    def append(self, keys: list[int], vectors: Vectors) -> None:
        """Add vectors; they are on disk when this returns."""
        _extend(self._vectors, np.ascontiguousarray(vectors, dtype=np.float32).tobytes())
        _extend(self._keys, np.array(keys, dtype=np.int64).tobytes())
        self.count += len(keys)

    def keys(self) -> Keys:
        """Return the keys in the order they came."""
        return np.fromfile(self._keys, dtype=np.int64, count=self.count)

    def latest(self) -> tuple[Keys, Positions]:
        """Return each key once, ascending, and the position of its last vector."""
        backwards = self.keys()[::-1]
        keys, first = np.unique(backwards, return_index=True)
        return keys, self.count - 1 - first

    def read(self, positions: Positions) -> Vectors:
        """Return the vectors at these positions."""
        found = np.empty((len(positions), self._dimension), dtype=np.float32)
        starts = np.flatnonzero(np.diff(positions, prepend=-2) != 1)
        # read, not mapped: of a map the kernel counts sixteen pages as ours for each row we touch
        with self._vectors.open("rb") as file:
            for start, end in pairwise((*starts, len(positions))):
                file.seek(int(positions[start]) * self._row)
                file.readinto(found[start:end].data)
        return found

    def blocks(self, positions: Positions) -> Iterator[Vectors]:
        """Yield the vectors at these positions, BLOCK at a time."""
        for start in range(0, len(positions), BLOCK):
            yield self.read(positions[start : start + BLOCK])


def _extend(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
