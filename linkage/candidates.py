"""Which items to compare: those that several ways of searching bring up, fused by rank.

Each way is a channel: `vector` (nearest by meaning), `words` (BM25), `tags` (a shared creator,
title, identifier or series), `titles` (the source's text holds the candidate's title), `naming`
(the candidate's text holds the source's title and creator) and `clicks` (people went from one to
the other).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from linkage import lexical, text
from linkage.embed import USUAL_BACKGROUND, Background, Vectors
from linkage.index import VectorStore
from linkage.lexical import Hit, Lexicon
from linkage.types import Filters, Item

RANK_CONSTANT = 60
"""Of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009."""
_TEXT_WORDS = 20
_READ_CHARACTERS = 2_000
_TITLE_WORDS = 7
_WORD = re.compile(r"\w+")


Channel = Literal["vector", "words", "tags", "titles", "naming", "clicks"]
Ranks = Mapping[Channel, int]
"""The place of a candidate in each channel that brought it up, from 1; equal scores share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A place to search: the live segment or the delta."""

    vectors: VectorStore | None
    lexicon: Lexicon
    background: Background = USUAL_BACKGROUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What candidates are sought for: an item, its vector, and the words to search its likes by.

    `lexicon` and `background` tell what is rare and what is near in the catalogue as a whole.
    """

    item: Item
    vector: Vectors
    words: Mapping[str, float]
    lexicon: Lexicon
    background: Background


def question(item: Item, vector: Vectors, shelves: Sequence[Shelf]) -> Question:
    """Return the question for what belongs to an item."""
    largest = max(shelves, key=lambda shelf: shelf.lexicon.count)
    return Question(
        item=item,
        vector=vector,
        words=telling_words(item, largest.lexicon),
        lexicon=largest.lexicon,
        background=largest.background,
    )


def telling_words(item: Item, lexicon: Lexicon) -> dict[str, float]:
    """Return the words to search an item's likes by, with their weights.

    All of its title and creators, and the rarest of what else is said about it.
    """
    sure = text.words(" ".join((text.title_key(item.title), *item.creators)))
    rest = set(text.words(" ".join((*item.subjects, item.text[:_READ_CHARACTERS])))) - set(sure)
    weighed = {word: lexicon.weight(word) for word in (*sure, *rest)}
    rarest = sorted(rest, key=lambda word: (-weighed[word], word))[:_TEXT_WORDS]
    return {word: weighed[word] for word in (*sure, *rarest) if weighed[word] > 0}


def gather(
    question: Question,
    shelves: Iterable[Shelf],
    *,
    filters: Filters,
    limit: int,
    clicked: Iterable[int] = (),
) -> dict[int, Ranks]:
    """Return the keys of at most `limit` candidates and their ranks, the most promising first.

    `clicked` are the keys that clicks tie to the source, the strongest first.
    """
    ranks: dict[int, dict[Channel, int]] = defaultdict(dict)
    for shelf in shelves:
        for channel, hits in _search(question, shelf, filters, limit):
            for key, rank in _ranked(hits):
                ranks[key][channel] = min(rank, ranks[key].get(channel, rank))
    for rank, key in enumerate(clicked, start=1):
        ranks[key]["clicks"] = rank
    best = sorted(ranks, key=lambda key: (-fused(ranks[key]), key))[:limit]
    return {key: ranks[key] for key in best}


def fused(ranks: Ranks) -> float:
    """Return the sum of reciprocal ranks."""
    return sum(1 / (RANK_CONSTANT + rank) for rank in ranks.values())


def similarities(vector: Vectors, keys: list[int], shelves: Iterable[Shelf]) -> dict[int, float]:
    """Return the cosine to each of the keys that has a vector."""
    found: dict[int, float] = {}
    for shelf in shelves:
        if shelf.vectors:
            there, vectors = shelf.vectors.vectors(keys)
            cosines = np.clip(vectors @ vector, -1.0, 1.0)
            found.update(zip(there.tolist(), cosines.tolist(), strict=True))
    return found


def _search(
    question: Question, shelf: Shelf, filters: Filters, limit: int
) -> Iterator[tuple[Channel, list[Hit]]]:
    item, words = question.item, shelf.lexicon
    if shelf.vectors:
        yield "vector", shelf.vectors.search(question.vector, limit, filters)
    yield "words", words.search(question.words, filters, limit)
    yield "tags", words.tagged(lexical.tags(item), filters, limit)
    yield "titles", words.tagged(_titles_in(item.text[:_READ_CHARACTERS]), filters, limit)
    creators = [text.words(name) for name in item.creators]
    yield "naming", words.naming(text.title_key(item.title).split(), creators, filters, limit)


def _titles_in(written: str) -> Iterator[str]:
    """Yield the tags of all titles that may stand in a text: runs of words led by a capital."""
    pieces = _WORD.findall(written)
    for start, piece in enumerate(pieces):
        if piece[0] != piece[0].lower() or piece[0].isdecimal():
            for end in range(start + 1, min(start + _TITLE_WORDS, len(pieces)) + 1):
                yield lexical.title_tag(" ".join(pieces[start:end]))


def _ranked(hits: list[Hit]) -> Iterator[tuple[int, int]]:
    rank, last = 0, float("inf")
    for place, (key, score) in enumerate(hits, start=1):
        rank = rank if score == last else place
        last = score
        yield key, rank
