"""Lexis: the words that a model met in training, so that what it never met is not guessed at."""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

FILE = "words.npz"
"""Its name in a model's folder."""

Hashes = NDArray[np.uint32]


class Lexis:
    """Words by language, kept as sorted hashes: one word in 100,000 is taken for another."""

    def __init__(self, hashes: Mapping[str, Hashes]) -> None:
        self._hashes = hashes

    @classmethod
    def of(cls, words: Mapping[str, Iterable[str]]) -> Self:
        """Return a lexis of words by language."""
        return cls({
            language: np.unique(np.fromiter(map(_hash, some), dtype=np.uint32))
            for language, some in words.items()
        })  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls({language: file[language] for language in file.files})

    def write(self, path: Path) -> None:
        """Write the hashes to an `.npz`."""
        np.savez_compressed(path, **self._hashes)  # type: ignore[arg-type]

    def __or__(self, other: "Lexis") -> "Lexis":
        """Return the words of both, in the languages of this one."""
        none = np.empty(0, np.uint32)
        return Lexis({
            language: np.union1d(hashes, other._hashes.get(language, none))  # noqa: SLF001 - its own kind
            for language, hashes in self._hashes.items()
        })  # fmt: skip

    def has(self, word: str, language: str) -> bool:
        """Tell whether a word was met, in whatever case; so is any of a language it lacks."""
        hashes = self._hashes.get(language)
        if hashes is None:
            return True
        hashed = _hash(word)
        at = int(hashes.searchsorted(np.uint32(hashed)))
        return at < len(hashes) and int(hashes[at]) == hashed


def _hash(word: str) -> int:
    return crc32(unicodedata.normalize("NFC", word).casefold().encode())
