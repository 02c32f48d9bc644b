import gzip
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from linkage.sources import ReadOptions, pages, read
from linkage.sources.pages import Page
from linkage.types import Item, RecordError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"


def page(content: str | bytes, url: str = "https://e.example/p") -> Page:
    found = pages.parse(content.encode() if isinstance(content, str) else content, url=url)
    assert isinstance(found, Page)
    return found


def json_ld(script: str) -> str:
    return f'<script type="application/ld+json">{script}</script>'


def test_json_ld_tells_what_the_page_is_about() -> None:
    (item,) = read(FIXTURES / "book_json_ld.html")
    assert item == Item(
        id="https://gullwing.example/books/ledger",
        kind="book",
        title="The Lamp Keeper's Ledger",
        creators=("Jörg Brandt",),
        text="A keeper and his accounts. One winter, they do not add up.",
        language="en",
        subjects=("Novel", "lighthouses", "islands"),
        identifiers={"isbn13": "9780441172719", "wikidata": "Q42"},
        url="https://gullwing.example/books/ledger",
        published_at="2024-09-15",
        expires_at=datetime(2031, 1, 1, tzinfo=UTC),
        attributes={
            "publisher": "Gullwing & Daughters",
            "series": "Tidewater Stories",
            "image": "https://gullwing.example/1.jpg",
        },
    )


def test_microdata_tells_it_too() -> None:
    (item,) = read(FIXTURES / "film_microdata.html")
    assert isinstance(item, Item)
    assert (item.id, item.kind, item.title) == ("film_microdata.html", "film", "Das Kassenbuch")
    assert (item.creators, item.language) == (("Mara Voss",), "de")
    assert item.identifiers == {"imdb": "tt0133093"}
    assert item.published_at == "2023-05-02"


def test_a_page_that_states_nothing_gives_its_article() -> None:
    (item,) = read(FIXTURES / "article.html")
    assert isinstance(item, Item)
    assert (item.kind, item.title, item.creators) == (
        "article",
        "Counting the light",
        ("Nell Marsh",),
    )
    assert item.published_at == "2024-09-16"
    assert "the numbers do not add up" in item.text
    assert "Cookies" not in item.text
    assert "Archive" not in item.text


def test_of_an_article_the_longer_text_is_taken() -> None:
    body = (FIXTURES / "article.html").read_text()
    stated = '{"@type": "NewsArticle", "headline": "Stated", "description": "Short."}'
    record = page(body.replace("</head>", json_ld(stated) + "</head>")).record
    assert (record["kind"], record["title"]) == ("article", "Stated")
    assert "the numbers do not add up" in record["text"]


def test_canonical_address_counts_at_its_own_site_only() -> None:
    link = (
        '<html><head><title>t</title><link rel="canonical" href="{}"></head><body>x</body></html>'
    )
    assert (
        page(link.format("/real"), "https://e.example/p?utm=1").record["id"]
        == "https://e.example/real"
    )
    assert page(link.format("https://else.example/")).record["id"] == "https://e.example/p"
    assert page(link.format("javascript:x")).record["id"] == "https://e.example/p"


@pytest.mark.parametrize(
    ("robots", "answer"),
    [("noindex, follow", "yes"), ("NONE", "yes"), ("index, nofollow", "no"), ("", "no")],
)
def test_page_can_ask_not_to_be_listed(robots: str, answer: str) -> None:
    html = f'<html><head><meta name="ROBOTS" content="{robots}"><title>t</title></head></html>'
    assert page(html).asks_not_to_be_listed is (answer == "yes")


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1251"])
def test_encoding_is_told_by_the_page(encoding: str) -> None:
    title = "Дюна" if encoding == "windows-1251" else "Müller"
    html = (
        f'<html><head><meta charset="{encoding}"><title>{title}</title></head><body>x</body></html>'
    )
    assert page(html.encode(encoding)).record["title"] == title


@pytest.mark.parametrize(
    "script",
    ["{", "[[[[", '{"@type": 5}', '{"@type": ["Book", 7], "name": {"@value": "N"}}', "[1, null]",
     '{"@graph": {"@graph": [[{"@type": "Book"}]]}}', '{"@type": "Book", "name": [], "author": 3}',
     "[" * 5_000, '{"a":' * 5_000, '{"@type": "Book", "name": "x", "image": [[]]}'],
)  # fmt: skip
def test_odd_json_ld_costs_nothing_but_itself(script: str) -> None:
    html = f"<html><head><title>Plain</title>{json_ld(script)}</head><body>x</body></html>"
    assert page(html).record["url"] == "https://e.example/p"


def test_deeply_nested_page_is_read_or_reported() -> None:
    html = "<html><head><title>t</title></head><body>" + "<div itemscope itemprop=a>" * 20_000 + "x"
    records = list(pages.read(BytesIO(html.encode()), ReadOptions()))
    assert records
    assert all(isinstance(record, Item | RecordError) for record in records)


def test_page_without_an_address_is_named_by_its_file_packed_or_not(tmp_path: Path) -> None:
    html = b"<html><head><title>t</title></head><body>x</body></html>"
    (tmp_path / "one.html").write_bytes(html)
    (tmp_path / "two.html.gz").write_bytes(gzip.compress(html))
    items = [*read(tmp_path / "one.html"), *read(tmp_path / "two.html.gz")]
    assert [item.id for item in items if isinstance(item, Item)] == ["one.html", "two.html.gz"]
    (error,) = read(BytesIO(html), format="page")
    assert isinstance(error, RecordError)
    assert error.reason.startswith("id: is required")


@pytest.mark.parametrize("content", [b"", b"   ", b"\x00"])
def test_nothing_is_an_error(content: bytes) -> None:
    (error,) = pages.read(BytesIO(content), ReadOptions())
    assert isinstance(error, RecordError)


def test_nameless_page_without_an_address_says_what_it_lacks() -> None:
    (error,) = pages.read(BytesIO(b"<title>x</title><p>y</p>"), ReadOptions())
    assert isinstance(error, RecordError)
    assert "rel=canonical" in error.reason
    (item,) = pages.read(
        BytesIO(b"<title>x</title><p>y</p>"), ReadOptions(constants={"id": "mine"})
    )
    assert isinstance(item, Item)
    assert item.id == "mine"
