"""Measure mentions against gold, with bootstrap intervals."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.learn.evaluate_matches import Figure, calibration_error
from linkage.learn.gold import Gold, Named
from linkage.types import Item, Mention

Find = Callable[[str], Sequence[Mention]]
RESAMPLED = 1_000
"""How often texts are drawn again, with replacement, for an interval."""
_Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found in `texts` texts, of `links` known links.

    `false_texts` is the share of the texts without gold in which something is linked all the same.
    """

    texts: int
    links: int
    precision: Figure
    recall: Figure
    f1: Figure
    calibration_error: float
    false_texts: float | None = None


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of one text: links that are right, found, and known; probabilities and whether each is."""

    right: int
    found: int
    known: int
    judged: tuple[tuple[float, bool], ...]


def evaluate(
    find: Find, item_of: Callable[[str], Item], gold: Sequence[Gold], unlinked: Iterable[Gold] = ()
) -> Report:
    """Compare what is found with gold.

    In an annotated text each mention must be of the right thing at the right place. In the text of
    a linked item every link to a thing of the kinds that gold links to must be a known one,
    wherever it stands.
    """
    kinds = {item_of(m.entity).kind for each in gold if each.item for m in each.named}
    counts = [
        _annotated(find(each.text), each.named)
        if each.text is not None
        else _linked(find(item_of(each.item or "").text), each.named, kinds)
        for each in gold
    ]
    none = [_linked(find(item_of(each.item or "").text), (), kinds).found > 0 for each in unlinked]
    table = np.array([(c.right, c.found, c.known) for c in counts], dtype=np.float64)
    figures = _figures(table)
    judged = np.array([j for c in counts for j in c.judged], dtype=np.float64).reshape(-1, 2)
    return Report(
        texts=len(counts),
        links=int(table[:, 2].sum()),
        precision=figures[0],
        recall=figures[1],
        f1=figures[2],
        calibration_error=calibration_error(judged[:, 0], judged[:, 1] > 0),
        false_texts=sum(none) / len(none) if none else None,
    )


def _annotated(mentions: Sequence[Mention], named: Sequence[Named]) -> _Counts:
    judged = [(m.probability, _is_known(m, named)) for m in mentions if m.entity]
    right = sum(is_right for _, is_right in judged)
    return _Counts(right, len(judged), len(named), tuple(judged))


def _is_known(mention: Mention, named: Sequence[Named]) -> bool:
    assert mention.entity
    return any(
        m.entity == mention.entity.id
        and (m.start or 0) < mention.end
        and mention.start < (m.end or 0)
        for m in named
    )


def _linked(mentions: Sequence[Mention], named: Sequence[Named], kinds: Collection[str]) -> _Counts:
    known = {m.entity for m in named}
    likely: dict[str, float] = {}
    for mention in mentions:
        if mention.entity and mention.entity.kind in kinds:
            before = likely.get(mention.entity.id, 0.0)
            likely[mention.entity.id] = max(before, mention.probability)
    judged = tuple((probability, id_ in known) for id_, probability in likely.items())
    return _Counts(len(known & likely.keys()), len(likely), len(known), judged)


def _figures(table: _Numbers) -> list[Figure]:
    """Return precision, recall and F1 of counts (right, found, known) a text."""
    draws = np.random.default_rng(0).integers(0, len(table), (RESAMPLED, len(table)))
    resampled = np.stack([_scores(table[draw].sum(axis=0)) for draw in draws])
    low, high = np.percentile(resampled, (2.5, 97.5), axis=0)
    values = _scores(table.sum(axis=0))
    return [Figure(*map(float, figure)) for figure in zip(values, low, high, strict=True)]


def _scores(sums: _Numbers) -> _Numbers:
    right, found, known = sums
    shares = right / max(found, 1), right / max(known, 1), 2 * right / max(found + known, 1)
    return np.array(shares)
