"""Whatever bytes a file holds, every reader yields items and errors, and raises nothing else."""

import contextlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.errors import SourceFormatError
from linkage.sources import FORMATS, ReadOptions, read, sitemaps
from linkage.sources.sitemaps import Listed
from linkage.types import Item, RecordError, Removal
from linkage.web.port import Fetched
from linkage.web.robots import Robots

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"
OPTIONS = ReadOptions(default_kind="book", max_bytes=10_000_000)
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><title>t</title></html>"
SAMPLES: dict[str, list[bytes]] = {
    "onix": [path.read_bytes() for path in sorted(FIXTURES.glob("onix*.xml"))],
    "amazon": [path.read_bytes() for path in sorted(FIXTURES.glob("amazon*.json"))],
    "feed": [path.read_bytes() for path in sorted(FIXTURES.glob("feed.*"))],
    "page": [path.read_bytes() for path in sorted(FIXTURES.glob("*.html"))],
    "csv": [b'id,title,kind\n1,"a, b",book\n2,c,book\n'],
    "tsv": [b"id\ttitle\tkind\n1\ta\tbook\n"],
    "jsonl": [b'{"id": 1, "title": "a", "kind": "book"}\n{"id": 2}\n'],
    "warc": [
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://e.example/\r\n"
        b"Content-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
        % (len(RESPONSE), RESPONSE)
    ],
    "sitemap": [path.read_bytes() for path in sorted(FIXTURES.glob("sitemap*.xml"))],
}  # fmt: skip
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def mutated(draw: st.DrawFn, format_: str) -> bytes:
    """A valid file with pieces cut out, doubled, moved or overwritten."""
    content = bytearray(draw(st.sampled_from(SAMPLES[format_])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        end = min(len(content), at + draw(st.integers(0, 400)))
        match draw(st.sampled_from(("cut", "double", "bytes", "swap"))):
            case "cut":
                del content[at:end]
            case "double":
                content[at:at] = content[at:end]
            case "bytes":
                content[at : at + 3] = draw(st.binary(max_size=8))
            case _:
                other = draw(st.sampled_from(SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))]))
                content[at:at] = other[:end]
    return bytes(content)


def check(content: bytes, format_: str) -> None:
    records: Iterator[object]
    if format_ == "sitemap":
        records = sitemaps.read(content)
    else:
        records = read(BytesIO(content), OPTIONS, format=format_)
    with contextlib.suppress(SourceFormatError):
        for record in records:
            assert isinstance(record, Item | Removal | RecordError | Listed)


@pytest.mark.parametrize("format_", [*FORMATS, "sitemap"])
@FUZZ
@given(st.data())
def test_mutated_files_crash_no_reader(format_: str, data: st.DataObject) -> None:
    check(data.draw(mutated(format_)), format_)


@pytest.mark.parametrize("format_", [*FORMATS, "sitemap"])
@FUZZ
@given(st.binary(max_size=2_000))
def test_random_bytes_crash_no_reader(format_: str, content: bytes) -> None:
    check(content, format_)


@FUZZ
@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_robots_txt_and_address_can_be_asked_about(text: bytes, path: str) -> None:
    def fetch(url: str, **_: object) -> Fetched:
        return Fetched(url, 200, text)

    robots = Robots(fetch, "Weft", {})
    assert robots.permits("https://e.example/" + path) in {True, False}
    assert 0 <= robots.delay("https://e.example") <= 60


def test_every_sample_is_read_well(tmp_path: Path) -> None:
    file = tmp_path / "sample"  # a page may have no other name
    for format_ in FORMATS:
        for sample in SAMPLES[format_]:
            file.write_bytes(sample)
            assert any(isinstance(r, Item) for r in read(file, OPTIONS, format=format_))
