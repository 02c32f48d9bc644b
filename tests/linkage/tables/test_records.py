from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import SourceFormatError
from linkage.tables.records import Record, distinct, lay_out, read_pairs, read_table

DITTO = (
    "COL name VAL nikon p6000 COL price VAL 399.0\tCOL name VAL coolpix p6000 COL price VAL \t1\n"
)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_columns_and_values_of_both_sides_are_read(tmp_path: Path) -> None:
    (pair,) = read_pairs(write(tmp_path, "train.txt", DITTO))
    assert pair.left.values == {"name": "nikon p6000", "price": "399.0"}
    assert pair.right.values == {"name": "coolpix p6000", "price": ""}
    assert pair.is_match


def test_pairs_of_csv_and_json_lines_are_the_same(tmp_path: Path) -> None:
    csv = write(tmp_path, "p.csv", 'left_name,right_name,label\n"a, b",c,1\nd,e,0\n')
    lines = write(
        tmp_path,
        "p.jsonl",
        '{"left": {"name": "a, b"}, "right": {"name": "c"}, "label": 1}\n'
        '{"left": {"name": "d"}, "right": {"name": "e"}, "label": false}\n',
    )
    for one, other in zip(read_pairs(csv), read_pairs(lines), strict=True):
        assert (one.left.values, one.right.values) == (other.left.values, other.right.values)
        assert one.is_match == other.is_match


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("a.txt", DITTO + "COL name VAL x\tCOL name VAL y\t2\n", "line 2"),
        ("a.txt", "no columns\tat all\t1\n", "line 1"),
        ("a.txt", b"COL name VAL \xff\tCOL name VAL y\t1\n", "line 1: is not UTF-8"),
        ("a.csv", "left_name,right_name\nx,y\n", "label"),
        ("a.csv", "left_name,right_name,label\nx,1\n", "line 2: has 2 columns"),
        ("a.jsonl", "{}\n", "line 1"),
        ("a.jsonl", '{"left": [1], "right": {"a": 1}, "label": 1}\n', "line 1"),
        ("a.jsonl", "[" * 100_000, "line 1: not JSON"),
    ],
)
def test_line_that_is_no_pair_is_named(
    tmp_path: Path, name: str, content: str | bytes, where: str
) -> None:
    with pytest.raises(SourceFormatError, match=where):
        read_pairs(write(tmp_path, name, content))


def test_table_is_read_whatever_its_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", 'id|title\n7|"One|two"\n')
    assert read_table(path).records == [Record("7", {"title": "One|two"})]


def test_table_without_a_header_takes_the_names_given(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", '"B1","x.jpg","A title"\n')
    (record,) = read_table(path, columns=("asin", "-", "title"), id_column="asin").records
    assert record == Record("B1", {"asin": "B1", "title": "A title"})


def test_rows_without_a_header_are_not_taken_for_one(tmp_path: Path) -> None:
    with pytest.raises(SourceFormatError, match="give those names"):
        read_table(write(tmp_path, "t.csv", "0312,a.jpg,Dune\n"))


def test_row_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "t.csv", b",title\n1,One,more\n2,Two\n3,Thr\xffe\n"))
    assert [record.values["title"] for record in table.records] == ["Two", "Thr\ufffde"]
    assert [(error.line, error.is_warning) for error in table.errors] == [(2, False), (4, True)]


def test_row_without_an_id_has_its_line_for_one(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", 'title\nOne\n"Two\n\nlines"\nThree\n')
    assert [(r.id, r.values["title"]) for r in read_table(path).records] == [
        ("2", "One"), ("3", "Two\n\nlines"), ("6", "Three"),
    ]  # fmt: skip


def test_missing_id_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceFormatError, match="'sku'"):
        read_table(write(tmp_path, "t.csv", "title\nOne\n"), id_column="sku")


def test_record_in_several_pairs_is_one_row(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path, "t.txt", DITTO + DITTO.replace("coolpix", "another")))
    laid = lay_out(pairs)
    assert (len(laid.left), len(laid.right), laid.places) == (1, 2, [(0, 0), (0, 1)])


@given(st.lists(st.dictionaries(st.text(), st.text(), max_size=2)))
def test_distinct_records_keep_their_order_and_lose_repeats(rows: list[dict[str, str]]) -> None:
    kept = [dict(r.values) for r in distinct(Record(str(i), row) for i, row in enumerate(rows))]
    assert kept == [row for i, row in enumerate(rows) if list(row.items()) not in
                    [list(other.items()) for other in rows[:i]]]  # fmt: skip
