"""From probable pairs to groups, and from groups to ids that last.

Groups are those of average linkage (UPGMA, Sokal and Michener 1958): two are joined while the mean
probability over all pairs between them is high enough, an unlikely or uncompared pair counting as
0. One wrong pair therefore never chains two large groups. The result depends on the pairs alone,
not on the order in which they were found.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

Edges = Mapping[tuple[int, int], float]
"""The probability that two items, the smaller number first, are one."""


def components(nodes: Iterable[int], edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the nodes in sets that edges hold together, each set and all of them in order."""
    parent = {node: node for node in nodes}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for one, other in edges:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    found: dict[int, list[int]] = defaultdict(list)
    for node in sorted(parent):
        found[root(node)].append(node)
    return list(found.values())


def average_link(
    nodes: Sequence[int], edges: Edges, least: float, name: Callable[[int], str]
) -> list[list[int]]:
    """Return the groups of average linkage whose pairs have a mean probability of `least` or more.

    Of equally good joins that of the least names is made first, so that numbers, which are given in
    the order of arrival, decide nothing.
    """
    groups = {place: [node] for place, node in enumerate(sorted(nodes, key=name))}
    at = {group[0]: place for place, group in groups.items()}
    sums: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), probability in edges.items():
        sums[at[one]][at[other]] = sums[at[other]][at[one]] = probability

    def rank(one: int, other: int) -> tuple[float, int, int]:
        mean = sums[one][other] / (len(groups[one]) * len(groups[other]))
        # rounded, for sums of the same numbers in another order differ in their last digits
        return -round(mean, 9), min(one, other), max(one, other)

    heap = [rank(one, other) for one in sums for other in sums[one] if one < other]
    heapify(heap)
    while heap and -heap[0][0] >= least:
        found = heappop(heap)
        _, kept, gone = found
        if kept not in groups or gone not in groups or rank(kept, gone) != found:
            continue
        groups[kept] += groups.pop(gone)
        for other, total in sums.pop(gone).items():
            del sums[other][gone]
            if other != kept:
                sums[kept][other] = sums[other][kept] = total + sums[kept].get(other, 0.0)
        for other in sums[kept]:
            heappush(heap, rank(kept, other))
    return sorted(sorted(group) for group in groups.values())


def inherit(
    groups: Sequence[Collection[int]], before: Mapping[int, T], age: Callable[[T], int]
) -> tuple[list[T | None], dict[T, T]]:
    """Return the id each group inherits from what its members had before, and what became of ids.

    An id goes to the group that holds most of its former members, of equals to that of the oldest
    one. A group that is left several keeps the oldest; the others are merged into it. A group that
    is left none gets None: a new id is to be made.
    """
    heirs: dict[T, tuple[int, int, int]] = {}
    for place, group in enumerate(groups):
        for old, members in _by_id(group, before).items():
            claim = len(members), -min(members), place
            heirs[old] = max(heirs.get(old, claim), claim)
    ids: list[T | None] = [None] * len(groups)
    merged: dict[T, T] = {}
    for old in sorted(heirs, key=age):
        place = heirs[old][-1]
        kept = ids[place]
        if kept is None:
            ids[place] = old
        else:
            merged[old] = kept
    return ids, merged


def _by_id(group: Collection[int], before: Mapping[int, T]) -> dict[T, list[int]]:
    """Return the members of a group by the id that each had."""
    found: dict[T, list[int]] = defaultdict(list)
    for node in group:
        if node in before:
            found[before[node]].append(node)
    return found
