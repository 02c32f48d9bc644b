import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from linkage import builds, catalogue, store
from linkage.builds import Build
from linkage.embed import Encoder
from linkage.errors import (
    BuildNotFoundError,
    BuildSupersededError,
    IndexDamagedError,
)
from linkage.imports import Transaction
from linkage.index import VectorStores
from linkage.indexing import builder, segment
from linkage.indexing.lease import MOST_DEATHS
from linkage.indexing.pgvector import PgVectorStores
from linkage.types import Item
from tests.linkage.encoders import Interrupted, Meddling, Unsteady

MakeItem = Callable[..., Item]
Add = Callable[..., None]
Reindex = Callable[..., Build]
Run = Callable[..., Build]


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("kind", ["auto", "flat", "hnsw"])
def test_build_is_verified_and_published(
    add: Add, reindex: Reindex, make_item: MakeItem, db: Session, kind: str
) -> None:
    add(*(make_item(str(n), f"Title {n}") for n in range(30)))
    build = reindex(kind)
    assert (build.state, build.done, build.total, build.kind) == ("live", 30, 30, kind)
    assert catalogue.state(db, "t1").live_build == build.id


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
def test_build_whose_runs_die_at_one_place_fails_in_the_end(
    run: Run, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Interrupted

    monkeypatch.setattr("linkage.indexing.segment.seal", die)
    for _ in range(MOST_DEATHS):
        with pytest.raises(Interrupted):
            run(lease_seconds=0.05)
        time.sleep(0.1)
    build = run()
    assert build.state == "failed"
    assert build.error is not None
    assert build.error.startswith("5 runs in a row died while indexing, after 35 of 35 items")
    assert builds.waiting(db) == []


@pytest.mark.usefixtures("many")
def test_build_whose_runs_die_but_get_further_goes_on(
    run: Run, db: Session, queued: str, words: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "SHARD", 5)
    for _ in range(MOST_DEATHS + 1):
        with pytest.raises(Interrupted):
            run(Unsteady(words, 1, Interrupted()), lease_seconds=0.05)
        time.sleep(0.1)
    assert builds.get(db, "t1", queued).deaths == 0
    db.rollback()
    assert run().state == "live"


@pytest.mark.usefixtures("many")
def test_what_a_killed_run_encoded_is_encoded_again_when_its_files_are_lost(
    run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr("linkage.indexing.segment.seal", die)
        with pytest.raises(Interrupted):
            run(lease_seconds=0.1)
    shutil.rmtree(data_dir)
    time.sleep(0.15)
    build = run()
    assert (build.state, build.done) == ("live", 35)


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


@pytest.mark.parametrize(
    ("error", "told"),
    [(RuntimeError("no memory"), "no memory"), (MemoryError(), "MemoryError()"),
     (KeyError("vector"), "KeyError('vector')")],
)  # fmt: skip
@pytest.mark.usefixtures("many")
def test_failure_is_told_and_leaves_the_live_build(
    reindex: Reindex, run: Run, transaction: Transaction, words: Encoder, db: Session,
    error: Exception, told: str,
) -> None:  # fmt: skip
    live = reindex()
    with transaction() as session:
        second = builds.start(session, "t1", encoder="words")
    build = run(Unsteady(words, 0, error), second)
    assert (build.state, build.error) == ("failed", told)
    assert catalogue.state(db, "t1").live_build == live.id


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
    assert loaded.manifest.revision == catalogue.state(db, "t1").revision == 3
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

    what = (
        "linkage.indexing.segment.seal"
        if stage == "indexing"
        else "linkage.indexing.verification.verify"
    )
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
        patched.setattr("linkage.indexing.builder.Builder.clear", die)
        with pytest.raises(Interrupted):
            run()
    killed = catalogue.state(db, "t1").live_build
    assert len(list(data_dir.glob(f"{killed}*"))) == 2
    live = reindex()
    assert {path.name for path in data_dir.iterdir()} == {killed, live.id}


@pytest.mark.usefixtures("many")
def test_run_that_lost_its_build_unawares_writes_nothing_more(
    run: Run, words: Encoder, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "SHARD", 10)
    monkeypatch.setattr("linkage.indexing.lease.Lease._beat", lambda _: None)
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


@pytest.mark.usefixtures("many")
def test_build_in_postgres_is_verified_published_and_dropped_with_its_table(
    postgres_url: str, stores: dict[str, VectorStores], reindex: Reindex, transaction: Transaction,
    data_dir: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    kept = stores["pgvector"] = PgVectorStores(postgres_url)
    build, live = reindex("pgvector"), reindex("pgvector")
    assert build.state == "live"
    assert build.report
    assert (build.report["recall"], build.report["new"]["kind"]) == (1.0, "pgvector")
    with transaction() as session:  # API processes may not have followed yet
        assert builds.prune(session, "t1", data_dir=data_dir, stores=stores, keep=0) == []
    assert kept.open(build.id, data_dir, ((), (), ())).count == 35
    monkeypatch.setattr(builds, "FOLLOWED", timedelta(0))
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
