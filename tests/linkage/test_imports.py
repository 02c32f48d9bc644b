import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from linkage import imports, store
from linkage.errors import ImportNotFoundError, ImportTakenOverError, SourceFormatError
from linkage.imports import MAX_ERRORS, Transaction, import_records
from linkage.sources import ReadOptions, jsonl
from linkage.types import Item, Record, RecordError, Removal

MakeItem = Callable[..., Item]


def test_repeat_of_an_import_changes_nothing(transaction: Transaction, make_item: MakeItem) -> None:
    items = [make_item(str(n)) for n in range(25)]
    first = import_records(transaction, "t", items, batch=10)
    again = import_records(transaction, "t", items, batch=10)
    assert (first.created, again.created, again.unchanged) == (25, 0, 25)


def test_errors_and_warnings_are_counted_and_lose_no_item(
    transaction: Transaction, make_item: MakeItem, db: Session
) -> None:
    records = [make_item("a"), RecordError(2, "bad"), RecordError(3, "odd", is_warning=True)]
    summary = import_records(transaction, "t", [*records, make_item("b")])
    assert (summary.created, summary.failed, summary.warnings) == (2, 1, 1)
    assert [error.line for error in summary.errors] == [2, 3]
    assert store.count(db, "t") == 2


def test_every_record_is_counted_once(transaction: Transaction, make_item: MakeItem) -> None:
    summary = import_records(transaction, "t", [make_item("a", "1"), make_item("a", "2")])
    assert (summary.created, summary.unchanged) == (1, 1)


def test_only_the_first_errors_are_kept(transaction: Transaction) -> None:
    records = (RecordError(n, "bad") for n in range(MAX_ERRORS + 5))
    summary = import_records(transaction, "t", records)
    assert (len(summary.errors), summary.failed) == (MAX_ERRORS, MAX_ERRORS + 5)


def test_progress_is_told_after_each_batch(transaction: Transaction, make_item: MakeItem) -> None:
    seen: list[int] = []
    items = [make_item(str(n)) for n in range(5)]
    run = imports.begin(transaction, "t")
    imports.proceed(transaction, run, items, batch=2, on_progress=seen.append)
    assert seen == [2, 4, 5]


def test_removal_takes_an_item_out_and_counts(
    transaction: Transaction, make_item: MakeItem, db: Session
) -> None:
    import_records(transaction, "t", [make_item("a"), make_item("b")])
    summary = import_records(transaction, "t", [Removal("a"), Removal("unknown")])
    assert summary.removed == 1
    assert store.count(db, "t") == 1


def test_of_an_item_and_its_removal_the_last_counts(
    transaction: Transaction, make_item: MakeItem, db: Session
) -> None:
    import_records(transaction, "t", [make_item("a"), Removal("a"), Removal("b"), make_item("b")])
    assert [item.id for item in store.page(db, "t").items] == ["b"]


def test_all_errors_are_kept_and_read_back(transaction: Transaction, db: Session) -> None:
    records = [RecordError(n, "bad", f"id-{n}", unit="record") for n in range(MAX_ERRORS + 5)]
    summary = import_records(transaction, "t", records)
    assert list(imports.errors(db, "t", summary.import_id)) == records


def test_reason_with_odd_bytes_is_stored(transaction: Transaction, db: Session) -> None:
    summary = import_records(transaction, "t", [RecordError(1, "a\x00b \ud800", "\udfff")])
    (error,) = imports.errors(db, "t", summary.import_id)
    assert (error.reason, error.id) == ("ab ?", "?")


def test_errors_of_another_tenant_are_not_found(transaction: Transaction, db: Session) -> None:
    summary = import_records(transaction, "t", [RecordError(1, "bad")])
    with pytest.raises(ImportNotFoundError):
        list(imports.errors(db, "other", summary.import_id))


class StoppedError(Exception):
    """Stands for the end of a process."""


def stopping(records: list[Record], after: int) -> Iterator[Record]:
    yield from records[:after]
    raise StoppedError


