from collections.abc import Callable

from sqlalchemy.orm import Session

from linkage import store
from linkage.imports import MAX_ERRORS, Transaction, import_records
from linkage.types import ImportSummary, Item, RecordError

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
    seen: list[ImportSummary] = []
    items = [make_item(str(n)) for n in range(5)]
    import_records(transaction, "t", items, batch=2, on_progress=seen.append)
    assert [summary.created for summary in seen] == [2, 4, 5]
