"""Which texts of a million may be alike: MinHash over trigrams, in bands.

Two texts whose trigrams overlap by a share of s have a band in common with probability
1 - (1 - s⁴)²⁰, so nearly all that are alike do and few others.
(Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3.)
"""

import hashlib
import zlib

import numpy as np

BANDS, ROWS, GRAM = 20, 4, 3
# bands are stored: the numbers they are made with must never change
_CONSTANTS = np.frombuffer(
    hashlib.shake_256(b"weft fingerprint 1").digest(8 * 3 * BANDS * ROWS), np.dtype("<u8")
).reshape(3, BANDS * ROWS).astype(np.uint64)  # fmt: skip
_FACTORS, _OFFSETS, _MIXERS = _CONSTANTS[0] | 1, _CONSTANTS[1], _CONSTANTS[2] | 1
SHORTEST = 8
"""Texts of fewer characters have no fingerprint: nothing is alike but the same."""


def bands(words: str, scope: str) -> list[int]:
    """Return the bands of a text's words as signed 64-bit numbers; `scope` keeps owners apart."""
    if len(words) < SHORTEST:
        return []
    padded = f" {words} ".encode("utf-32-le", "surrogatepass")
    width = 4 * GRAM
    grams = {padded[at : at + width] for at in range(0, len(padded) - width + 1, 4)}
    hashes = np.fromiter(map(zlib.crc32, grams), np.uint64, len(grams))
    lowest = (hashes[:, None] * _FACTORS + _OFFSETS >> np.uint64(32)).min(axis=0)
    seed = np.uint64(zlib.crc32(scope.encode()))
    mixed = ((lowest + seed) * _MIXERS).reshape(BANDS, ROWS).sum(axis=1)
    return [int(each) for each in (mixed + np.arange(BANDS, dtype=np.uint64)).view(np.int64)]
