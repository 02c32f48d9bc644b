import os
from pathlib import Path

import pytest

from linkage.errors import RankerError, RankerNotFoundError
from linkage.related.ranker import Ranker
from linkage.related.rankers import SHIPPED, Card, Rankers, new_version

T = "t1"


@pytest.fixture
def rankers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rankers:
    monkeypatch.setattr("linkage.related.rankers.FRESH_SECONDS", 0.0)
    return Rankers(tmp_path / "rankers")


def kept(rankers: Rankers, weight: float, tenant: str = T) -> str:
    version = new_version()
    made = Ranker(weights={"creator": weight}, intercept=-1.0)
    rankers.keep(tenant, made, Card(version=version, made_from="clicks", questions=1, links=2))
    return version


def weight_of(rankers: Rankers, tenant: str = T) -> float | None:
    used = rankers.in_use(tenant)
    return used.weights["creator"] if used else None


def test_a_tenant_begins_with_the_shipped_ranker(rankers: Rankers) -> None:
    assert rankers.in_use(T) is None
    assert rankers.version(T) == SHIPPED
    assert rankers.cards(T) == []


def test_a_ranker_is_used_once_it_is_chosen_by_every_process(
    rankers: Rankers, tmp_path: Path
) -> None:
    version = kept(rankers, 2.0)
    other_process = Rankers(tmp_path / "rankers")
    assert weight_of(other_process) is None
    rankers.use(T, version)
    assert weight_of(other_process) == weight_of(rankers) == 2.0
    rankers.use(T, SHIPPED)
    assert weight_of(other_process) is None


def test_rankers_are_listed_newest_first_and_removed(rankers: Rankers) -> None:
    first, second = kept(rankers, 1.0), kept(rankers, 2.0)
    assert [card.version for card in rankers.cards(T)] == [second, first]
    rankers.use(T, second)
    rankers.remove(T, second)
    assert [card.version for card in rankers.cards(T)] == [first]
    assert rankers.version(T) == SHIPPED


@pytest.mark.parametrize("version", ["absent", "../t2/x", "", "/etc/passwd"])
def test_only_ones_own_rankers_can_be_named(rankers: Rankers, version: str) -> None:
    kept(rankers, 1.0, "t2")
    for act in (rankers.use, rankers.remove):
        with pytest.raises(RankerNotFoundError):
            act(T, version)


def test_tenants_are_apart_whatever_they_are_called(rankers: Rankers, tmp_path: Path) -> None:
    names = ["..", "a/b", "a%2Fb", "", "ä"]
    for weight, name in enumerate(names, start=1):
        rankers.use(name, kept(rankers, float(weight), name))
    assert [weight_of(rankers, name) for name in names] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert {path.name for path in tmp_path.iterdir()} == {"rankers"}


def test_a_damaged_ranker_gives_way_to_the_shipped_one(rankers: Rankers, tmp_path: Path) -> None:
    version = kept(rankers, 1.0)
    rankers.use(T, version)
    [path] = (tmp_path / "rankers").rglob(f"{version}.json")
    path.write_text("{")
    assert Rankers(tmp_path / "rankers").in_use(T) is None
    with pytest.raises(RankerError):
        rankers.use(T, version)


def test_nothing_unfinished_is_left(rankers: Rankers, tmp_path: Path) -> None:
    rankers.use(T, kept(rankers, 1.0))
    names = [name for _, _, files in os.walk(tmp_path) for name in files]
    assert len(names) == 3
    assert not [name for name in names if "partial" in name]
