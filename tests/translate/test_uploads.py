import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from translate import jobs, store, uploads
from translate.errors import IdempotencyConflictError, InvalidJobError, JobStateError
from translate.jobs import NewItem, NewJob, Rejection
from translate.models import JobItemRow, JobRow
from translate.uploads import Columns, read, receive
from workers.db import Database

NEW = NewJob("alpha", ("de",), idempotency_key="k")


def read_all(content: bytes | str, kind: str = "jsonl", size: int = 7, **columns: str) -> list:
    data = content.encode() if isinstance(content, str) else content
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    return list(read(chunks, kind, Columns(**columns)))  # type: ignore[arg-type]


def test_json_lines_are_read_across_the_pieces_they_come_in() -> None:
    content = '\ufeff{"id": "a", "text": "One\\ntwo", "source": "en"}\r\n\n{"id": 7, "text": "é"}'
    assert read_all(content) == [NewItem("a", "One\ntwo", "en"), NewItem("7", "é")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_with_whatever_parts_its_columns(delimiter: str) -> None:
    content = 'id,x,text,source\na,1,"Two\nlines, and a comma",en\n\nb,2,Short,\n'
    quoted = content.replace(",", delimiter).replace(f"lines{delimiter}", "lines,")
    assert read_all(quoted, "csv") == [
        NewItem("a", "Two\nlines, and a comma", "en"), NewItem("b", "Short")
    ]  # fmt: skip


def test_columns_can_be_named() -> None:
    content = "asin,review,lang\nB1,Good,en\n"
    names = {"id": "asin", "text": "review", "source": "lang"}
    assert read_all(content, "csv", **names) == [NewItem("B1", "Good", "en")]
    assert read_all('{"asin": "B1", "review": "Good"}', **names) == [NewItem("B1", "Good")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("[" * 100_000, "is not JSON"),
        ('{"text": "x"}', "id: is missing"),
        ('{"id": "", "text": "x"}', "id: is empty"),
        ('{"id": true, "text": "x"}', "id: is not text"),
        ('{"id": "a"}', "text: is missing"),
        ('{"id": "a", "text": 1}', "text: is not text"),
        ('{"id": "a", "text": "\\u0000"}', "text: holds control characters"),
        ('{"id": "a", "text": "\\ud800"}', "text: is not UTF-8"),
        ('{"id": "a", "text": "%s"}' % ("x" * 200_001), "more than 200,000"),
        ('{"id": "a", "text": "%s"}' % ("x" * 3_000_000), "is longer than 2,000,000 bytes"),
    ],
)
def test_a_record_that_is_no_item_has_its_line_and_reason_and_stops_no_other(
    line: str, reason: str
) -> None:
    good = '{"id": "%s", "text": "fine"}'
    first, bad, last = read_all(f"{good % 'y'}\n{line}\n{good % 'z'}", size=64 * 1024)
    assert (first, last) == (NewItem("y", "fine"), NewItem("z", "fine"))
    assert bad.line == 2
    assert reason in bad.reason


def test_bytes_that_are_no_utf_8_are_told() -> None:
    assert [each.reason for each in read_all(b'{"id": "a", "text": "\xff"}\n')] != []
    [bad] = read_all(b"id,text\na,\xff\n", "csv")
    assert (bad.line, bad.id, bad.reason) == (2, "a", "text: is not UTF-8")


def test_a_csv_row_of_another_length_is_told() -> None:
    [bad, good] = read_all("id,text\na,b,c\nd,e\n", "csv")
    assert (bad.line, good) == (2, NewItem("d", "e"))


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [("id,body\n1,2\n", "csv", "no column 'text'; it has 'id', 'body'"),
     ("", "csv", "it has none"), ("\n\n", "jsonl", "holds no record"),
     ("id,text\n", "csv", "holds no record")],
)  # fmt: skip
def test_a_file_without_records_has_one_fault(content: str, kind: str, reason: str) -> None:
    [fault] = read_all(content, kind)
    assert reason in fault.reason


@given(st.binary(max_size=200), st.sampled_from(["jsonl", "csv"]))
def test_any_bytes_can_be_read(content: bytes, kind: str) -> None:
    found = read_all(content, kind)
    assert found
    assert all(isinstance(each, NewItem | Rejection) for each in found)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["C"])), min_size=1, max_size=9))
def test_what_is_written_as_json_lines_is_read_as_it_was(texts: list[str]) -> None:
    records = ({"id": number, "text": text} for number, text in enumerate(texts))
    content = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    assert [each.text for each in read_all(content)] == texts


@given(st.lists(st.sampled_from("abcde"), min_size=1), st.sampled_from(["jsonl", "csv"]))
def test_of_items_with_one_id_the_first_counts_and_the_others_name_it(
    ids: list[str], kind: str
) -> None:
    lines = [f"{each},x" if kind == "csv" else f'{{"id": "{each}", "text": "x"}}' for each in ids]
    begin = 2 if kind == "csv" else 1
    found = read_all("\n".join(["id,text", *lines][2 - begin :]), kind)
    firsts = {each: ids.index(each) + begin for each in ids}
    assert found == [
        NewItem(each, "x")
        if firsts[each] == line
        else Rejection(line, each, f"id: comes again; that of line {firsts[each]} counts")
        for line, each in enumerate(ids, begin)
    ]


