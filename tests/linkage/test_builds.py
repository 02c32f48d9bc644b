import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from linkage import builder, builds, segment, store
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


Run = Callable[..., Build]


@pytest.fixture
def run(transaction: Transaction, queued: str, data_dir: Path, words: Encoder) -> Run:
    def run(
        encoder: Encoder = words, build_id: str = queued, tenant: str = "t1", **options: Any
    ) -> Build:
        return builds.run(
            transaction, tenant, build_id, data_dir=data_dir, encoders=lambda _name: encoder,
            **options,
        )  # fmt: skip

    return run


@pytest.fixture
def many(add: Add, make_item: MakeItem) -> None:
    add(*(make_item(str(n), f"Title {n}") for n in range(35)))


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("kind", ["auto", "flat", "hnsw"])
def test_build_is_verified_and_published(
    add: Add, reindex: Reindex, make_item: MakeItem, db: Session, kind: str
) -> None:
    add(*(make_item(str(n), f"Title {n}") for n in range(30)))
    build = reindex(kind)
    assert (build.state, build.done, build.total, build.kind) == ("live", 30, 30, kind)
    assert store.state(db, "t1").live_build == build.id


def test_empty_catalogue_can_be_built(reindex: Reindex) -> None:
    assert reindex().state == "live"


@pytest.mark.usefixtures("many")
def test_killed_build_goes_on_where_it_stopped(
    run: Run, db: Session, queued: str, words: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "SHARD", 10)
    with pytest.raises(Interrupted):
        run(Unsteady(words, 2, Interrupted()), lease_seconds=0.1)
    time.sleep(0.15)
    assert builds.get(db, "t1", queued).done == 20
    assert builds.waiting(db) == [("t1", queued)]
    db.rollback()
    rest = Unsteady(words, 2, AssertionError("encoded what was encoded before"))
    assert run(rest).state == "live"


@pytest.mark.usefixtures("many")
def test_build_that_another_run_is_at_is_left_alone(run: Run, db: Session, words: Encoder) -> None:
    with pytest.raises(Interrupted):
        run(Unsteady(words, 0, Interrupted()))
    assert run().state == "building"
    assert builds.waiting(db) == []


@pytest.mark.usefixtures("many")
def test_only_the_files_of_the_build_are_left(run: Run, queued: str, data_dir: Path) -> None:
    run()
    assert [path.name for path in data_dir.iterdir()] == [queued]


@pytest.mark.usefixtures("many")
def test_failure_is_told_and_leaves_the_live_build(
    reindex: Reindex, run: Run, transaction: Transaction, words: Encoder, db: Session
) -> None:
    live = reindex()
    with transaction() as session:
        second = builds.start(session, "t1", encoder="words")
    build = run(Unsteady(words, 0, RuntimeError("no memory")), second)
    assert (build.state, build.error) == ("failed", "no memory")
    assert store.state(db, "t1").live_build == live.id


class Meddling(Unsteady):
    """An encoder during whose work something else happens."""

    def __init__(self, words: Encoder, meddle: Callable[[], object]) -> None:
        super().__init__(words, 0, Interrupted())
        self.meddle = meddle

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.meddle()
        return self.words.encode(texts, progress)


@pytest.mark.usefixtures("many")
def test_newer_build_supersedes_one_under_way(
    run: Run, transaction: Transaction, words: Encoder, db: Session
) -> None:
    def overtake() -> None:
        with transaction() as session:
            builds.start(session, "t1", encoder="words", kind="hnsw")

    with pytest.raises(BuildSupersededError):
        run(Meddling(words, overtake))
    newest, old = builds.listed(db, "t1")
    assert (newest.state, old.state) == ("queued", "failed")
    assert old.error
    assert newest.id in old.error


@pytest.mark.usefixtures("many")
def test_item_deleted_while_its_build_runs_is_not_in_it(
    run: Run, transaction: Transaction, words: Encoder, data_dir: Path
) -> None:
    def delete() -> None:
        with transaction() as session:
            store.remove(session, "t1", ["1"])

    build = run(Meddling(words, delete))
    assert build.state == "live"
    assert segment.load(data_dir / build.id).manifest.count == 34


@pytest.mark.usefixtures("many")
def test_roll_back_makes_the_build_before_live_again(
    reindex: Reindex, transaction: Transaction, db: Session, data_dir: Path
) -> None:
    first, second = reindex(), reindex()
    with transaction() as session:
        assert builds.roll_back(session, "t1", data_dir=data_dir).id == first.id
    assert store.state(db, "t1").live_build == first.id
    assert builds.get(db, "t1", second.id).state == "old"


@pytest.mark.usefixtures("many")
def test_only_one_old_build_keeps_its_files(reindex: Reindex, data_dir: Path, db: Session) -> None:
    first, second, third = reindex(), reindex(), reindex()
    assert {path.name for path in data_dir.iterdir()} == {second.id, third.id}
    assert builds.get(db, "t1", first.id).state == "deleted"


def test_builds_of_another_tenant_are_not_there(run: Run, db: Session, data_dir: Path) -> None:
    with pytest.raises(BuildNotFoundError):
        run(tenant="other")
    with pytest.raises(BuildNotFoundError):
        builds.roll_back(db, "other", data_dir=data_dir)
