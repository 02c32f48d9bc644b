"""Which build is live, and which are kept to go back to."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from linkage import builds, catalogue
from linkage.builds import Build
from linkage.errors import (
    BuildNotFoundError,
    BuildStateError,
    IndexDamagedError,
)
from linkage.imports import Transaction

Reindex = Callable[..., Build]
Run = Callable[..., Build]


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
    assert catalogue.state(db, "t1").live_build == first.id
    assert builds.get(db, "t1", second.id).state == "old"


@pytest.mark.usefixtures("many")
def test_only_one_old_build_keeps_its_files(reindex: Reindex, data_dir: Path, db: Session) -> None:
    first, second, third = reindex(), reindex(), reindex()
    assert {path.name for path in data_dir.iterdir()} == {second.id, third.id}
    assert builds.get(db, "t1", first.id).state == "deleted"


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
    assert catalogue.state(db, "t1").live_build == live.id
    with transaction() as session:
        promoted = builds.promote(session, "t1", build.id, data_dir=data_dir)
    assert promoted.state == "live"
    db.rollback()
    assert catalogue.state(db, "t1").live_build == build.id


def test_rejected_build_goes_live_only_by_force(
    candidate: Candidate, transaction: Transaction, data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("linkage.indexing.verification.LEAST_RECALL", 2.0)
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
    assert catalogue.state(db, "t1").live_build == live.id


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
