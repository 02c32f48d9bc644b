"""Vectors of slow encoders, kept on disk: a text is encoded once, and a killed run goes on."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from linkage.embed import Encoder, Progress, Vectors

CHUNK = 256


class KeptEncoder:
    """An Encoder that asks another one only for texts it has not seen."""

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.name = encoder.name
        self._encoder = encoder
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the vectors, those already kept read from the file."""
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        with self._opened() as kept:
            missing = {
                key: text for key, text in zip(keys, texts, strict=True) if not _read(kept, key)
            }
            waiting = iter(missing.items())
            while part := list(islice(waiting, CHUNK)):
                vectors = self._encoder.encode([text for _, text in part], progress)
                rows = (
                    (key, vector.tobytes()) for (key, _), vector in zip(part, vectors, strict=True)
                )
                kept.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
                kept.commit()
            found = b"".join(_read(kept, key) for key in keys)
        return np.frombuffer(found, dtype=np.float32).reshape(len(texts), -1)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=60)) as kept:
            kept.execute("PRAGMA journal_mode=WAL")
            kept.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB)")
            yield kept


def _read(kept: sqlite3.Connection, key: bytes) -> bytes:
    row = kept.execute("SELECT vector FROM vectors WHERE text = ?", (key,)).fetchone()
    return row[0] if row else b""
