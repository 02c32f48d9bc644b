import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from linkage import builder, builds, segment, store
from linkage.builds import Build
from linkage.embed import Encoder, Progress, Vectors
from linkage.errors import (
    BuildNotFoundError,
    BuildStateError,
    BuildSupersededError,
    IndexDamagedError,
)
from linkage.imports import Transaction
from linkage.index import VectorStores
from linkage.pgvector import PgVectorStores
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

    def __init__(self, words: Encoder, calls: int, error: BaseException) -> None:
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
def work(transaction: Transaction, data_dir: Path, words: Encoder) -> Run:
    """Work on a build."""

    def work(build_id: str, encoder: Encoder = words, tenant: str = "t1", **options: Any) -> Build:
        return builds.run(
            transaction, tenant, build_id, data_dir=data_dir, encoders=lambda _name: encoder,
            **options,
        )  # fmt: skip

    return work


@pytest.fixture
def run(work: Run, queued: str, words: Encoder) -> Run:
    """Work on a build that is queued."""

    def run(encoder: Encoder = words, build_id: str = queued, **options: Any) -> Build:
        return work(build_id, encoder, **options)

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
def test_build_that_is_interrupted_is_left_to_the_next_run_at_once(
    run: Run, db: Session, queued: str, words: Encoder
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Unsteady(words, 0, KeyboardInterrupt()))
    assert builds.waiting(db) == [("t1", queued)]
    db.rollback()
    assert run().state == "live"


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
def test_without_a_build_before_there_is_nothing_to_go_back_to(
    reindex: Reindex, db: Session, data_dir: Path
) -> None:
    reindex()
    with pytest.raises(BuildNotFoundError, match="no whole index build to go back to"):
        builds.roll_back(db, "t1", data_dir=data_dir)


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


