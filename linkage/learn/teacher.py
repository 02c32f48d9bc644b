"""Vectors of a teacher, made once for each text and kept in a file."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkage.embed import Encoder, Vectors

PART = 8_192


class Teacher:
    """An encoder that remembers: what is in the file is not encoded again.

    The file holds a 64-bit hash and a float16 vector for each text, and is written again after
    every few thousand new ones, so that a killed run loses little.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self._encoder = encoder
        self._path = path
        self._rows: dict[int, int] = {}
        self._vectors = np.empty((0, encoder.dimension), dtype=np.float16)
        if path.exists():
            with np.load(path) as kept:
                self._vectors = kept["vectors"]
                self._rows = {int(key): row for row, key in enumerate(kept["keys"])}

    def encode(
        self, texts: Sequence[str], report: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Return the unit vectors (n, dimension) of the texts; `report` gets done and total."""
        keys = [_key(text) for text in texts]
        missing = {
            key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows
        }
        todo = sorted(missing.items(), key=lambda item: len(item[1]))
        for start in range(0, len(todo), PART):
            part = todo[start : start + PART]
            self._add([key for key, _ in part], self._encoder.encode([text for _, text in part]))
            if report:
                report(start + len(part), len(todo))
        rows = np.fromiter((self._rows[key] for key in keys), dtype=np.int64, count=len(keys))
        vectors: Vectors = self._vectors[rows].astype(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    def _add(self, keys: Sequence[int], vectors: Vectors) -> None:
        self._rows.update(
            zip(keys, range(len(self._rows), len(self._rows) + len(keys)), strict=True)
        )
        self._vectors = np.concatenate([self._vectors, vectors.astype(np.float16)])
        known: NDArray[np.uint64] = np.fromiter(self._rows, dtype=np.uint64)
        fresh = self._path.with_suffix(".new.npz")
        np.savez(fresh, keys=known, vectors=self._vectors)
        fresh.replace(self._path)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
