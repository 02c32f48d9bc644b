from io import BytesIO

import pytest

from linkage.errors import SourceFormatError
from linkage.sources import ReadOptions, csv
from linkage.types import Item, RecordError

BOOKS = ReadOptions(default_kind="book")


def read(content: bytes | str, options: ReadOptions = BOOKS) -> list[Item | RecordError]:
    encoded = content.encode() if isinstance(content, str) else content
    return list(csv.read(BytesIO(encoded), options))


def test_columns_of_the_same_name_fill_fields() -> None:
    (item,) = read("id,title,creators\n1,Dune,Frank Herbert\n")
    assert isinstance(item, Item)
    assert (item.id, item.title, item.creators) == ("1", "Dune", ("Frank Herbert",))


def test_mapping_constants_prefix_and_separator_shape_the_item() -> None:
    options = ReadOptions(
        columns={"id": "book_id", "creators": "authors", "attributes.rating": "stars",
                 "url": "https://shop.example/{book_id}"},
        constants={"kind": "book", "source": "shop"},
        id_prefix="book",
        separator=",",
    )  # fmt: skip
    (item,) = read('book_id,title,authors,stars\n7,Dune,"F. Herbert, B. Herbert",4.5\n', options)
    assert isinstance(item, Item)
    assert (item.id, item.creators, item.source) == ("book-7", ("F. Herbert", "B. Herbert"), "shop")
    assert (item.url, item.attributes) == ("https://shop.example/7", {"rating": "4.5"})


def test_missing_column_is_an_error_that_lists_the_columns_at_hand() -> None:
    with pytest.raises(SourceFormatError, match="no column 'id' for id; its columns are no, title"):
        read("no,title\n1,x\n")


def test_all_missing_columns_are_told_at_once_with_the_remedy() -> None:
    with pytest.raises(SourceFormatError, match=r"'id' for id, 'title' for title.*--map id=COLUMN"):
        read("no,name\n1,x\n")


def test_empty_file_is_an_error() -> None:
    with pytest.raises(SourceFormatError, match="empty"):
        read("")


def test_record_over_several_lines_is_reported_by_the_line_it_begins_on() -> None:
    first, second, third = read('id,title,text\n1,a,"x\ny\nz"\n,b,\n3,c,\n')
    assert isinstance(first, Item)
    assert first.text == "x\ny\nz"
    assert second == RecordError(5, "id: is required")
    assert isinstance(third, Item)


def test_open_quote_loses_only_its_own_record() -> None:
    records = read('id,title\n1,"never closed\n2,b\n3,"c, d"\n')
    assert [r.line if isinstance(r, RecordError) else r.id for r in records] == [2, "2", "3"]


def test_open_quote_at_the_end_of_the_file_is_reported() -> None:
    records = read('id,title\n1,a\n2,"never closed\n')
    assert [r.line if isinstance(r, RecordError) else r.id for r in records] == ["1", 3]


def test_wrong_number_of_columns_is_reported() -> None:
    assert read("id,title\n1,a,b\n") == [RecordError(2, "has 3 columns, the header 2")]


def test_undecodable_bytes_are_an_error_of_their_record_only() -> None:
    bad, good = read(b"id,title\n1,\xff\xfe\n2,b\n")
    assert isinstance(bad, RecordError)
    assert (bad.line, bad.id) == (2, "1")
    assert bad.reason == "not UTF-8: byte 0xff; save the file as UTF-8"
    assert isinstance(good, Item)


def test_byte_order_mark_is_not_part_of_the_first_column() -> None:
    assert isinstance(read(b"\xef\xbb\xbfid,title\n1,a\n")[0], Item)


def test_unusable_identifier_costs_a_warning_and_not_the_book() -> None:
    item, warning = read("id,title,isbn13\n1,a,9.78043902348e+12\n")
    assert isinstance(item, Item)
    assert not item.identifiers
    assert isinstance(warning, RecordError)
    assert (warning.is_warning, warning.line, warning.id) == (True, 2, "1")


def test_text_of_the_longest_permitted_size_is_read() -> None:
    (item,) = read(f"id,title,text\n1,a,{'x' * 200_000}\n")
    assert isinstance(item, Item)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_columns_divided_as_spreadsheets_write_them_are_told_by_the_header(delimiter: str) -> None:
    cells = [["id", "title", "text"], ["1", "Dune", "sand, spice"]]
    (item,) = read("\n".join(delimiter.join(row) for row in cells))
    assert isinstance(item, Item)
    assert (item.title, item.text) == ("Dune", "sand, spice")


def test_semicolons_and_commas_in_a_quoted_header_divide_nothing() -> None:
    item, _ = read('id,title,"a; b"\n1,Dune,x\n')
    assert isinstance(item, Item)


def test_column_that_is_there_twice_is_an_error_where_a_field_is_taken_from_it() -> None:
    with pytest.raises(SourceFormatError, match="column 'title' is there 2 times"):
        read("id,title,title\n1,a,b\n")
    assert isinstance(read("id,title,,,note,note\n1,a,,,x,y\n")[0], Item)


def test_utf_16_is_refused_with_the_remedy() -> None:
    with pytest.raises(SourceFormatError, match="is in UTF-16; save it as UTF-8"):
        read("id,title\n1,a\n".encode("utf-16"))


def test_faults_of_the_form_are_told_in_plain_words() -> None:
    with pytest.raises(SourceFormatError, match="a carriage return stands outside quotes"):
        read("id,title\r1,a\r")
    (bad,) = read('id,title\n1,"open\n')
    assert isinstance(bad, RecordError)
    assert bad.reason == "not CSV: a quote is not closed"


def test_missing_column_is_told_of_a_header_in_any_bytes() -> None:
    with pytest.raises(SourceFormatError, match="its columns are n\\?me, titel") as refused:
        read("näme,titel\n1,a\n".encode("latin-1"))
    assert str(refused.value).isprintable()


def test_columns_that_no_field_takes_are_told_once() -> None:
    options = ReadOptions(columns={"creators": "who"}, default_kind="book")
    *_, warning = read("id,title,who,author,year\n1,Dune,x,y,1965\n2,Emma,x,y,1815\n", options)
    assert warning == RecordError(
        1, "columns not used: author, year; map them with --map FIELD=COLUMN", is_warning=True
    )


def test_names_that_seem_joined_are_told_once_unless_a_separator_is_given() -> None:
    file = "id,title,creators\n1,a,B\n2,c,D; E\n3,f,G; H\n"
    *items, warning = read(file)
    assert len(items) == 3
    assert isinstance(warning, RecordError)
    assert warning.line == 3
    assert "creators hold ';' in 2 of 3 records" in warning.reason
    assert "--separator ';'" in warning.reason
    assert len(read(file, ReadOptions(default_kind="book", separator=";"))) == 3


def test_a_separator_in_a_few_names_is_part_of_them() -> None:
    rows = "".join(f"{n},a,B\n" for n in range(20))
    assert len(read(f"id,title,creators\n{rows}x,a,B|C\n")) == 21


def test_an_optional_field_that_cannot_be_used_costs_no_item() -> None:
    item, warning = read("id,title,popularity\n1,Dune,7\n")
    assert isinstance(item, Item)
    assert warning == RecordError(
        2, "popularity: must be a number from 0 to 1", "1", is_warning=True
    )
