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
_SLACK = (1.0, 0.6, 1.0, 1.0, 0.0)
"""By channel, which share of the score of a build's last hit what came since must have. Scores by
words differ with the mean length of texts; those of phrases are few and do not compare."""
_TEXT_WORDS = 20
_READ_CHARACTERS = 2_000
_TITLE_WORDS = 7
_WORD = re.compile(r"\w+")
_ROUNDING = 1e-5


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


@dataclass(frozen=True, slots=True)
class Standards:
    """What a build's hits set for what came since: to be among them it must score as they do.

    Otherwise the first hits of a few new items would count like the first of a whole catalogue.
    """

    least: tuple[float, ...]
    """By channel, the score of the last hit; minus infinity where there was room for more."""

    @classmethod
    def of(cls, hits: Sequence[list[Hit]], limit: int) -> "Standards":
        """Return what hits set, of which so many were asked for."""
        return cls(
            tuple(
                slack * its[-1][1] if slack and len(its) == limit else -math.inf
                for slack, its in zip(_SLACK, hits, strict=True)
            )
        )

    def sift(self, hits: Sequence[list[Hit]]) -> list[list[Hit]]:
        """Return the hits that are up to it."""
        return [
            [hit for hit in its if hit[1] >= least - _ROUNDING]
            for least, its in zip(self.least, hits, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The keys of candidates, the most promising first, and what they set for what came since.

    `has_more` tells whether a wider search may bring up others.
    """

    keys: list[int]
    standards: Standards
    has_more: bool


def gather(
    question: Question,
    shelves: Sequence[Shelf],
    *,
    filters: Filters,
    limit: int,
    clicked: Iterable[int] = (),
) -> Gathered:
    """Return at most `limit` candidates of the first shelf, and of each other shelf.

    `clicked` are the keys that clicks tie to the source, the strongest first.
    """
    first, *others = shelves
    hits = _search(question, first, filters, of_each(limit))
    keys, standards = _fused(hits, limit, clicked), Standards.of(hits, of_each(limit))
    for shelf in others:
        found = since(question, shelf, standards, like=first, filters=filters, limit=limit)
        keys += [key for key in found if key not in keys]
    return Gathered(keys, standards, len(keys) >= of_each(limit))


def since(  # noqa: PLR0913 - where to search, and for what
    question: Question,
    shelf: Shelf,
    standards: Standards,
    *,
    like: Shelf,
    filters: Filters,
    limit: int,
) -> list[int]:
    """Return the candidates of a shelf of what came since a build, which is `like`."""
    hits = _search(question, shelf, filters, of_each(limit), like=like)
    return _fused(standards.sift(hits), limit)


def _fused(hits: Iterable[list[Hit]], limit: int, clicked: Iterable[int] = ()) -> list[int]:
    """Return the keys of hits by their ranks in all channels."""
    fused: dict[int, float] = defaultdict(float)
    for its in hits:
        for key, rank in _ranks(its).items():
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
    question: Question, shelf: Shelf, filters: Filters, limit: int, *, like: Shelf | None = None
) -> tuple[list[Hit], ...]:
    """Return what each channel but clicks brings up; `like` a shelf scores by words compare."""
    item, words = question.item, shelf.lexicon
    title, creators = text.title_key(item.title).split(), map(text.words, item.creators)
    vectors = shelf.vectors
    return (
        vectors.search(question.vector, limit, filters) if vectors else [],
        words.search(question.words, filters, limit, like=like.lexicon if like else None),
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


def _ranks(hits: list[Hit]) -> dict[int, float]:
    """Return the rank of each key in one channel, from 1; of equal scores all have the middle one.

    So of fifty books that share nothing but their author not all come before what is alike.
    """
    ranks: dict[int, float] = {}
    for _, equal in groupby(hits, key=itemgetter(1)):
        keys = [key for key, _ in equal]
        rank = len(ranks) + (len(keys) + 1) / 2
        ranks |= dict.fromkeys(keys, rank)
    return ranks
