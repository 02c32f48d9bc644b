"""From signals to a relation and a score in 0..1.

A trained ranker weighs the evidence; the relation is decided beside it, by what kind of evidence
there is. Both are the same whichever filters were asked with and wherever in a listing a link is.
"""

import math
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from linkage import ranker
from linkage.evidence import Naming, Profile, Signals
from linkage.ranker import Ranker
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
_NOTHING = dict.fromkeys(FEATURES, 0.0)
SHIPPED = Path(str(files("linkage") / "data" / "ranker.json"))

_LIKELY = 0.5
_FAR = 5.0
"""Standard deviations above the background that count as as near as can be."""


def features(source: Profile, target: Profile, found: Signals) -> dict[str, float]:
    """Return what is known of a pair, by the names of FEATURES: 0 for nothing, 1 at most.

    Evidence counts the same whichever of the two items is the source, but for `overlap`.
    """
    nearness = min(1.0, found.nearness / _FAR)
    rare_creator = 1 / math.log2(max(2, found.bearers)) if found.creators else 0.0
    titles = found.titles
    facts: dict[str, float] = {
        "same_work": is_same_work(source, target, found),
        "series": bool(found.series),
        "creator": rare_creator,
        "creator_of_kind": rare_creator * (source.item.kind == target.item.kind),
        "subjects": found.subject_rarity,
        "same_title": titles.is_same,
        "same_head": titles.is_same_head,
        "alike_title": titles.is_alike,
        "shared_title": titles.rarity,
        "own_title": 1 / math.log2(max(2, titles.namesakes)) if titles.is_same else 0.0,
        "told": found.told,
        "told_rare": found.told_rarity,
        "overlap": found.text_overlap,
        "nearness": nearness,
        "nearness_across": nearness * _is_across(source.item, target.item),
        "made_before": _is_made_before(source, target),
    }
    for naming, namer in _namings(source, target, found):
        if naming.creator:
            facts[f"named_{naming.creator}"] = True
            if naming.title or titles.is_alike:
                facts[f"named_{naming.creator}_titled"] = True
        if naming.title and namer.item.kind in REPORTS:
            facts["reported"] = found.told_rarity
    return {**_NOTHING, **facts}


def judge(
    source: Profile, target: Profile, found: Signals, by: Ranker | None = None
) -> tuple[Relation, float]:
    """Return what ties two items and how likely the link is right, 0..1, by the shipped ranker."""
    score = (by or shipped()).probability(features(source, target, found))
    return _relation(source, target, found, score), score


@cache
def shipped() -> Ranker:
    """Return the ranker that comes with Weft."""
    return ranker.load(SHIPPED, FEATURES)


def is_same_work(source: Profile, target: Profile, found: Signals) -> bool:
    """Tell whether the two are editions of one work."""
    is_alike = found.titles.is_same and source.item.kind == target.item.kind
    return bool(found.identifiers or (is_alike and found.creators))


def _relation(source: Profile, target: Profile, found: Signals, score: float) -> Relation:
    if is_same_work(source, target, found):
        return "same_work"
    if _is_made_from(source, target, found, score):
        return "adaptation_of"
    for naming, namer in _namings(source, target, found):
        if naming.title and (naming.creator or score >= _LIKELY):
            return "about" if namer.item.kind in REPORTS else "mentions"
    is_sequel = found.titles.is_within and source.item.kind == target.item.kind
    if found.series or (found.creators and is_sequel):
        return "series"
    return "same_creator" if found.creators else "similar"


def _is_made_from(source: Profile, target: Profile, found: Signals, score: float) -> bool:
    """Tell whether a book and a film, game … are one story."""
    if not _book_and_adaptation(source, target) or _is_made_before(source, target):
        return False
    is_titled = found.titles.is_alike or found.titles.is_same_head
    if is_titled and (found.has_cue or score >= _LIKELY):
        return True
    return any(
        (naming.title or is_titled) and naming.creator and (naming.has_cue or score >= _LIKELY)
        for naming, _ in _namings(source, target, found)
    )


def _is_made_before(source: Profile, target: Profile) -> bool:
    """Tell whether a film, game … is older than the book."""
    if not (pair := _book_and_adaptation(source, target)):
        return False
    book, other = pair
    return bool(book.year and other.year and other.year < book.year - 1)


def _is_across(source: Item, target: Item) -> bool:
    """Tell whether two items are known to be in different languages, and so share few words."""
    both = (source.language or "", target.language or "")
    primary = {language.lower().partition("-")[0] for language in both}
    return "" not in primary and len(primary) > 1


def _book_and_adaptation(source: Profile, target: Profile) -> tuple[Profile, Profile] | None:
    for book, other in ((source, target), (target, source)):
        if book.item.kind == "book" and other.item.kind in ADAPTATIONS:
            return book, other
    return None


def _namings(source: Profile, target: Profile, found: Signals) -> Iterator[tuple[Naming, Profile]]:
    """Yield what one item says of the other, and the item that says it."""
    if found.named_by_target:
        yield found.named_by_target, target
    if found.named_by_source:
        yield found.named_by_source, source