def test_an_item_after_one_of_its_id_that_is_none_counts() -> None:
    bad, good = read_all('{"id": "a"}\n{"id": "a", "text": "x"}')
    assert (bad.id, good) == ("a", NewItem("a", "x"))


def test_no_more_ids_are_kept_than_a_job_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_ITEMS", 1)
    found = read_all("id,text\na,x\nb,x\nb,x\na,x", "csv")
    assert [type(each) for each in found] == [NewItem, NewItem, NewItem, Rejection]


def items(size: int) -> Iterator[NewItem]:
    return (NewItem(f"i{number}", f"The book is good. No. {number}") for number in range(size))


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_received_job_is_queued_with_its_items_and_rejections(database: Database) -> None:
    records = [*items(1500), Rejection(7, None, "no"), Rejection(9, "x", "nor this")]
    job_id, is_new = receive(database.transaction, NEW, records)
    assert is_new
    with database.reading() as session:
        job = store.get_job(session, "alpha", job_id)
        assert (job.state, job.total, job.rejected) == ("queued", 1500, 2)
        assert job.characters == sum(len(item.text) for item in items(1500))
    assert list(jobs.rejections(database.reading, "alpha", job_id)) == records[-2:]


def test_the_same_file_with_the_same_key_gives_the_same_job(database: Database) -> None:
    first = receive(database.transaction, NEW, items(30))
    assert receive(database.transaction, NEW, items(30)) == (first[0], False)
    with pytest.raises(IdempotencyConflictError):
        receive(database.transaction, NEW, items(31))
    assert count(database, JobRow) == 1


def test_what_is_repeated_is_not_charged(database: Database) -> None:
    content = [b'{"id": "a", "text": "four"}\n{"id": "a", "text": "longer"}\n']
    job_id, _ = receive(database.transaction, NEW, read(content, "jsonl"))
    with database.reading() as session:
        job = store.get_job(session, "alpha", job_id)
        assert (job.total, job.rejected, job.characters) == (1, 1, 4)
    again = receive(database.transaction, NEW, read(content, "jsonl"))
    assert again == (job_id, False)


def test_a_file_that_makes_no_job_leaves_nothing(database: Database) -> None:
    with pytest.raises(InvalidJobError, match="at least one item"):
        receive(database.transaction, NEW, [])
    assert (count(database, JobRow), count(database, JobItemRow)) == (0, 0)


def test_a_file_without_an_item_makes_a_job_that_has_failed(database: Database) -> None:
    job_id, _ = receive(database.transaction, NEW, [Rejection(3, None, "is bad")])
    with database.reading() as session:
        job = store.get_job(session, "alpha", job_id)
        assert (job.state, job.total, job.rejected) == ("failed", 0, 1)
        assert not jobs.has_waiting(session)
    assert receive(database.transaction, NEW, [Rejection(3, None, "is bad")]) == (job_id, False)


def test_a_file_that_breaks_off_leaves_nothing_and_can_come_again(database: Database) -> None:
    def broken() -> Iterator[NewItem]:
        yield from items(1200)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        receive(database.transaction, NEW, broken())
    assert (count(database, JobRow), count(database, JobItemRow)) == (0, 0)
    assert receive(database.transaction, NEW, items(1))[1]


def test_a_job_is_not_worked_on_before_its_file_has_come_in(database: Database) -> None:
    def watching() -> Iterator[NewItem]:
        yield from items(1000)
        with database.reading() as session:
            [job] = session.scalars(select(JobRow))
            assert job.state == "receiving"
            assert not jobs.has_waiting(session)
        with pytest.raises(JobStateError, match="receiving"):
            receive(database.transaction, NEW, items(1))
        yield NewItem("last", "x")

    assert receive(database.transaction, NEW, watching())[1]


def test_a_job_cancelled_while_its_file_comes_in_takes_no_more(database: Database) -> None:
    def cancelling() -> Iterator[NewItem]:
        yield from items(1000)
        with database.transaction() as session:
            [job] = session.scalars(select(JobRow))
            jobs.cancel(session, "alpha", job.id)
        yield from (NewItem(f"more {number}", "x") for number in range(5))

    with pytest.raises(JobStateError, match="cancelled"):
        receive(database.transaction, NEW, cancelling())


def test_what_a_killed_receiver_left_is_dropped(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        jobs.begin(session, NEW, state="receiving")
    monkeypatch.setattr(uploads, "STALE", -uploads.STALE)
    assert receive(database.transaction, NEW, items(1))[1]
    assert count(database, JobRow) == 1


def test_memory_grows_with_the_ids_of_a_file_alone(database: Database) -> None:
    def peak(size: int) -> int:
        lines = (
            b'{"id": "%d", "text": "%s"}\n' % (number, 50 * b"good ") for number in range(size)
        )
        tracemalloc.start()
        new = NewJob("alpha", ("de",))
        receive(database.transaction, new, read(lines, "jsonl"))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(2000)
    assert peak(20_000) - peak(4000) < 16_000 * 200
