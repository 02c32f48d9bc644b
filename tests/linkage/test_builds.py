from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from linkage import builds, store
from linkage.builds import Build
from linkage.embed import Encoder, Progress, Vectors
from linkage.errors import BuildNotFoundError, BuildSupersededError
from linkage.imports import Transaction
from linkage.types import Item

MakeItem = Callable[..., Item]
Add = Callable[..., None]
Reindex = Callable[..., Build]


class Interrupted(Exception):  # noqa: N818 - stands for a killed process
    pass


class Unsteady:
    """An encoder that a process dies in after so many calls."""

    name = "words"
    dimension = 64

    def __init__(self, words: Encoder, calls: int, error: Exception) -> None:
        self.words, self.calls, self.error = words, calls, error

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.calls -= 1
        if self.calls < 0:
            raise self.error
        return self.words.encode(texts, progress)


@pytest.fixture
def queued(transaction: Transaction) -> str:
    with transaction() as session:
        return builds.start(session, "t1", encoder="words")


def run(
    transaction: Transaction, build_id: str, data_dir: Path, encoder: Encoder, tenant: str = "t1"
) -> Build:
    return builds.run(
        transaction, tenant, build_id, data_dir=data_dir, encoders=lambda _name: encoder
    )


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_build_is_verified_and_published(
    add: Add, reindex: Reindex, make_item: MakeItem, db: Session, kind: str
) -> None:
    add(*(make_item(str(n), f"Title {n}") for n in range(30)))
    build = reindex(kind)
    assert (build.state, build.done, build.total, build.kind) == ("live", 30, 30, kind)
    assert store.state(db, "t1").live_build == build.id


def test_empty_catalogue_can_be_built(reindex: Reindex) -> None:
    assert reindex().state == "live"


def test_killed_build_goes_on_where_it_stopped(
    add: Add, make_item: MakeItem, transaction: Transaction, queued: str, data_dir: Path,
    words: Encoder, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(builds, "SHARD", 10)
    monkeypatch.setattr(builds, "LEASE", timedelta(0))
    add(*(make_item(str(n), f"Title {n}") for n in range(35)))
    with pytest.raises(Interrupted):
        run(transaction, queued, data_dir, Unsteady(words, 2, Interrupted()))
    with transaction() as session:
        assert builds.get(session, "t1", queued).done == 20
        assert builds.waiting(session) == [("t1", queued)]
    monkeypatch.setattr(builds, "LEASE", timedelta(minutes=1))
    encoder = Unsteady(words, 2, AssertionError("encoded what was encoded before"))
    assert run(transaction, queued, data_dir, encoder).state == "live"
    assert [path.name for path in data_dir.iterdir()] == [queued]


def test_build_that_another_run_is_at_is_left_alone(
    add: Add, make_item: MakeItem, transaction: Transaction, queued: str, data_dir: Path,
    words: Encoder,
) -> None:  # fmt: skip
    add(make_item("1"))
    with pytest.raises(Interrupted):
        run(transaction, queued, data_dir, Unsteady(words, 0, Interrupted()))
    assert run(transaction, queued, data_dir, words).state == "building"
    with transaction() as session:
        assert builds.waiting(session) == []


def test_failure_is_told_and_leaves_the_live_build(
    add: Add, reindex: Reindex, make_item: MakeItem, transaction: Transaction, data_dir: Path,
    words: Encoder, db: Session,
) -> None:  # fmt: skip
    add(make_item("1"))
    live = reindex()
    with transaction() as session:
        second = builds.start(session, "t1", encoder="words")
    build = run(transaction, second, data_dir, Unsteady(words, 0, RuntimeError("no memory")))
    assert (build.state, build.error) == ("failed", "no memory")
    assert store.state(db, "t1").live_build == live.id
    assert [path.name for path in data_dir.iterdir()] == [live.id]


def test_newer_build_supersedes_one_under_way(
    add: Add, make_item: MakeItem, transaction: Transaction, queued: str, data_dir: Path,
    words: Encoder,
) -> None:  # fmt: skip
    add(make_item("1"))

    class Overtaken(Unsteady):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            with transaction() as session:
                builds.start(session, "t1", encoder="words")
            return words.encode(texts, progress)

    with pytest.raises(BuildSupersededError):
        run(transaction, queued, data_dir, Overtaken(words, 0, Interrupted()))
    with transaction() as session:
        newest, old = builds.listed(session, "t1")
    assert (newest.state, old.state) == ("queued", "failed")
    assert old.error
    assert newest.id in old.error


def test_roll_back_makes_the_build_before_live_again(
    add: Add, reindex: Reindex, make_item: MakeItem, transaction: Transaction, db: Session
) -> None:
    add(make_item("1"))
    first, second = reindex(), reindex()
    with transaction() as session:
        assert builds.roll_back(session, "t1") == first.id
    assert store.state(db, "t1").live_build == first.id
    assert builds.get(db, "t1", second.id).state == "old"


def test_only_one_old_build_keeps_its_files(
    add: Add, reindex: Reindex, make_item: MakeItem, data_dir: Path, db: Session
) -> None:
    add(make_item("1"))
    first, second, third = reindex(), reindex(), reindex()
    assert {path.name for path in data_dir.iterdir()} == {second.id, third.id}
    assert builds.get(db, "t1", first.id).state == "deleted"


def test_builds_of_another_tenant_are_not_there(
    transaction: Transaction, queued: str, data_dir: Path, words: Encoder
) -> None:
    with pytest.raises(BuildNotFoundError):
        run(transaction, queued, data_dir, words, tenant="other")
    with transaction() as session, pytest.raises(BuildNotFoundError):
        builds.roll_back(session, "other")


def test_item_deleted_while_its_build_runs_is_not_in_it(
    add: Add, make_item: MakeItem, transaction: Transaction, queued: str, data_dir: Path,
    words: Encoder,
) -> None:  # fmt: skip
    add(make_item("1"), make_item("2"))

    class Deleting(Unsteady):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            with transaction() as session:
                store.remove(session, "t1", ["1"])
            return words.encode(texts, progress)

    assert run(transaction, queued, data_dir, Deleting(words, 0, Interrupted())).state == "live"