def test_stopped_import_goes_on_behind_its_last_batch(
    transaction: Transaction, make_item: MakeItem, db: Session
) -> None:
    records: list[Record] = [make_item(str(n)) for n in range(9)]
    records.insert(1, RecordError(2, "bad"))
    first = imports.begin(transaction, "t", name="f", digest="d")
    with pytest.raises(StoppedError):
        imports.proceed(transaction, first, stopping(records, 5), batch=2)
    again = imports.begin(transaction, "t", name="f", digest="d")
    assert (again.id, again.position) == (first.id, 4)
    summary = imports.proceed(transaction, again, records, batch=2)
    assert (summary.created, summary.unchanged, summary.failed) == (9, 0, 1)
    assert len(list(imports.errors(db, "t", summary.import_id))) == 1
    assert store.count(db, "t") == 9


def test_finished_import_is_begun_anew(transaction: Transaction, make_item: MakeItem) -> None:
    for expected in ((1, 0), (0, 1)):
        run = imports.begin(transaction, "t", digest="d")
        summary = imports.proceed(transaction, run, [make_item("a")])
        assert (summary.created, summary.unchanged) == expected


def test_import_that_is_begun_again_elsewhere_ends_here(
    transaction: Transaction, make_item: MakeItem
) -> None:
    first = imports.begin(transaction, "t", digest="d")
    second = imports.begin(transaction, "t", digest="d")
    with pytest.raises(ImportTakenOverError):
        imports.proceed(transaction, first, [make_item("a")])
    assert imports.proceed(transaction, second, [make_item("a")]).created == 1


def test_file_that_cannot_be_read_makes_a_failed_import(
    transaction: Transaction, db: Session
) -> None:
    def unreadable() -> Iterator[Record]:
        raise SourceFormatError("f.csv", "has \udcff no header")
        yield

    run = imports.begin(transaction, "t", digest="d")
    with pytest.raises(SourceFormatError):
        imports.proceed(transaction, run, unreadable())
    row = imports.get(db, "t", run.id)
    assert (row.state, row.failed, row.error) == ("failed", 1, "f.csv: has ? no header")
    (told,) = imports.errors(db, "t", run.id)
    assert told.reason == row.error


def test_digest_tells_the_file_and_the_way_it_is_read(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    digests = {
        imports.digest_of(one, ReadOptions(), None),
        imports.digest_of(two, ReadOptions(), None),
        imports.digest_of(one, ReadOptions(id_prefix="x"), None),
        imports.digest_of(one, ReadOptions(), "csv"),
    }
    assert len(digests) == 4


def test_imports_are_listed_newest_first_a_page_at_a_time(
    transaction: Transaction, db: Session
) -> None:
    made = [import_records(transaction, "t", [], name=str(n)).import_id for n in range(3)]
    first, cursor = imports.page(db, "t", limit=2)
    rest, end = imports.page(db, "t", cursor=cursor, limit=2)
    assert [row.id for row in (*first, *rest)] == made[::-1]
    assert end is None
    assert imports.page(db, "other")[0] == []


def test_an_import_that_keeps_takes_only_what_it_is_given(
    transaction: Transaction, db: Session
) -> None:
    def read_in(line: str, *, keep: bool) -> Item:
        options = ReadOptions(default_kind="book", keep=keep)
        import_records(transaction, "t", jsonl.read(BytesIO(line.encode()), options))
        db.expire_all()
        return store.get(db, "t", "1").item

    whole = {"id": "1", "title": "Dune", "creators": ["F. Herbert"], "text": "Sand.",
             "hidden": True, "imdb": "tt0087182", "attributes": {"a": 1}}  # fmt: skip
    first = read_in(json.dumps(whole), keep=True)
    assert type(first) is Item
    few = {"id": "1", "title": "Dune!", "text": "", "hidden": False, "attributes": {"b": 2}}
    kept = read_in(json.dumps(few), keep=True)
    assert (kept.title, kept.creators, kept.text) == ("Dune!", ("F. Herbert",), "Sand.")
    assert (kept.hidden, kept.identifiers, kept.attributes) == (
        False, first.identifiers, {"a": 1, "b": 2}
    )  # fmt: skip
    assert read_in(json.dumps(few), keep=False).creators == ()
