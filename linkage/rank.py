"""From signals to a relation and a score in 0..1.

A trained ranker weighs the evidence; the relation is decided beside it, by what kind of evidence
there is. Both are the same whichever filters were asked with and wherever in a listing a link is.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from linkage import evidence
from linkage.related import ranker
from linkage.related.ranker import Ranker
from linkage.related.signals import Column, Flags, Signals
from linkage.related.sketch import Sketch
from linkage.types import Item, Relation

REPORTS = frozenset({"article", "page", "podcast", "post", "review", "video"})
"""Kinds that tell of works rather than being adapted from them."""
ADAPTATIONS = frozenset({"film", "series", "game", "music", "play"})
"""Kinds that are made from books."""

FEATURES = (
    "same_work", "series", "creator", "creator_of_kind", "subjects", "same_title", "same_head",
    "alike_title", "shared_title", "own_title", "told", "told_rare", "named_full", "named_surname",
    "named_full_titled", "named_surname_titled", "reported", "overlap", "nearness",
    "nearness_across", "made_before",
)  # fmt: skip
"""What a ranker weighs."""
SHIPPED = Path(str(files("linkage") / "data" / "ranker.json"))

_LIKELY = 0.5
_DECIMALS = 12
_FAR = 5.0
"""Standard deviations above the background that count as as near as can be."""


def features(found: Signals) -> dict[str, Column]:
    """Return what is known of each pair, by the names of FEATURES: 0 for nothing, 1 at most.

    Evidence counts the same whichever of the two items is the source, but for `overlap`.
    """
    titles, kind = found.titles, found.source.kind
    nearness = np.minimum(1.0, found.nearness / _FAR)
    is_of_kind = found.is_of({kind})
    creator = np.where(found.creators, _telling(found.bearers), 0.0)
    namings = found.named_by_target, found.named_by_source
    full, surname = (namings[0].full, namings[1].full), (namings[0].surname, namings[1].surname)
    titled = [naming.title | titles.is_alike for naming in namings]
    return {
        "same_work": is_same_work(found),
        "series": found.series,
        "creator": creator,
        "creator_of_kind": creator * is_of_kind,
        "subjects": found.subject_rarity,
        "same_title": titles.is_same,
        "same_head": titles.is_same_head,
        "alike_title": titles.is_alike,
        "shared_title": titles.rarity,
        "own_title": titles.is_same * _telling(float(titles.namesakes)),
        "told": found.told,
        "told_rare": found.told_rarity,
        "named_full": full[0] | full[1],
        "named_surname": surname[0] | surname[1],
        "named_full_titled": full[0] & titled[0] | full[1] & titled[1],
        "named_surname_titled": surname[0] & titled[0] | surname[1] & titled[1],
        "reported": found.told_rarity * _is_reported(found),
        "overlap": found.text_overlap,
        "nearness": nearness,
        "nearness_across": nearness * found.is_across,
        "made_before": is_made_before(found),
    }


def scores(found: Signals, by: Ranker | None = None) -> Column:
    """Return how likely each link is right, 0..1, by the shipped ranker or another.

    What is equal but for rounding is equal.
    """
    return np.round((by or shipped()).probabilities(features(found)), _DECIMALS)


@cache
def shipped() -> Ranker:
    """Return the ranker that comes with Weft."""
    return ranker.load(SHIPPED, FEATURES)


def is_same_work(found: Signals) -> Flags:
    """Tell which are editions of one work with the source."""
    is_alike = found.titles.is_same & found.creators
    return found.identifiers | (is_alike & found.is_of({found.source.kind}))


def is_made_before(found: Signals) -> Flags:
    """Tell where a film, game … is older than the book."""
    kind, year, years = found.source.kind, found.source.year, found.years
    before, others = np.zeros(len(years), dtype=np.bool_), frozenset[str]()
    if kind == "book" and year:
        before, others = years < year - 1, ADAPTATIONS
    elif kind in ADAPTATIONS and year:
        before, others = year < years - 1, frozenset({"book"})
    is_before: Flags = before & (years != 0) & found.is_of(others)
    return is_before


def relation(found: Signals, at: int, score: float, source: Item, target: Item) -> Relation:
    """Return what ties the source to one of the targets that is no edition of it.

    `score` is how likely the link is.
    """
    namings = _namings(found, at, source, target)
    if _is_made_from(found, at, score, namings):
        return "adaptation_of"
    for naming in namings:
        if naming.title and (naming.creator or score >= _LIKELY):
            return "about" if naming.namer.kind in REPORTS else "mentions"
    is_sequel = found.titles.is_within[at] and source.kind == target.kind
    if found.series[at] or (found.creators[at] and is_sequel):
        return "series"
    return "same_creator" if found.creators[at] else "similar"


@dataclass(frozen=True, slots=True)
class _Naming:
    """What one item says of the other: its title, a creator of it, or both."""

    title: bool
    creator: bool
    namer: Item
    named: Sketch

    def has_cue(self) -> bool:
        """Tell whether words near the creator say that one was made from the other."""
        return evidence.has_cue_near(self.namer, self.named)


def _namings(found: Signals, at: int, source: Item, target: Item) -> list[_Naming]:
    by_target, by_source = found.named_by_target, found.named_by_source
    namings = (
        _Naming(bool(by_target.title[at]), bool(by_target.creator[at]), target, found.source),
        _Naming(bool(by_source.title[at]), bool(by_source.creator[at]), source, found.targets[at]),
    )
    return [naming for naming in namings if naming.title or naming.creator]


def _is_made_from(found: Signals, at: int, score: float, namings: list[_Naming]) -> bool:
    """Tell whether a book and a film, game … are one story."""
    kinds = found.source.kind, found.targets[at].kind
    is_pair = any(a == "book" and b in ADAPTATIONS for a, b in (kinds, kinds[::-1]))
    if not is_pair or is_made_before(found)[at]:
        return False
    is_titled = found.titles.is_alike[at] or found.titles.is_same_head[at]
    if is_titled and (found.has_cue[at] or score >= _LIKELY):
        return True
    return any(
        (naming.title or is_titled) and naming.creator and (score >= _LIKELY or naming.has_cue())
        for naming in namings
    )


def _is_reported(found: Signals) -> Flags:
    """Tell where an article, review … names the title of the other item."""
    by_target = found.named_by_target.title & found.is_of(REPORTS)
    return by_target | found.named_by_source.title & (found.source.kind in REPORTS)


def _telling(bearers: Column | float) -> Column:
    """Return how telling it is to have what so many items have: 1 for one or two."""
    return 1 / np.log2(np.maximum(2.0, bearers))
