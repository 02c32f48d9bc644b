import random
import time
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.works.clusters import average_link, components, inherit

NODES = range(8)
PAIRS = list(combinations(NODES, 2))
EDGES = st.dictionaries(st.sampled_from(PAIRS), st.sampled_from([0.3, 0.5, 0.7, 0.9, 0.99]))


def linked(edges: dict, nodes: object = NODES) -> list[list[int]]:
    return average_link(list(nodes), edges, 0.5, str)


def test_sure_pairs_become_groups() -> None:
    assert linked({(0, 1): 0.9, (1, 2): 0.8, (0, 2): 0.7}, range(4)) == [[0, 1, 2], [3]]


def test_one_wrong_pair_does_not_chain_two_groups() -> None:
    within = dict.fromkeys([*combinations((0, 1, 2), 2), *combinations((3, 4, 5), 2)], 0.9)
    assert linked({**within, (2, 3): 0.99}, range(6)) != [[0, 1, 2, 3, 4, 5]]
    assert linked({**within, (2, 3): 0.85}, range(6)) == [[0, 1, 2], [3, 4, 5]]


def test_pair_below_the_least_mean_stays_apart() -> None:
    assert linked({(0, 1): 0.49}, range(2)) == [[0], [1]]


@given(EDGES, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_numbers_or_order(edges: dict, chance: random.Random) -> None:
    renamed = list(NODES)
    chance.shuffle(renamed)
    back = {new: old for old, new in enumerate(renamed)}
    items = [(tuple(sorted((renamed[a], renamed[b]))), p) for (a, b), p in edges.items()]
    chance.shuffle(items)
    other = average_link(renamed, dict(items), 0.5, lambda new: str(back[new]))
    assert sorted(sorted(back[new] for new in group) for group in other) == linked(edges)


@given(EDGES)
def test_groups_stay_within_their_component(edges: dict) -> None:
    whole = [set(component) for component in components(NODES, edges)]
    groups = linked(edges)
    assert sorted(node for group in groups for node in group) == list(NODES)
    assert all(any(set(group) <= component for component in whole) for group in groups)


@given(EDGES)
def test_a_component_alone_is_grouped_as_among_all(edges: dict) -> None:
    alone = [
        group
        for component in components(NODES, edges)
        for group in linked({p: v for p, v in edges.items() if p[0] in component}, component)
    ]
    assert sorted(alone) == linked(edges)


def age(old: str) -> int:
    return int(old[1:])


@pytest.mark.parametrize(
    ("groups", "before", "ids", "merged"),
    [
        ([[1, 2]], {}, [None], {}),
        ([[1, 2]], {1: "w1"}, ["w1"], {}),
        ([[1, 2]], {1: "w2", 2: "w1"}, ["w1"], {"w2": "w1"}),
        ([[1], [2, 3]], {1: "w1", 2: "w1", 3: "w1"}, [None, "w1"], {}),
        ([[1], [2]], {1: "w1", 2: "w1"}, ["w1", None], {}),
        ([[1, 4], [2, 3]], {1: "w1", 2: "w1", 3: "w1", 4: "w2"}, ["w2", "w1"], {}),
    ],
    ids=["founded", "joined", "merged", "split by number", "split by age", "moved"],
)
def test_ids_are_inherited(groups: list, before: dict, ids: list, merged: dict) -> None:
    assert inherit(groups, before, age) == (ids, merged)


@given(st.dictionaries(st.sampled_from(NODES), st.sampled_from(["w1", "w2", "w3"])))
def test_same_groups_keep_their_ids(before: dict) -> None:
    groups = [[n for n in before if before[n] == old] for old in sorted(set(before.values()))]
    assert inherit(groups, before, age) == (sorted(set(before.values())), {})


def test_many_works_inherit_in_no_time() -> None:
    """A catalogue that is compared anew has as many groups as works; each with each is too many."""
    nodes = range(20_000)
    started = time.process_time()
    ids, merged = inherit([[n] for n in nodes], {n: f"w{n}" for n in nodes}, age)
    assert time.process_time() - started < 5
    assert (ids, merged) == ([f"w{n}" for n in nodes], {})
