"""Train the matcher that decides which items of a catalogue are one work.

It learns from renditions of books and films, compared where they share a block, and judges each
pair by itself: the weights of words are counted here, once, and kept with it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from math import exp, log
from pathlib import Path
from random import Random

import numpy as np

from linkage.learn.matcher import Effort, Examples, fit
from linkage.learn.recipe import MatcherRecipe
from linkage.learn.renditions import Catalogue, Habits, Thing, render
from linkage.learn.things import read_books, read_films
from linkage.match import Matcher
from linkage.tables.compare import Rarity, compare
from linkage.types import Item
from linkage.works.blocking import blocks
from linkage.works.editions import SCHEMA, described

LARGEST_BLOCK = 50
_SHARED = (0.05, 0.95)
_THINGS, _MOST = 10_000, 12_000
"""Of one catalogue: things, all of an author's to be rivals, and pairs that are learned from."""
_COMMON = 20
"""Words that stand in fewer things than this count as seldom as can be, and are not kept."""
_EFFORT = Effort(trees=250, leaves=31, rate=0.06, repeats=1)


def train_editions(
    recipe: MatcherRecipe, progress: Callable[[int, int], None] | None = None
) -> Matcher:
    """Return a matcher of items, made as a recipe says. It keeps no records, only word counts."""
    random = Random(recipe.seed)  # noqa: S311 - nothing here is secret
    books, films = read_books(Path(recipe.books)), read_films(Path(recipe.films))
    rarity = _rarity([*books, *films])
    parts: list[Examples] = []
    for _ in range(recipe.tables):
        for things in (books, films):
            chosen = random.sample(things, min(_THINGS, len(things)))
            parts.append(_examples(chosen, rarity, random))
            if progress:
                progress(len(parts), 2 * recipe.tables)
    return replace(fit(Examples.joined(parts), SCHEMA, effort=_EFFORT), rarity=rarity)


def _rarity(things: Iterable[Thing]) -> Rarity:
    plain = Catalogue(Habits(), Random(0))  # noqa: S311 - it does nothing by chance
    counted = Rarity.of(described(plain.rendition(thing).item("")) for thing in things)
    common = {word: count for word, count in sorted(counted.words.items()) if count >= _COMMON}
    return Rarity(counted.count, common, {})


def _examples(things: list[Thing], rarity: Rarity, random: Random) -> Examples:
    """Return what shares a block among two renditions of things, in one catalogue."""
    shared = exp(random.uniform(*map(log, _SHARED)))
    translates = random.random() < 0.5  # noqa: PLR2004 - a coin
    left, right, is_same = render(things, random, shared=shared, translates=translates)
    items = [r.item(str(place)) for place, r in enumerate((*left, *right))]
    pairs = candidates(items)
    chosen = random.sample(pairs, min(len(pairs), _MOST))
    compared = [described(item) for item in items]
    rows = [compare(compared[i], compared[j], rarity) for i, j in chosen]
    labels = [i < len(left) <= j and is_same(i, j - len(left)) for i, j in chosen]
    return Examples.of(np.array(rows), np.array(labels, dtype=np.bool_), weight=_MOST / len(chosen))


def candidates(items: Sequence[Item]) -> list[tuple[int, int]]:
    """Return the places of items that share a block which is not too large."""
    holders: dict[int, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        for block in blocks(item):
            holders[block].append(place)
    small = (held for held in holders.values() if len(held) <= LARGEST_BLOCK)
    return sorted({pair for held in small for pair in combinations(held, 2)})