def test_folder_of_an_encoder_is_noted_by_its_whole_path(
    transaction: Transaction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    with transaction() as session:
        build_id = builds.start(session, "t1", encoder="mine")
        assert builds.start(session, "t1", encoder=str(tmp_path / "mine")) == build_id
        assert builds.get(session, "t1", build_id).encoder == str(tmp_path / "mine")


def test_builds_of_another_tenant_are_not_there(run: Run, db: Session, data_dir: Path) -> None:
    with pytest.raises(BuildNotFoundError):
        run(tenant="other")
    with pytest.raises(BuildNotFoundError):
        builds.roll_back(db, "other", data_dir=data_dir)


@pytest.mark.usefixtures("many")
def test_build_of_the_same_options_under_way_is_joined(
    queued: str, transaction: Transaction
) -> None:
    with transaction() as session:
        assert builds.start(session, "t1", encoder="words") == queued
        assert builds.start(session, "t1", encoder="words", promotes=False) != queued
        assert builds.get(session, "t1", queued).state == "failed"


Candidate = Callable[..., Build]


@pytest.fixture
def candidate(many: None, transaction: Transaction, run: Run) -> Candidate:
    """Make a build that does not go live by itself."""
    del many

    def make() -> Build:
        with transaction() as session:
            build_id = builds.start(session, "t1", encoder="words", promotes=False)
        return run(build_id=build_id)

    return make


def test_dry_run_is_a_candidate_until_it_is_promoted(
    reindex: Reindex, candidate: Candidate, transaction: Transaction, db: Session, data_dir: Path
) -> None:
    live, build = reindex(), candidate()
    assert build.state == "candidate"
    assert build.report
    assert store.state(db, "t1").live_build == live.id
    with transaction() as session:
        promoted = builds.promote(session, "t1", build.id, data_dir=data_dir)
    assert promoted.state == "live"
    db.rollback()
    assert store.state(db, "t1").live_build == build.id


def test_rejected_build_goes_live_only_by_force(
    candidate: Candidate, transaction: Transaction, data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("linkage.verification.LEAST_RECALL", 2.0)
    build = candidate()
    assert build.state == "rejected"
    with transaction() as session, pytest.raises(BuildStateError, match="true neighbours"):
        builds.promote(session, "t1", build.id, data_dir=data_dir)
    with transaction() as session:
        assert builds.promote(
            session, "t1", build.id, data_dir=data_dir, force=True
        ).state == "live"  # fmt: skip


def test_damaged_build_does_not_go_live(
    reindex: Reindex, candidate: Candidate, transaction: Transaction, data_dir: Path, db: Session
) -> None:
    live, build = reindex(), candidate()
    (data_dir / build.id / "keys.npy").unlink()
    with transaction() as session, pytest.raises(IndexDamagedError, match="keys"):
        builds.promote(session, "t1", build.id, data_dir=data_dir, force=True)
    with pytest.raises(IndexDamagedError):
        builds.verify(db, "t1", build.id, data_dir=data_dir)
    assert builds.verify(db, "t1", live.id, data_dir=data_dir).count == 35
    assert store.state(db, "t1").live_build == live.id


@pytest.mark.usefixtures("many")
def test_roll_back_passes_over_a_damaged_build(
    reindex: Reindex, transaction: Transaction, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "KEPT", 5)
    first, second, _ = reindex(), reindex(), reindex()
    (data_dir / second.id / "manifest.json").write_bytes(b"{}")
    with transaction() as session:
        assert builds.roll_back(session, "t1", data_dir=data_dir).id == first.id


def test_prune_keeps_the_live_build_and_as_many_old_ones_as_told(
    reindex: Reindex, candidate: Candidate, transaction: Transaction, data_dir: Path
) -> None:
    passed_over, old, live, waiting = candidate(), reindex(), reindex(), candidate()
    assert {p.name for p in data_dir.iterdir()} == {old.id, live.id, waiting.id}
    with transaction() as session:
        assert builds.prune(session, "t1", data_dir=data_dir, keep=0) == [old.id]
        assert builds.get(session, "t1", passed_over.id).state == "deleted"
    assert {p.name for p in data_dir.iterdir()} == {live.id, waiting.id}


@pytest.mark.usefixtures("many")
def test_changes_made_meanwhile_are_taken_along(
    run: Run, add: Add, make_item: MakeItem, words: Encoder, data_dir: Path, db: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(builder, "CATCH_UP_ABOVE", 0)
    left = [make_item("new", "Moon"), make_item("3", "Sun")]

    def change() -> None:
        if left:
            add(left.pop())

    build = run(Meddling(words, change))
    loaded = segment.load(data_dir / build.id)
    keys = store.keys(db, "t1", ["new", "3"])
    assert loaded.manifest.revision == store.state(db, "t1").revision == 3
    assert loaded.manifest.count == 36
    for id_, title in (("new", "Moon"), ("3", "Sun")):
        _, found = loaded.vectors.vectors([keys[id_]])
        assert np.allclose(found, words.encode([f"{title} (book)"]))


@pytest.mark.parametrize("stage", ["indexing", "verifying"])
@pytest.mark.usefixtures("many")
def test_build_killed_in_a_later_stage_does_not_encode_again(
    run: Run, words: Encoder, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Interrupted

    what = "linkage.segment.seal" if stage == "indexing" else "linkage.verification.verify"
    with monkeypatch.context() as patched:
        patched.setattr(what, die)
        with pytest.raises(Interrupted):
            run(lease_seconds=0.1)
    time.sleep(0.15)
    build = run(Unsteady(words, 0, AssertionError("encoded what was encoded before")))
    assert (build.state, build.done) == ("live", 35)


@pytest.mark.usefixtures("many")
def test_what_a_run_killed_after_it_published_left_is_deleted(
    run: Run, reindex: Reindex, data_dir: Path, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr("linkage.builder.Builder.clear", die)
        with pytest.raises(Interrupted):
            run()
    killed = store.state(db, "t1").live_build
    assert len(list(data_dir.glob(f"{killed}*"))) == 2
    live = reindex()
    assert {path.name for path in data_dir.iterdir()} == {killed, live.id}


@pytest.mark.usefixtures("many")
def test_run_that_lost_its_build_unawares_writes_nothing_more(
    run: Run, words: Encoder, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "SHARD", 10)
    monkeypatch.setattr("linkage.lease.Lease._beat", lambda _: None)
    finished: list[Build] = []

    def sleep_and_lose() -> None:
        if not finished:
            time.sleep(0.15)
            finished.append(run())

    with pytest.raises(BuildSupersededError):
        run(Meddling(words, sleep_and_lose), lease_seconds=0.1)
    assert finished[0].state == "live"
    assert segment.load(data_dir / finished[0].id).manifest.count == 35
    assert [path.name for path in data_dir.iterdir()] == [finished[0].id]


@pytest.fixture
def lively(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten changed items make a build due."""
    monkeypatch.setattr(builds, "COMPACT_LEAST", 10)


Due = Callable[[], str | None]


@pytest.fixture
def due(transaction: Transaction) -> Due:
    def due() -> str | None:
        with transaction() as session:
            return builds.start_if_due(session, "t1", encoder="words", kind="auto")

    return due


@pytest.mark.usefixtures("both", "lively", "many")
def test_catalogue_without_a_build_gets_its_first(due: Due, db: Session, work: Run) -> None:
    assert builds.outdated(db) == ["t1"]
    db.rollback()
    first = due()
    assert first
    assert due() is None
    assert work(first).state == "live"
    assert due() is None
    assert builds.outdated(db) == []


@pytest.mark.usefixtures("lively", "many")
def test_much_change_makes_a_build_due_that_encodes_only_what_changed(
    reindex: Reindex, due: Due, add: Add, make_item: MakeItem, work: Run, words: Encoder
) -> None:
    live = reindex("hnsw")
    add(*(make_item(str(n), f"Another title {n}") for n in range(4, 13)))
    assert due() is None
    add(make_item("new", "A new one"))
    build_id = due()
    assert build_id
    before = words.encoded
    build = work(build_id)
    assert (build.state, build.base, build.kind, build.done) == ("live", live.id, "hnsw", 36)
    assert words.encoded - before == 10


@pytest.mark.usefixtures("lively", "many")
def test_many_deleted_items_make_a_build_due(
    reindex: Reindex, due: Due, transaction: Transaction, work: Run
) -> None:
    reindex()
    with transaction() as session:
        store.remove(session, "t1", [str(n) for n in range(10)])
    build_id = due()
    assert build_id
    assert work(build_id).done == 25


@pytest.mark.usefixtures("lively", "many")
def test_compaction_of_a_damaged_build_encodes_everything_again(
    reindex: Reindex, due: Due, add: Add, make_item: MakeItem, work: Run, data_dir: Path
) -> None:
    live = reindex()
    (data_dir / live.id / "vectors.faiss").write_bytes(b"")
    add(*(make_item(f"new {n}", f"New {n}") for n in range(10)))
    build_id = due()
    assert build_id
    assert (work(build_id).state, work(build_id).done) == ("live", 45)


@pytest.mark.usefixtures("lively", "many")
def test_after_a_failure_the_next_build_does_not_start_by_itself_at_once(
    due: Due, work: Run, words: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_id = due()
    assert build_id
    assert work(build_id, Unsteady(words, 0, RuntimeError("no memory"))).state == "failed"
    assert due() is None
    monkeypatch.setattr(builds, "RETRY_AFTER", timedelta(0))
    assert due()


@pytest.mark.usefixtures("many")
def test_build_in_postgres_is_verified_published_and_dropped_with_its_table(
    postgres_url: str, stores: dict[str, VectorStores], reindex: Reindex, transaction: Transaction,
    data_dir: Path,
) -> None:  # fmt: skip
    kept = stores["pgvector"] = PgVectorStores(postgres_url)
    build, live = reindex("pgvector"), reindex("pgvector")
    assert build.state == "live"
    assert build.report
    assert (build.report["recall"], build.report["new"]["kind"]) == (1.0, "pgvector")
    assert kept.open(build.id, data_dir, ((), (), ())).count == 35
    with transaction() as session:
        builds.prune(session, "t1", data_dir=data_dir, stores=stores, keep=0)
    with pytest.raises(ValueError, match="does not exist"):
        kept.open(build.id, data_dir, ((), (), ()))
    kept.drop(live.id)
    with transaction() as session, pytest.raises(IndexDamagedError, match="does not exist"):
        builds.verify(session, "t1", live.id, data_dir=data_dir, stores=stores)
    kept.close()


@pytest.mark.usefixtures("many")
def test_kind_that_cannot_be_kept_here_is_told(reindex: Reindex) -> None:
    build = reindex("pgvector")
    assert build.state == "failed"
    assert build.error == (
        "indexes of kind pgvector cannot be kept here, only flat, hnsw, ivfpq;"
        " it needs a PostgreSQL database"
    )
