"""Train a matcher for tables it has never seen, from renditions of things and pairs of many tables.

All tables are brought to the form of `linkage.tables.alignment`. Each file of labelled pairs counts
as much as any other, whatever its size; renditions make the rest.
"""

from collections.abc import Callable, Iterator
from math import exp, log
from pathlib import Path
from random import Random

import numpy as np

from linkage.learn.matcher import Effort, Examples, fit
from linkage.learn.recipe import MatcherRecipe
from linkage.learn.renditions import episodes, people, render
from linkage.learn.things import read_books, read_films, sample
from linkage.match import Matcher, Tables
from linkage.tables.alignment import SCHEMA, align
from linkage.tables.records import lay_out, read_pairs

_NEAREST = 3
_MOST = 3_000
"""Candidates of one pair of tables that are learned from."""
_SHARED = (0.02, 0.95)
"""Least and greatest share of the things that stand in both tables."""
_EFFORT = Effort(trees=250, leaves=31, rate=0.06, repeats=1)


def train_general(
    recipe: MatcherRecipe, progress: Callable[[int, int], None] | None = None
) -> Matcher:
    """Return a matcher of the common form, made as a recipe says. It keeps no records."""
    parts: list[Examples] = []
    for part in (*_rendered(recipe), *_labelled(recipe)):
        parts.append(part)
        if progress:
            progress(len(parts), 4 * recipe.tables + len(recipe.pairs))
    return fit(Examples.joined(parts), SCHEMA, effort=_EFFORT)


def _rendered(recipe: MatcherRecipe) -> Iterator[Examples]:
    """Yield candidates between two renditions of the same things, in turn of each kind."""
    random = Random(recipe.seed)  # noqa: S311 - nothing here is secret
    books, films = read_books(Path(recipe.books)), read_films(Path(recipe.films))
    kinds = (books, films, people([*films, *books], random), episodes(films, random))
    weight = (1 - recipe.pairs_share * len(recipe.pairs)) / (len(kinds) * recipe.tables)
    for _ in range(recipe.tables):
        for things in kinds:
            shared = exp(random.uniform(*map(log, _SHARED)))
            left, right, is_same = render(sample(things, random), random, shared=shared)
            lefts, rights = ([r.record(i) for i, r in enumerate(side)] for side in (left, right))
            tables = Tables(lefts, rights, SCHEMA)
            near = tables.neighbourhood.nearest(_NEAREST)
            pairs = random.sample(near, min(len(near), _MOST))
            labels = np.array([is_same(i, j) for i, j in pairs], dtype=np.bool_)
            yield Examples.of(tables.features(pairs), labels, weight=_MOST * weight / len(pairs))


def _labelled(recipe: MatcherRecipe) -> Iterator[Examples]:
    """Yield the pairs of each file, brought to the common form."""
    for path in map(Path, recipe.pairs):
        pairs = read_pairs(path)
        laid = lay_out(pairs)
        aligned = align(laid.left, laid.right)
        left, right = (
            [aligned.shape(record, side) for record in records]
            for side, records in enumerate((laid.left, laid.right))
        )
        labels = np.array([pair.is_match for pair in pairs], dtype=np.bool_)
        features = Tables(left, right, SCHEMA).features(laid.places)
        yield Examples.of(features, labels, weight=_MOST * recipe.pairs_share / len(pairs))
