import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.sources import ReadOptions, feeds, pages, sandbox, warc
from linkage.types import Item, RecordError
from tests.linkage.sources.test_warc import archive

SIZE = 36_000
ENTRY = "<rss version='2.0'><channel><title>t</title><item>{}</item></channel></rss>"
HOSTILE = {
    "an address without an at sign": ENTRY.format(f"<author>{'a' * SIZE}</author>"),
    "a declaration of many encodings": "<?xml " + "encoding='" * (SIZE // 10) + "<rss/>",
    "line ends before the feed": "\n" * SIZE + "<rss/>",
}
LONG_ARTICLE = (
    '<html><head><title>t</title><link rel="canonical" href="https://e.example/p">'
    f'<meta name="author" content="a{"!" * SIZE}b"></head><body><nav>Menu</nav><p>x</body></html>'
)
DEEP_PAGE = f"<html><body>{'<div itemscope>' * 200}{'<p itemprop=a>x</p>' * 1_500}"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is long enough to show that time is bounded."""
    monkeypatch.setattr(sandbox, "SECONDS", 1.0)


def entry(title: str) -> bytes:
    return ENTRY.format(f"<title>{title}</title><link>http://e.example/1</link>").encode()


def title_of(content: bytes) -> object:
    (record,) = feeds.parse(content).records
    return record["title"]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_feed_that_takes_too_long_is_an_error_and_the_next_is_read(content: str) -> None:
    fault = feeds.parse(content.encode()).fault
    assert fault is not None
    assert fault.reason == "not a feed: reading it takes longer than 1 s"
    assert title_of(entry("Good")) == "Good"


@pytest.mark.usefixtures("hasty")
def test_page_that_takes_too_long_is_taken_as_it_stands_with_a_warning() -> None:
    item, warning = pages.read(BytesIO(LONG_ARTICLE.encode()), ReadOptions())
    assert isinstance(item, Item)
    assert (item.kind, item.title, item.text) == ("page", "t", "Menu\nx")
    assert isinstance(warning, RecordError)
    assert warning.is_warning
    assert warning.reason == ("all of the page's text was taken: reading it takes longer than 1 s")


@pytest.mark.usefixtures("hasty")
def test_page_that_takes_too_long_even_so_is_an_error() -> None:
    error = pages.parse(DEEP_PAGE.encode())
    assert isinstance(error, RecordError)
    assert error.reason == "the page cannot be read: reading it takes longer than 1 s"


@pytest.mark.usefixtures("hasty")
def test_pages_that_take_too_long_one_after_the_other_have_an_end_together() -> None:
    good = ("good", "200 OK", "text/html", b"<title>Good</title><p>Text</p>")
    bad = [(f"bad-{n}", "200 OK", "text/html", LONG_ARTICLE.encode()) for n in range(20)]
    began = time.monotonic()
    content = BytesIO(archive(good, *bad, good))
    first, *others = warc.read(content, ReadOptions(until=began + 3))
    assert time.monotonic() - began < 10  # 20 s of processor time without
    assert isinstance(first, Item)
    assert isinstance(others[-1], RecordError)
    assert others[-1].reason.endswith("there was no time left to read it; send it again by itself")
    assert [each.id for each in others][-2:] == [
        "https://harbour.example/bad-19",
        "https://harbour.example/good",
    ]


def test_reader_that_was_killed_costs_nothing() -> None:
    assert title_of(entry("Before")) == "Before"
    for child in sandbox._idle:  # noqa: SLF001 - no other way to it
        os.kill(child._process.pid, signal.SIGKILL)  # noqa: SLF001
        child._process.wait()  # noqa: SLF001
    assert title_of(entry("After")) == "After"


def test_answer_to_a_question_that_was_given_up_is_not_another_s() -> None:
    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    assert title_of(entry("Before")) == "Before"
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(TimeoutError):
            feeds.parse(HOSTILE["line ends before the feed"].encode())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert title_of(entry("After")) == "After"


def test_threads_get_each_their_own_answer() -> None:
    titles = [f"Title {number}" for number in range(40)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda title: title_of(entry(title)), titles)) == titles


def test_reader_knows_nothing_of_our_environment_and_its_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEFT_SECRET_KEY", "not to be told")
    child = sandbox._Child()  # noqa: SLF001 - no other way to it
    try:
        child.ask(b"<rss/>", kind="feeds", url="", content_type="")
        process = Path(f"/proc/{child._process.pid}")  # noqa: SLF001
        assert b"not to be told" not in (process / "environ").read_bytes()
        assert f"Max address space         {sandbox.MAX_MEMORY}" in (process / "limits").read_text()
    finally:
        child.end()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), max_size=5))
def test_what_is_read_there_is_what_would_be_read_here(titles: list[str]) -> None:
    items = "".join(f"<item><title><![CDATA[{title}]]></title></item>" for title in titles)
    content = ENTRY.format(f"</item>{items}<item>").encode()
    asked = {"url": "http://e.example/feed", "content_type": "application/rss+xml"}
    assert feeds.parse(content, **asked) == feeds.extract(content, **asked)
