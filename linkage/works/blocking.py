"""Blocks: which items of a catalogue are compared with each other at all.

Two items of one kind are compared when they share a block: an identifier, their title with a
creator's surname, their title, their creator with the year (a translation has another title), or
their creator with the longest word of the title.
"""

from collections.abc import Iterator
from hashlib import blake2b

from linkage import dates, text
from linkage.types import Item

_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "le",
        "la",
        "les",
        "l",
        "un",
        "une",
        "el",
        "los",
        "las",
        "il",
        "lo",
        "gli",
        "i",
        "o",
        "os",
        "as",
        "de",
        "het",
    ]
)
_FEWEST_LETTERS = 5
_CREATORS = 3
"""Further creators are translators and illustrators more often than not."""


def blocks(item: Item) -> set[int]:
    """Return the blocks an item is in, as 64-bit digests."""
    return {_digest(f"{item.kind}\t{block}") for block in _named(item)}


def _digest(block: str) -> int:
    return int.from_bytes(blake2b(block.encode(), digest_size=8).digest(), signed=True)


def _named(item: Item) -> Iterator[str]:
    for scheme, value in item.identifiers.items():
        yield f"{scheme}:{value}"
    titles = {_bare(item.title), _bare(text.head_of(item.title))} - {""}
    names = [key for name in item.creators[:_CREATORS] if (key := text.name_key(name))]
    year = dates.year(item.published_at)
    longest = max(_words(item.title), key=lambda word: (len(word), word), default="")
    for title in titles:
        yield f"title:{title}"
    for surname in {word for name in names for word in _surnames(name)}:
        for title in titles:
            yield f"title:{title} of:{surname}"
        if year is not None:
            yield f"year:{year} of:{surname}"
        if len(longest) >= _FEWEST_LETTERS:
            yield f"word:{longest[:_FEWEST_LETTERS]} of:{surname}"


def _surnames(name: str) -> set[str]:
    """Return what may be the surname: the last word, or the longest of one written last first."""
    words = name.split()
    return {words[-1], max(words, key=lambda word: (len(word), word))}


def _bare(title: str) -> str:
    """Return the words of a title in order of the alphabet, without articles and brackets."""
    return " ".join(sorted(_words(title)))


def _words(title: str) -> list[str]:
    words = text.title_key(title).split()
    return [word for word in words if word not in _ARTICLES] or words
