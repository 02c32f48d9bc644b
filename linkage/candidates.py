"""Which items to compare: those that several ways of searching bring up, fused by rank.

Each way is a channel: `vector` (nearest by meaning), `words` (BM25), `tags` (a shared creator,
title, identifier or series), `titles` (the source's text holds the candidate's title), `naming`
(the candidate's text holds the source's title and creator) and `clicks` (people went from one to
the other).
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from linkage import lexical, text
from linkage.embed import USUAL_BACKGROUND, Background, Vectors
from linkage.index import VectorStore
from linkage.lexical import Hit, Lexicon, Rarity
from linkage.types import Filters, Item

RANK_CONSTANT = 60
"""Of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009."""
_EACH = 0.625
"""Of the candidates wanted, so many are asked of each channel."""
_TEXT_WORDS = 20
_READ_CHARACTERS = 2_000
_TITLE_WORDS = 7
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A place to search: the live segment or the delta."""

    vectors: VectorStore | None
    lexicon: Lexicon
    background: Background = USUAL_BACKGROUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What candidates are sought for: an item, its vector, and the words to search its likes by.

    `rarity` and `background` tell what is rare and what is near in the catalogue as a whole.
    """

    item: Item
    vector: Vectors
    words: Mapping[str, float]
    rarity: Rarity
    background: Background


def question(item: Item, vector: Vectors, shelves: Sequence[Shelf]) -> Question:
    """Return the question for what belongs to an item."""
    largest = max(shelves, key=lambda shelf: shelf.lexicon.count)
    *others, last = (shelf.lexicon for shelf in shelves)
    rarity = last.rarity_beside(others)
    return Question(
        item=item,
        vector=vector,
        words=telling_words(item, rarity),
        rarity=rarity,
        background=largest.background,
    )


def telling_words(item: Item, rarity: Rarity) -> dict[str, float]:
    """Return the words to search an item's likes by, with their weights.

    All of its title and creators, and the rarest of what else is said about it.
    """
    sure = text.words(" ".join((text.title_key(item.title), *item.creators)))
    rest = set(text.words(" ".join((*item.subjects, item.text[:_READ_CHARACTERS])))) - set(sure)
    weighed = {word: rarity.weight(word) for word in (*sure, *rest)}
    rarest = sorted(rest, key=lambda word: (-weighed[word], word))[:_TEXT_WORDS]
    return {word: weighed[word] for word in (*sure, *rarest) if weighed[word] > 0}


def gather(
    question: Question,
    shelves: Sequence[Shelf],
    *,
    filters: Filters,
    limit: int,
    clicked: Iterable[int] = (),
) -> list[int]:
    """Return the keys of at most `limit` candidates, the most promising first.

    `clicked` are the keys that clicks tie to the source, the strongest first. Where fewer than
    `of_each(limit)` are returned there are no more.
    """
    searched = [_search(question, shelf, filters, of_each(limit)) for shelf in shelves]
    fused: dict[int, float] = defaultdict(float)
    for hits in zip(*searched, strict=True):
        for key, rank in _merged(hits).items():
            fused[key] += 1 / (RANK_CONSTANT + rank)
    for rank, key in enumerate(clicked, start=1):
        fused[key] += 1 / (RANK_CONSTANT + rank)
    return [key for _, key in sorted((-score, key) for key, score in fused.items())[:limit]]


def of_each(limit: int) -> int:
    """Return how many a channel brings up at most where so many candidates are wanted."""
    return math.ceil(limit * _EACH)


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
) -> tuple[list[Hit], ...]:
    """Return what each channel but clicks brings up."""
    item, words = question.item, shelf.lexicon
    title, creators = text.title_key(item.title).split(), map(text.words, item.creators)
    vectors = shelf.vectors
    return (
        vectors.search(question.vector, limit, filters) if vectors else [],
        words.search(question.words, filters, limit),
        words.tagged(lexical.tags(item), filters, limit),
        words.tagged(_titles_in(item.text[:_READ_CHARACTERS]), filters, limit),
        words.naming(title, creators, filters, limit),
    )


def _titles_in(written: str) -> Iterator[str]:
    """Yield the tags of all titles that may stand in a text: runs of words led by a capital."""
    pieces = _WORD.findall(written)
    keys = [text.name_key(piece) for piece in pieces]
    for start, piece in enumerate(pieces):
        if piece[0] != piece[0].lower() or piece[0].isdecimal():
            title = ""
            for key in keys[start : start + _TITLE_WORDS]:
                title = f"{title} {key}" if title and key else title or key
                yield lexical.title_tag(title)


def _merged(hits: Iterable[list[Hit]]) -> dict[int, float]:
    """Return the rank of each key in one channel, from 1; of equal scores all have the middle one.

    So of fifty books that share nothing but their author not all come before what is alike.
    """
    ranks: dict[int, float] = {}
    for of_shelf in hits:
        last = 0
        for _, equal in groupby(of_shelf, key=itemgetter(1)):
            keys = [key for key, _ in equal]
            rank = last + (len(keys) + 1) / 2
            last += len(keys)
            for key in keys:
                ranks[key] = min(rank, ranks.get(key, rank))
    return ranks
