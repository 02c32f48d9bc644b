"""How text is compared: folded to lower case without accents, split into words.

All matching by words (lexical search, names, titles) goes through here, so that what one module
finds another can point at. Scripts written without spaces are split into single characters.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_ACCENTS = range(0x0300, 0x0370)
_SERIES = re.compile(
    r"\(\s*([^()]+?),?\s+(?:#|no\.?\s|vol\.?\s|book\s)\s*[\d.\-\u2013]+[^()]*\)\s*$", re.IGNORECASE
)
_SUBTITLE = re.compile(r":\s|\s[–—-]\s")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")


class _Folding(dict[int, str]):
    """`str.translate` table, filled as characters are met; separators become a space."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(char: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if ord(c) not in _ACCENTS)
    folded = unicodedata.normalize("NFC", plain).casefold()
    return "".join(map(_spaced, folded))


def _spaced(char: str) -> str:
    """Return a folded character as it stands in a key: a space for what is no part of a word."""
    if not char.isalnum() and unicodedata.category(char)[0] != "M":
        return " "
    is_unspaced = any(first <= ord(char) <= last for first, last in _UNSPACED)
    return f" {char} " if is_unspaced and not unicodedata.combining(char) else char


_FOLDING = _Folding()


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return text.translate(_FOLDING).split()


def key(text: str) -> str:
    """Return the form under which two spellings of a name are the same."""
    return " ".join(words(text))


@lru_cache(maxsize=65_536)
def name_key(name: str) -> str:
    """Return `key(name)`, remembered: the names of a catalogue come up again and again."""
    return key(name)


def padded(text: str) -> str:
    """Return the key between spaces, so that ` name ` in it means whole words."""
    return f" {key(text)} "


def folded_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return `padded(text)` and, for each of its characters, the offset it came from."""
    folded, offsets = [" "], [0]
    for offset, char in enumerate(text):
        for piece in _FOLDING[ord(char)]:
            if piece != " " or folded[-1] != " ":
                folded.append(piece)
                offsets.append(offset)
    if folded[-1] != " ":
        folded.append(" ")
        offsets.append(len(text))
    return "".join(folded), offsets


def located_words(text: str) -> list[tuple[str, int, int]]:
    """Return the folded words of a text, each with its start and end in it."""
    if all(len(_FOLDING[ord(char)]) == 1 for char in set(text)):
        found = re.finditer(r"[^ ]+", text.translate(_FOLDING))
        return [(word[0], *word.span()) for word in found]
    folded, offsets = folded_with_offsets(text)
    spans = (word.span() for word in re.finditer(r"[^ ]+", folded))
    return [(folded[a:b], offsets[a], offsets[b - 1] + 1) for a, b in spans]


def occurrences(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each place where the name stands in the text, in code points."""
    wanted = padded(name)
    if not wanted.strip():
        return
    spaced = _spaced_out(text)
    if len(spaced) == len(text) + 2:  # each character is one still: offsets need no table
        yield from _runs(wanted.split(), spaced)
        return
    folded, offsets = folded_with_offsets(text)
    at = folded.find(wanted)
    while at >= 0:
        yield offsets[at + 1], offsets[at + len(wanted) - 2] + 1
        at = folded.find(wanted, at + len(wanted) - 1)


@lru_cache(maxsize=1_024)
def _spaced_out(text: str) -> str:
    """Return the folded text with its runs of spaces, kept: several names are sought in it."""
    return f" {text.translate(_FOLDING)} "


def _runs(wanted: list[str], spaced: str) -> Iterator[tuple[int, int]]:
    """Yield where words follow each other, less the one space that was put before the text."""
    first = f" {wanted[0]} "
    at = spaced.find(first)
    while at >= 0:
        end = at + len(first) - 1
        for word in wanted[1:]:
            start = end
            while spaced.startswith(" ", start):
                start += 1
            end = start + len(word)
            if spaced[start : end + 1] != f"{word} ":
                break
        else:
            yield at, end - 1
        at = spaced.find(first, at + 1)


@lru_cache(maxsize=65_536)
def title_key(title: str) -> str:
    """Return the key of a title without what editions add in brackets at its end."""
    bare = title
    while (shorter := _BRACKETS.sub("", bare)) != bare and key(shorter):
        bare = shorter
    return key(bare)


def head_of(title: str) -> str:
    """Return the title before its subtitle: `Dune` of `Dune: Part One`."""
    return _SUBTITLE.split(title, maxsplit=1)[0]


def series_of(title: str) -> str | None:
    """Return the key of the series a title names, as in `Dune Messiah (Dune Chronicles, #2)`."""
    found = _SERIES.search(title)
    return key(found[1]) or None if found else None
