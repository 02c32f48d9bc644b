from io import BytesIO
from pathlib import Path

import pytest

from linkage.sources import ReadOptions, feeds, read
from linkage.types import Item, RecordError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"


def test_every_field_of_an_entry_of_rss() -> None:
    item = next(iter(read(FIXTURES / "feed.rss")))
    assert item == Item(
        id="https://harbour.example/reviews/ledger",
        kind="article",
        title="The Lamp Keeper’s Ledger, reviewed",
        creators=("Nell Marsh",),
        text="Brandt’s keeper counts everything.\nIt is a joy.",
        language="en-gb",
        subjects=("Fiction", "Islands"),
        url="https://harbour.example/reviews/ledger",
        published_at="2024-09-16T05:30:00+00:00",
        attributes={"feed": "The Harbour Review"},
    )


def test_entries_are_podcasts_and_notes_too_and_an_empty_one_is_an_error() -> None:
    _, podcast, note, error = read(FIXTURES / "feed.rss")
    assert isinstance(podcast, Item)
    assert (podcast.kind, podcast.attributes["media"]) == (
        "podcast", "https://harbour.example/pod/9.mp3",
    )  # fmt: skip
    assert isinstance(note, Item)
    assert (note.id, note.title) == ("harbour-note-3", "Neither title nor link, but words.")
    assert note.url is None
    assert isinstance(error, RecordError)
    assert (error.line, error.unit) == (4, "record")


def test_links_of_atom_are_resolved_against_the_feed() -> None:
    content = (FIXTURES / "feed.atom").read_bytes()
    (record,) = feeds.parse(content, url="https://moewe.example/feed").records
    assert record["id"] == record["url"] == "https://moewe.example/salz"
    assert record["title"] == "Salz & Papier"
    assert record["creators"] == ["Ines Amaral"]
    assert record["language"] == "de"


def test_feed_tells_when_to_come_again() -> None:
    assert feeds.parse((FIXTURES / "feed.rss").read_bytes()).ttl == 90 * 60
    assert feeds.parse(b"<rss><channel><ttl>soon</ttl></channel></rss>").ttl == 0


def test_feed_that_is_not_well_formed_is_read_as_far_as_can_be() -> None:
    content = (FIXTURES / "feed.rss").read_bytes()
    cut = content[: content.index(b"<guid>harbour-note-3")]
    *records, fault = feeds.read(BytesIO(cut), ReadOptions())
    assert [record.title for record in records if isinstance(record, Item)][:2] == [
        "The Lamp Keeper’s Ledger, reviewed",
        "Episode 9: Salt",
    ]
    assert isinstance(fault, RecordError)
    assert fault.is_warning
    assert fault.line > 20


@pytest.mark.parametrize("content", [b"", b"hello", b"<html><body>404</body></html>", b"\x00" * 99])
def test_what_is_no_feed_is_an_error(content: bytes) -> None:
    (error,) = feeds.read(BytesIO(content), ReadOptions())
    assert isinstance(error, RecordError)
    assert not error.is_warning
    assert "not a feed" in error.reason


def test_content_that_looks_like_an_address_or_a_file_is_neither() -> None:
    for content in (b"http://127.0.0.1:9/feed", str(FIXTURES / "feed.rss").encode()):
        (error,) = feeds.read(BytesIO(content), ReadOptions())
        assert isinstance(error, RecordError)


def test_entities_are_not_expanded() -> None:
    bombs = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    content = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY b0 "lol">{bombs}'
        '<!ENTITY f SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>t</title>'
        "<item><title>a &b9; &f; z</title><link>http://e.example/1</link></item></channel></rss>"
    )
    for record in feeds.read(BytesIO(content.encode()), ReadOptions()):
        if isinstance(record, Item):
            assert len(record.title) < 100
            assert "root:" not in record.title
