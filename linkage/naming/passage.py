"""Passage: a text as words with their places, for looking at what stands beside a name."""

import re
from functools import cached_property

from linkage import text

_ABBREVIATIONS = frozenset(("dr", "mr", "mrs", "ms", "st", "jr", "sr", "vs", "vol", "prof"))
_SENTENCE_END = re.compile(r"[.!?\u2026]\S*\s|\u3002|\n\s*\n")
_POSSESSIVE = re.compile(r"['\u2019]")


class Passage:
    """The words of a text, folded, and their offsets in code points."""

    def __init__(self, written: str) -> None:
        located = text.located_words(written)
        self.written = written
        self.words = [word for word, _, _ in located]
        self.starts = [start for _, start, _ in located]
        self.ends = [end for _, _, end in located]

    @cached_property
    def folded(self) -> str:
        """All words between spaces: a word begins where `word_at` says."""
        return f" {' '.join(self.words)} "

    @cached_property
    def word_at(self) -> dict[int, int]:
        """The number of the word that begins at a place of `folded`."""
        places, at = {}, 1
        for number, word in enumerate(self.words):
            places[at] = number
            at += len(word) + 1
        return places

    def surface(self, first: int, last: int) -> str:
        """Return the words from first to last as they are written."""
        return self.written[self.starts[first] : self.ends[last]]

    def name(self, first: int, last: int) -> str:
        """Return the words from first to last, folded."""
        return " ".join(self.words[first : last + 1])

    def gap(self, number: int) -> str:
        """Return what stands between a word and the one before it."""
        start = self.ends[number - 1] if number else 0
        end = self.starts[number] if number < len(self.words) else len(self.written)
        return self.written[start:end]

    def is_capital(self, number: int) -> bool:
        """Tell whether a word is written with a capital."""
        return self.written[self.starts[number]].isupper()

    def is_owner(self, number: int) -> bool:
        """Tell whether a word is in the English genitive: `King's`, `Dickens'`."""
        return bool(_POSSESSIVE.match(self.gap(number + 1)))

    def holds(self, name: str) -> bool:
        """Tell whether a folded name stands anywhere in the text."""
        return self._distinct.issuperset(name.split()) and f" {name} " in self.folded

    @cached_property
    def _distinct(self) -> frozenset[str]:
        return frozenset(self.words)

    def begins_sentence(self, number: int) -> bool:
        """Tell whether a sentence ends before a word."""
        return not 0 < number < len(self.words) or self._beginnings[number]

    @cached_property
    def _beginnings(self) -> list[bool]:
        return [self._is_beginning(number) for number in range(len(self.words))]

    def _is_beginning(self, number: int) -> bool:
        before = self.words[number - 1]
        is_short = before in _ABBREVIATIONS or (len(before) == 1 and before.isalpha())
        gap = self.gap(number)
        if not _SENTENCE_END.search(gap) or (is_short and "\n" not in gap):
            return False
        return not self.written[self.starts[number]].islower()

    def before(self, number: int, reach: int) -> range:
        """Return the numbers of the words before one, in its sentence, nearest first."""
        least = max(number - reach, 0)
        at = number
        while at > least and not self.begins_sentence(at):
            at -= 1
        return range(number - 1, at - 1, -1)

    def after(self, number: int, reach: int) -> range:
        """Return the numbers of the words after one, in its sentence, nearest first."""
        most = min(number + reach, len(self.words) - 1)
        at = number
        while at < most and not self.begins_sentence(at + 1):
            at += 1
        return range(number + 1, at + 1)
