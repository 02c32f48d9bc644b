"""When an index is built again by itself."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from linkage import builds, store
from linkage.builds import Build
from linkage.embed import Encoder
from linkage.imports import Transaction
from linkage.indexing import compaction
from linkage.types import Item
from tests.linkage.encoders import Unsteady

MakeItem = Callable[..., Item]
Add = Callable[..., None]
Reindex = Callable[..., Build]
Run = Callable[..., Build]


@pytest.fixture
def lively(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten changed items make a build due."""
    monkeypatch.setattr(compaction, "COMPACT_LEAST", 10)


Due = Callable[[], str | None]


@pytest.fixture
def due(transaction: Transaction) -> Due:
    def due() -> str | None:
        with transaction() as session:
            return compaction.start_if_due(session, "t1", encoder="words", kind="auto")

    return due


@pytest.mark.usefixtures("both", "lively", "many")
def test_catalogue_without_a_build_gets_its_first(due: Due, db: Session, work: Run) -> None:
    assert compaction.outdated(db) == ["t1"]
    db.rollback()
    first = due()
    assert first
    assert due() is None
    assert work(first).state == "live"
    assert due() is None
    assert compaction.outdated(db) == []


@pytest.mark.parametrize("both", ["postgresql"])  # SQLite has one writer at a time
@pytest.mark.usefixtures("lively", "many", "both")
def test_a_build_that_an_operator_queues_meanwhile_comes_first(
    due: Due, db: Session, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, queued = store.count, list[str]()

    def count_slowly(session: Session, tenant_id: str) -> int:
        with transaction() as other:
            queued.append(builds.start(other, tenant_id, encoder="words", kind="flat"))
        return count(session, tenant_id)

    monkeypatch.setattr(store, "count", count_slowly)
    assert due() is None
    assert builds.get(db, "t1", queued[0]).state == "queued"


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
    monkeypatch.setattr(compaction, "RETRY_AFTER", timedelta(0))
    assert due()
