import gzip
from pathlib import Path

import pytest

from linkage.sources import sitemaps
from linkage.sources.sitemaps import Listed
from linkage.types import RecordError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_addresses_are_listed_and_extensions_passed_over(pack) -> None:
    listed = list(sitemaps.read(pack((FIXTURES / "sitemap.xml").read_bytes())))
    assert [each for each in listed if isinstance(each, Listed)] == [
        Listed("https://harbour.example/reviews/ledger?from=map&n=1", "2024-09-16"),
        Listed("https://harbour.example/about"),
    ]
    assert [each.line for each in listed if isinstance(each, RecordError)] == [12, 13]


def test_an_index_lists_sitemaps() -> None:
    assert list(sitemaps.read((FIXTURES / "sitemap_index.xml").read_bytes())) == [
        Listed("https://harbour.example/sitemap-1.xml.gz", "2024-09-16T18:30:02+00:00", True),
        Listed("https://harbour.example/sitemap-2.xml", None, True),
    ]


def test_a_list_of_lines_is_a_sitemap() -> None:
    listed = sitemaps.read(b"\xef\xbb\xbfhttps://e.example/1\n\nnone\nhttps://e.example/2\r\n")
    first, error, second = listed
    assert (first, second) == (Listed("https://e.example/1"), Listed("https://e.example/2"))
    assert isinstance(error, RecordError)
    assert error.line == 3


def test_more_than_the_protocol_allows_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_ENTRIES", 3)
    *listed, error = sitemaps.read(b"".join(b"https://e.example/%d\n" % n for n in range(9)))
    assert len(listed) == 3
    assert isinstance(error, RecordError)


def test_a_bomb_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_BYTES", 1_000_000)
    packed = gzip.compress(b"<urlset>" + b" " * 5_000_000 + b"<url></url>")
    errors = list(sitemaps.read(packed))
    assert isinstance(errors[-1], RecordError)
    assert "larger than 1 MB" in errors[-1].reason
