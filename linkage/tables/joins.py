"""Join two tables: which of their records are the same thing, and how surely."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from linkage.match import Matcher
from linkage.tables import alignment
from linkage.tables.records import Record

NEAREST = 5
"""How many neighbours of each record, by title and by all that is said, are compared with it."""
IDENTIFIED = 0.99
"""How sure a shared identifier is: a few catalogues give two things one."""

Places = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Match:
    """Two records that are taken to be one, by their ids."""

    left: str
    right: str
    probability: float
    identifiers: tuple[str, ...]
    """The schemes of the identifiers they share."""


@dataclass(frozen=True, slots=True)
class Join:
    """The matches, the most probable first, and what was compared to find them."""

    matches: list[Match]
    compared: int
    possible: int


def join(
    left: Sequence[Record],
    right: Sequence[Record],
    *,
    matcher: Matcher,
    one_to_one: bool = False,
    threshold: float | None = None,
) -> Join:
    """Return the pairs of records, one of each table, that are probably one thing.

    A matcher of the common form (`alignment.SCHEMA`) takes tables of any columns. With
    `one_to_one` no record is in two matches: the more probable one stands. `threshold` replaces
    the matcher's own.
    """
    shared = _identified(left, right)
    shaped = _shaped(left, right) if matcher.schema == alignment.SCHEMA else (left, right)
    tables = matcher.tables(*shaped)
    pairs = sorted({*tables.neighbourhood.nearest(NEAREST), *shared})
    probabilities = matcher.probabilities(tables.features(pairs)).tolist()
    sure = dict.fromkeys(shared, IDENTIFIED)
    found = {p: max(own, sure.get(p, 0.0)) for p, own in zip(pairs, probabilities, strict=True)}
    least = matcher.threshold if threshold is None else threshold
    ranked = sorted((p for p in found if found[p] >= least), key=lambda p: (-found[p], p))
    kept = _one_to_one(ranked) if one_to_one else ranked
    matches = [Match(left[i].id, right[j].id, found[i, j], shared.get((i, j), ())) for i, j in kept]
    return Join(matches, len(pairs), len(left) * len(right))


def _shaped(left: Sequence[Record], right: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    aligned = alignment.align(left, right)
    return [aligned.shape(r, 0) for r in left], [aligned.shape(r, 1) for r in right]


def _identified(left: Sequence[Record], right: Sequence[Record]) -> dict[Places, tuple[str, ...]]:
    """Return the pairs that share valid identifiers, with their schemes."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, record in enumerate(right):
        for identifier in alignment.known_identifiers(record):
            holders[identifier].append(place)
    found: dict[Places, list[str]] = defaultdict(list)
    for place, record in enumerate(left):
        for identifier in sorted(alignment.known_identifiers(record)):
            for other in holders[identifier]:
                found[place, other].append(identifier[0])
    return {pair: tuple(schemes) for pair, schemes in found.items()}


def _one_to_one(ranked: Iterable[Places]) -> Iterator[Places]:
    """Yield the pairs none of whose records stands in a better pair."""
    taken: tuple[set[int], set[int]] = (set(), set())
    for left, right in ranked:
        if left not in taken[0] and right not in taken[1]:
            taken[0].add(left)
            taken[1].add(right)
            yield left, right
