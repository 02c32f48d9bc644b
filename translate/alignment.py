"""Where the words of a segment went: the decoder's attention, by units of the answer.

A unit is a word, a mark of punctuation or a placeholder's token; in scripts without spaces it is
a character. Where a model tells no alignment, place in the text stands in for it.
"""

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from translate.types import Alignment, Decoded

_UNIT = re.compile(
    r"⟦\d+⟧|\d+(?:[.,'\u2019]\d+)+|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff]|[^\W\u0e00-\uffff]+"
    r"|\w|[^\w\s]"
)
_LATER_PIECE = 0.3
"""Weight of the pieces after a word's first: the decoder then looks at what comes next."""


class Correspondence:
    """How the units of an answer correspond to the characters of its segment."""

    def __init__(self, segment: str, decoded: Decoded) -> None:
        self.units = [match.span() for match in _UNIT.finditer(decoded.text)]
        self._segment = segment
        self._text = decoded.text
        self._alignment = decoded.alignment

    def is_mark(self, unit: int) -> bool:
        """Tell whether a unit is a mark of punctuation."""
        begin, end = self.units[unit]
        return end - begin == 1 and not self._text[begin].isalnum()

    def shares(self, begin: int, end: int) -> list[float]:
        """Return for each unit the share, 0..1, of what it came from that lies in the range."""
        if self._alignment is None:
            return [float(begin <= place < end) for place in self._places]
        inside = [begin <= source < end for source in self._alignment.sources]
        return [
            sum(weight for weight, is_in in zip(row, inside, strict=True) if is_in)
            for row in self._rows
        ]

    def boundary(self, offset: int) -> int:
        """Return the number of the unit before which a point of the segment belongs."""
        if not self.units or not self._segment[:offset].strip():
            return 0
        if not self._segment[offset:].strip():
            return len(self.units)
        before = _last_word(self._segment, offset)
        shares = self.shares(before, offset)
        best = max(range(len(shares)), key=shares.__getitem__)
        return best + 1 if shares[best] > 0 else round(len(shares) * offset / len(self._segment))

    @cached_property
    def _places(self) -> list[float]:
        """Where each unit would stand in the segment, were the words in the same order."""
        length = max(self.units[-1][1], 1) if self.units else 1
        return [(begin + end) / 2 / length * len(self._segment) for begin, end in self.units]

    @cached_property
    def _rows(self) -> list[list[float]]:
        """The attention of each unit, normalised over the segment's pieces."""
        assert self._alignment is not None
        return [_mean(_pieces(self._alignment, begin, end)) for begin, end in self.units]


def _pieces(alignment: Alignment, begin: int, end: int) -> list[Sequence[float]]:
    """Return the attention of the pieces that begin in a unit, or of the one that holds it."""
    inside = [row for at, row in zip(alignment.targets, alignment.weights, strict=True)
              if begin <= at < end]  # fmt: skip
    if inside:
        return inside
    around = [row for at, row in zip(alignment.targets, alignment.weights, strict=True)
              if at <= begin]  # fmt: skip
    return around[-1:] or list(alignment.weights[:1])


def _mean(rows: Sequence[Sequence[float]]) -> list[float]:
    if not rows:
        return []
    first, *later = np.asarray(rows)
    summed = first + _LATER_PIECE * sum(later)
    total = summed.sum()
    mean: list[float] = (summed / total if total else summed).tolist()
    return mean


def _last_word(text: str, offset: int) -> int:
    """Return where the last unit before an offset begins."""
    begins = [match.start() for match in _UNIT.finditer(text, 0, offset)]
    return begins[-1] if begins else 0
