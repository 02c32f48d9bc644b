"""From signals to a relation and a score in 0..1.

Each kind of evidence has a probability that it alone makes a link useful; independent reasons add
up as a noisy-or, so more evidence never lowers a score. The figures are a first calibration by
hand; a trained ranker replaces `score` when there are clicks or gold links to learn from.
"""

import math
from collections.abc import Iterator

from linkage.evidence import Naming, Profile, Signals
from linkage.types import Relation

REPORTS = frozenset({"article", "page", "podcast", "post", "review", "video"})
"""Kinds that tell of works rather than being adapted from them."""
ADAPTATIONS = frozenset({"film", "series", "game", "music", "play"})
"""Kinds that are made from books."""

_TELLING_TITLE_WORDS = 3
_SERIES, _CREATOR, _SAME_TITLE, _SAME_HEAD = 0.85, 0.5, 0.45, 0.4
_SIMILARITY_MIDDLE, _SIMILARITY_SLOPE, _SIMILARITY_WEIGHT = 0.6, 12.0, 0.6
_OVERLAP_WEIGHT = 0.3


def relation(source: Profile, target: Profile, found: Signals) -> Relation:
    """Return what ties two items, by the strongest evidence there is."""
    if is_same_work(source, target, found):
        return "same_work"
    for naming, namer, named in (
        (found.named_by_target, target, source),
        (found.named_by_source, source, target),
    ):
        if naming and _is_telling(naming, named, same_title=found.same_title):
            return _relation_of_naming(naming, namer, named, same_title=found.same_title)
    if _is_made_from(source, target, found):
        return "adaptation_of"
    if found.series:
        return "series"
    return "same_creator" if found.creators else "similar"


def _is_made_from(source: Profile, target: Profile, found: Signals) -> bool:
    """Tell whether a book and a film, game … of one title speak of having been made from it."""
    kinds = {source.item.kind, target.item.kind}
    is_pair = "book" in kinds and bool(kinds & ADAPTATIONS)
    return is_pair and found.has_cue and (found.same_title or found.same_head)


def score(source: Profile, target: Profile, found: Signals) -> float:
    """Return how likely the link is of use, 0..1."""
    against = math.prod(1 - p for p in _probabilities(source, target, found))
    return round(1 - against, 4)


def features(source: Profile, target: Profile, found: Signals) -> dict[str, float]:
    """Return what a ranker weighs, by name: 0 where there is nothing to say, 1 at most.

    Evidence counts the same whichever of the two items is the source.
    """
    namings = (found.named_by_target, source), (found.named_by_source, target)
    facts: dict[str, float] = {
        "same_work": is_same_work(source, target, found),
        "series": bool(found.series),
        "creator": bool(found.creators),
        "same_title": found.same_title,
        "same_head": found.same_head,
        "made_from": _is_made_from(source, target, found),
        "overlap": found.overlap,
        "similarity": found.similarity or 0.0,
        "made_before": _is_made_before(source, target),
    }
    for naming, named in namings:
        if naming:
            name = _name_of(naming, named, same_title=found.same_title)
            facts[name] = 1.0
    facts |= {f"rank_{channel}": 1 / rank for channel, rank in found.ranks.items()}
    return facts


def _name_of(naming: Naming, named: Profile, *, same_title: bool) -> str:
    """Return the feature that a naming counts as."""
    if naming.creator:
        is_sure = same_title or naming.has_cue
        return f"named_{naming.creator}_{'surely' if is_sure else 'perhaps'}"
    is_telling = len(named.title.split()) >= _TELLING_TITLE_WORDS
    return "named_long_title" if is_telling else "named_short_title"


def _is_made_before(source: Profile, target: Profile) -> bool:
    """Tell whether a film, game … is older than the book."""
    if source.item.kind != "book" and target.item.kind == "book":
        source, target = target, source
    is_pair = source.item.kind == "book" and target.item.kind in ADAPTATIONS
    return bool(is_pair and source.year and target.year and target.year < source.year - 1)


def is_same_work(source: Profile, target: Profile, found: Signals) -> bool:
    """Tell whether the two are editions of one work."""
    is_alike = found.same_title and source.item.kind == target.item.kind
    return bool(found.identifiers or (is_alike and found.creators))


def _relation_of_naming(
    naming: Naming, namer: Profile, named: Profile, *, same_title: bool
) -> Relation:
    if namer.item.kind in REPORTS:
        return "about"
    is_made_from = namer.item.kind != named.item.kind and (same_title or naming.has_cue)
    return "adaptation_of" if is_made_from and naming.creator else "mentions"


def _is_telling(naming: Naming, named: Profile, *, same_title: bool) -> bool:
    if naming.creator == "full":
        return True
    if naming.creator == "surname":
        return naming.has_cue or same_title
    return len(named.title.split()) >= _TELLING_TITLE_WORDS


def _probabilities(source: Profile, target: Profile, found: Signals) -> Iterator[float]:
    if is_same_work(source, target, found):
        yield 0.97
    if found.named_by_target:
        yield _named(found.named_by_target, source, same_title=found.same_title)
    if found.named_by_source:
        yield _named(found.named_by_source, target, same_title=found.same_title)
    if found.series:
        yield _SERIES
    if found.creators:
        yield _CREATOR
    if found.same_title:
        yield _SAME_TITLE
    elif found.same_head:
        yield _SAME_HEAD
    if _is_made_from(source, target, found):
        yield _SAME_TITLE
    yield _OVERLAP_WEIGHT * found.overlap
    if found.similarity is not None:
        distance = _SIMILARITY_SLOPE * (found.similarity - _SIMILARITY_MIDDLE)
        yield _SIMILARITY_WEIGHT / (1 + math.exp(-distance))


def _named(naming: Naming, named: Profile, *, same_title: bool) -> float:
    if naming.creator == "full":
        return 0.93 if same_title or naming.has_cue else 0.8
    if naming.creator == "surname":
        return 0.85 if same_title and naming.has_cue else 0.5 if same_title else 0.3
    words = len(named.title.split())
    return 0.35 if words >= _TELLING_TITLE_WORDS else 0.15 if words > 1 else 0.02
