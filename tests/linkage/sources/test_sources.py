import contextlib
import gzip
import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest

from linkage.errors import MappingError, SourceFormatError
from linkage.sources import FORMATS, ReadOptions, assignments, read
from linkage.types import Item, RecordError


def test_reader_is_told_by_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\ttitle\tkind\n1\tx\tbook\n")
    assert len(list(read(tmp_path / "a.tsv"))) == 1
    stream = BytesIO(b'{"id": 1, "title": "x", "kind": "book"}')
    assert len(list(read(stream, name="up.jsonl.gz"))) == 1


PRODUCT = """<Product><RecordReference>1</RecordReference>
<DistinctiveTitle>x</DistinctiveTitle></Product>"""
ANSWER = """{"ItemsResult": {"Items": [{"ASIN": "B000000001",
"ItemInfo": {"Title": {"DisplayValue": "x"}}}]}}"""
FEED = """<?xml version="1.0"?><!-- a --><rss version="2.0"><channel><title>f</title>
<item><title>x</title><link>http://e.example/1</link></item></channel></rss>"""
PAGE = """<!DOCTYPE html><html><head><title>x</title>
<link rel="canonical" href="https://e.example/"></head><body>y</body></html>"""


@pytest.mark.parametrize(
    ("content", "kind"),
    [('{"id": 1, "title": "x", "kind": "book"}', "book"), (ANSWER, "product"), (PRODUCT, "book"),
     (FEED, "article"), (PAGE, "page")],
)  # fmt: skip
def test_reader_is_told_by_the_content_where_the_name_does_not(content: str, kind: str) -> None:
    (item,) = read(BytesIO(content.encode()), name="download")
    assert isinstance(item, Item)
    assert (item.kind, item.title) == (kind, "x")


def test_id_that_comes_again_is_told_with_both_places_and_loses_no_record() -> None:
    file = b"id,title,kind\n1,a,book\n2,b,book\n1,c,book\n"
    first, _, again, warning = read(BytesIO(file), name="a.csv")
    assert [getattr(each, "title", None) for each in (first, again)] == ["a", "c"]
    assert isinstance(warning, RecordError)
    assert (warning.line, warning.id, warning.is_warning) == (4, "1", True)
    assert "line 2" in warning.reason


def test_options_remember_nothing_from_one_file_to_the_next() -> None:
    options = ReadOptions(default_kind="book")
    for _ in range(2):
        (item,) = read(BytesIO(b'{"id": 1, "title": "x"}'), options, name="a.jsonl")
        assert isinstance(item, Item)


def test_format_can_be_forced() -> None:
    (item,) = read(BytesIO(b"id,title,kind\n1,x,book"), name="a.jsonl", format="csv")
    assert isinstance(item, Item)


def test_what_cannot_be_told_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    (tmp_path / "catalogue.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(SourceFormatError, match=r"\.jsonl"):
        list(read(tmp_path / "catalogue.xls"))


def test_sitemap_is_an_error_that_tells_what_to_do_with_it() -> None:
    with pytest.raises(SourceFormatError, match="weft sources add"):
        list(
            read(BytesIO(b"<urlset><url><loc>http://e.example/</loc></url></urlset>"), name="s.xml")
        )


@pytest.mark.parametrize("format_", FORMATS)
def test_what_unpacks_to_more_than_is_taken_is_given_up(format_: str) -> None:
    bomb = BytesIO(gzip.compress(b"<" + bytes(50_000_000)))
    tracemalloc.start()
    with contextlib.suppress(SourceFormatError):
        records = list(read(bomb, ReadOptions(max_bytes=1_000_000), format=format_))
        assert records
        assert all(isinstance(record, RecordError) for record in records)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceFormatError, match=r"gone\.csv"):
        list(read(tmp_path / "gone.csv"))


def test_assignments_are_field_equals_column() -> None:
    assert assignments(["id=book_id", "url=https://x/?q={id}"]) == {
        "id": "book_id",
        "url": "https://x/?q={id}",
    }


@pytest.mark.parametrize("wrong", [["id"], ["=x"], ["id="], ["id=a", "id=b"]])
def test_malformed_assignment_is_an_error(wrong: list[str]) -> None:
    with pytest.raises(MappingError):
        assignments(wrong)


def test_mapping_to_an_unknown_field_is_an_error() -> None:
    with pytest.raises(MappingError, match="tittle"):
        ReadOptions(columns={"tittle": "x"})


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("content", [b"", gzip.compress(b"")])
def test_empty_file_is_an_error_in_every_format(format_: str, content: bytes) -> None:
    with pytest.raises(SourceFormatError, match="is empty"):
        list(read(BytesIO(content), name="a.gz", format=format_))


def test_packed_file_that_is_damaged_at_its_beginning_says_so() -> None:
    with pytest.raises(SourceFormatError, match="damaged from here on"):
        list(read(BytesIO(gzip.compress(b"x")[:6]), name="a.jsonl.gz"))


def test_json_array_is_refused_with_the_remedy() -> None:
    with pytest.raises(SourceFormatError, match="is a JSON array; JSON Lines has an object"):
        list(read(BytesIO(b'[{"id": 1, "title": "x", "kind": "book"}]'), name="a.json"))
