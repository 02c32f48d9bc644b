import gzip
import re
import uuid
from io import BytesIO
from pathlib import Path

import pytest

from linkage.sources import ReadOptions, pages, read, warc
from linkage.types import Item, Record, RecordError

ARTICLE = (Path(__file__).parents[2] / "fixtures" / "sources" / "article.html").read_bytes()
URL = "https://harbour.example/"


def record(kind: str, path: str, block: bytes) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid4()}>\r\n"
        f"WARC-Target-URI: {URL}{path}\r\nWARC-Date: 2024-09-16T07:30:00Z\r\n"
        f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def answer(path: str, status: str, content_type: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *headers]
    return record("response", path, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def archive(*answers: tuple[str, str, str, bytes], packed: bool = False) -> bytes:
    """A WARC of (path, status, content type, body), with the records a crawler writes around."""
    parts = [record("warcinfo", "", b"software: test\r\n")]
    for each in answers:
        parts += [record("request", each[0], b"GET / HTTP/1.1\r\n\r\n"), answer(*each)]
    return b"".join(gzip.compress(part) if packed else part for part in parts)


def titled(title: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><p>x</p></body></html>".encode()


def records(content: bytes) -> list[Record]:
    return list(warc.read(BytesIO(content), ReadOptions()))


@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz"])
def test_pages_are_items_and_the_rest_is_passed_over(name: str) -> None:
    content = archive(
        ("a", "200 OK", "text/html; charset=utf-8", ARTICLE),
        ("b", "404 Not Found", "text/html", titled("gone")),
        ("c", "200 OK", "image/png", b"\x89PNG"),
        ("d", "200 OK", "text/html", titled("d")),
        packed=name.endswith(".gz"),
    )
    first, second = read(BytesIO(content), name=name)
    assert isinstance(first, Item)
    assert (first.id, first.title, first.url) == (f"{URL}a", "Counting the light", f"{URL}a")
    assert isinstance(second, Item)
    assert second.id == f"{URL}d"


def test_packed_and_chunked_bodies_are_unpacked() -> None:
    body = gzip.compress(titled("packed"))
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    headers = ("Content-Encoding: gzip", "Transfer-Encoding: chunked")
    (item,) = records(answer("a", "200 OK", "text/html", chunked, *headers))
    assert isinstance(item, Item)
    assert item.title == "packed"


@pytest.mark.parametrize(("wrong", "kept"), [(b"1", ["a", "c"]), (b"900", ["a"])])
def test_wrong_length_is_reported_and_what_follows_is_found(wrong: bytes, kept: list[str]) -> None:
    parts = [answer(name, "200 OK", "text/html", titled(name)) for name in "abc"]
    parts[1] = re.sub(rb"Content-Length: \d+", b"Content-Length: " + wrong, parts[1])
    found = records(b"".join(parts))
    assert [r.title for r in found if isinstance(r, Item)] == kept
    errors = [r for r in found if isinstance(r, RecordError)]
    assert [(error.line, error.unit) for error in errors][:1] == [(2, "record")]


def test_record_without_a_length_is_reported_and_the_next_is_read() -> None:
    whole = archive(*((name, "200 OK", "text/html", titled(name)) for name in "abc"))
    cut = whole.rindex(b"/b\r\n")
    damaged = whole[:cut] + whole[cut:].replace(b"Content-Length", b"Content-Size", 1)
    found = records(damaged)
    assert [r.title for r in found if isinstance(r, Item)] == ["a", "c"]
    (error,) = [r for r in found if isinstance(r, RecordError)]
    assert (error.line, error.reason) == (5, "has no Content-Length")


def test_archive_cut_short_gives_what_was_whole_and_an_error() -> None:
    whole = archive(*((name, "200 OK", "text/html", titled(name)) for name in "ab"), packed=True)
    for cut in (len(whole) - 60, len(whole) - 300):
        *good, error = records(whole[:cut])
        assert [r.title for r in good if isinstance(r, Item)] == ["a"]
        assert isinstance(error, RecordError)


def test_page_above_the_limit_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGE", 10_000)
    big = ("a", "200 OK", "text/html", b"<html>" + b"x" * 50_000)
    error, item = records(archive(big, ("b", "200 OK", "text/html", titled("b"))))
    assert isinstance(error, RecordError)
    assert "larger" in error.reason
    assert isinstance(item, Item)


def test_what_is_no_archive_is_an_error() -> None:
    (error,) = records(b"hello\nworld\n")
    assert isinstance(error, RecordError)


def test_what_is_no_archive_is_an_error_at_its_first_record() -> None:
    (error,) = warc.read(BytesIO(b'{"id": 1}\n{"id": 2}\n'), ReadOptions())
    assert isinstance(error, RecordError)
    assert (error.line, error.reason[:27]) == (1, "does not begin as one does;")
