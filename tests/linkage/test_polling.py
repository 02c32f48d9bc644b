"""Polling, against a real web server on loopback and a real database."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from linkage import resources, store, subscriptions
from linkage.errors import SubscriptionNamedError
from linkage.models import ItemRow, OriginRow, ResourceRow
from linkage.polling import PATIENCE, Polled, poll_next
from linkage.sources import sandbox
from linkage.subscriptions import Status
from linkage.types import Item
from tests.web import Answer, Asked, WebServer
from workers.db import Database
from workers.fetch import Fetcher, Outside

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sources"
FEED = (FIXTURES / "feed.rss").read_text()
BOOK = (FIXTURES / "book_json_ld.html").read_text()
FETCHER = Fetcher(Outside(allow_private=True, seconds=5, max_bytes=1_000_000))


class Poller:
    """Subscribes and polls as a worker does, without its pauses."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, url: str, kind: subscriptions.Kind = "feed", **options) -> Status:
        with self.database.transaction() as session:
            return subscriptions.add(session, "t", url, kind=kind, **options)[0]

    def poll(self) -> Polled | None:
        return poll_next(self.database.transaction, FETCHER, agent="Weft", delay=0)

    def poll_all(self) -> list[Polled]:
        polls: list[Polled] = []
        while polled := self.poll():
            polls.append(polled)
        return polls

    def again(self) -> list[Polled]:
        """Poll everything once more, whenever it would be due."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        with self.database.transaction() as session:
            session.execute(update(ResourceRow).values(next_at=past))
            session.execute(update(OriginRow).values(next_at=past))
        return self.poll_all()

    def items(self) -> list[Item]:
        with self.database.reading() as session:
            return list(store.page(session, "t", limit=1000).items)

    def resource(self, url: str) -> ResourceRow:
        with self.database.reading() as session:
            return session.scalars(select(ResourceRow).where(ResourceRow.url == url)).one()

    def status(self) -> Status:
        with self.database.reading() as session:
            return subscriptions.page(session, "t")[0][0]


@pytest.fixture
def poller(database: Database) -> Poller:
    return Poller(database)


@pytest.fixture
def feed(web: WebServer) -> str:
    web.put("/feed", FEED, "application/rss+xml", headers={"ETag": '"v1"'})
    return f"{web.url}/feed"


def test_feed_brings_its_entries(poller: Poller, feed: str) -> None:
    poller.add(feed, source="harbour")
    (polled,) = poller.poll_all()
    assert (polled.state, polled.summary.created, polled.summary.failed) == ("changed", 3, 1)
    first = poller.items()[0]
    assert first.id == "harbour:https://harbour.example/reviews/ledger"
    assert (first.source, first.kind) == ("harbour", "article")
    status = poller.status()
    assert (status.state, status.subscription.created, status.subscription.failed) == ("ok", 3, 1)
    assert "id: is required" in str(status.resource.error)


def test_unchanged_feed_is_asked_with_its_etag_and_changes_nothing(
    poller: Poller, feed: str, web: WebServer
) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.headers["If-None-Match"] == '"v1"':
            return Answer(status=304)
        return Answer(FEED.encode(), headers={"ETag": '"v1"', "Last-Modified": "yesterday"})

    web.answers["/feed"] = answer
    poller.add(feed)
    poller.poll_all()
    assert [polled.state for polled in poller.again()] == ["unchanged"]
    assert [polled.state for polled in poller.again()] == ["unchanged"]
    assert web.asked[-1].headers["If-Modified-Since"] == "yesterday"


def test_same_content_is_not_read_again_though_the_server_sends_it(
    poller: Poller, feed: str, web: WebServer
) -> None:
    poller.add(feed)
    poller.poll_all()
    web.put("/feed", FEED, headers={"ETag": '"v2"'})
    assert [polled.state for polled in poller.again()] == ["unchanged"]


def test_changed_entry_is_updated_and_the_others_are_not(
    poller: Poller, feed: str, web: WebServer
) -> None:
    poller.add(feed, keep_days=36_000)
    poller.poll_all()
    web.put("/feed", FEED.replace("Episode 9", "Episode 10"))
    (polled,) = poller.again()
    assert (polled.summary.created, polled.summary.updated, polled.summary.unchanged) == (0, 1, 2)


def test_next_poll_comes_after_the_interval_or_what_the_feed_asks_for(
    poller: Poller, feed: str
) -> None:
    poller.add(feed, every_seconds=600)
    poller.poll_all()
    wait = (poller.resource(feed).next_at - datetime.now(UTC)).total_seconds()
    assert 90 * 60 - 10 < wait <= 90 * 60, "the feed's own ttl is longer"
    assert poller.poll() is None


def test_entries_expire_days_after_their_date_and_go(poller: Poller, web: WebServer) -> None:
    now = datetime.now(UTC)
    entries = "".join(
        f"<item><title>{days}</title><link>http://e.example/{days}</link>"
        f"<pubDate>{(now - timedelta(days=days)):%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for days in (1, 5, 20)
    )
    web.put("/f", f'<rss version="2.0"><channel><title>t</title>{entries}</channel></rss>')
    poller.add(f"{web.url}/f", keep_days=10)
    poller.poll_all()
    items = {item.title: item for item in poller.items()}
    assert items.keys() == {"1", "5"}
    assert items["5"].expires_at is not None
    assert timedelta(days=4) < items["5"].expires_at - now < timedelta(days=5, minutes=1)
    with poller.database.transaction() as session:
        session.execute(update(ItemRow).where(ItemRow.title == "5").values(expires_at=now))
    (polled,) = poller.again()
    assert polled.summary.removed == 1
    assert [item.title for item in poller.items()] == ["1"]


def test_entry_without_a_date_expires_days_after_it_was_first_seen(
    poller: Poller, web: WebServer
) -> None:
    entry = "<item><title>a</title><link>http://e.example/a</link></item>"
    web.put("/f", f'<rss version="2.0"><channel><title>t</title>{entry}</channel></rss>')
    poller.add(f"{web.url}/f", keep_days=10)
    poller.poll_all()
    first = poller.items()[0].expires_at
    web.put("/f", f'<rss version="2.0"><channel><title>new</title>{entry}</channel></rss>')
    poller.again()
    assert poller.items()[0].expires_at == first


def test_page_brings_what_it_is_about(poller: Poller, web: WebServer) -> None:
    web.put("/b", BOOK.replace("https://gullwing.example/books/ledger", f"{web.url}/canonical"))
    poller.add(f"{web.url}/b", "page", source="gullwing", item_kind="product")
    poller.poll_all()
    (item,) = poller.items()
    assert (item.id, item.kind) == (f"gullwing:{web.url}/canonical", "product")
    assert item.identifiers["isbn13"] == "9780441172719"
    assert item.expires_at == datetime(2031, 1, 1, tzinfo=UTC)


def test_page_that_is_gone_takes_its_item_with_it_and_brings_it_back(
    poller: Poller, web: WebServer
) -> None:
    web.put("/b", BOOK)
    poller.add(f"{web.url}/b", "page")
    poller.poll_all()
    web.answers["/b"] = Answer(status=410)
    (polled,) = poller.again()
    assert (polled.state, polled.summary.removed) == ("gone", 1)
    assert poller.items() == []
    web.put("/b", BOOK)
    (polled,) = poller.again()
    assert polled.summary.created == 1


def test_page_that_is_not_found_keeps_its_item_for_a_while(poller: Poller, web: WebServer) -> None:
    web.put("/b", BOOK)
    poller.add(f"{web.url}/b", "page")
    poller.poll_all()
    del web.answers["/b"]
    states = [polled.state for _ in range(PATIENCE) for polled in poller.again()]
    assert states == ["failed", "failed", "gone"]
    assert poller.items() == []


@pytest.mark.parametrize("how", ["meta", "header"])
def test_page_that_asks_not_to_be_listed_is_not(poller: Poller, web: WebServer, how: str) -> None:
    meta = '<meta name="robots" content="noindex"></head>'
    body = BOOK.replace("</head>", meta) if how == "meta" else BOOK
    web.put("/b", body, headers={"X-Robots-Tag": "noindex"} if how == "header" else {})
    poller.add(f"{web.url}/b", "page")
    (polled,) = poller.poll_all()
    assert polled.error is not None
    assert "not to be listed" in polled.error
    assert poller.items() == []


@pytest.fixture
def site(web: WebServer) -> WebServer:
    """A site of three pages, with an index of two sitemaps, one of them packed."""
    for name in "abc":
        web.put(f"/{name}", f"<html><head><title>Page {name}</title></head><body>x</body></html>")
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    one = f"{head}<url><loc>{web.url}/a</loc><lastmod>2024-01-01</lastmod></url><url><loc>{web.url}/b</loc></url><url><loc>https://else.example/x</loc></url></urlset>"
    two = f"{head}<url><loc>{web.url}/c</loc></url></urlset>"
    web.put("/1.xml", one, "application/xml")
    web.put("/2.xml.gz", gzip.compress(two.encode()), "application/gzip")
    web.put(
        "/sitemap.xml",
        f"<sitemapindex><sitemap><loc>{web.url}/1.xml</loc></sitemap>"
        f"<sitemap><loc>{web.url}/2.xml.gz</loc></sitemap></sitemapindex>",
        "application/xml",
    )
    return web


def test_sitemap_brings_the_pages_it_lists(poller: Poller, site: WebServer) -> None:
    poller.add(f"{site.url}/sitemap.xml", "sitemap", source="site")
    poller.poll_all()
    assert sorted(item.title for item in poller.items()) == ["Page a", "Page b", "Page c"]
    assert poller.status().addresses == 6
    assert set(site.paths()) == {
        "/robots.txt", "/sitemap.xml", "/1.xml", "/2.xml.gz", "/a", "/b", "/c",
    }  # fmt: skip
    assert site.paths().count("/robots.txt") == 1


def test_page_is_fetched_again_when_the_sitemap_says_it_changed(
    poller: Poller, site: WebServer
) -> None:
    poller.add(f"{site.url}/sitemap.xml", "sitemap")
    poller.poll_all()
    content = site.answers["/1.xml"]
    assert isinstance(content, Answer)
    site.put("/1.xml", content.body.replace(b"2024-01-01", b"2024-01-02"))
    site.put("/a", "<html><head><title>Page a, mended</title></head><body>x</body></html>")
    site.asked.clear()
    with poller.database.transaction() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(
            update(ResourceRow).where(ResourceRow.kind == "sitemap").values(next_at=past)
        )
    poller.poll_all()
    assert set(site.paths()) == {"/sitemap.xml", "/1.xml", "/2.xml.gz", "/a"}
    assert "Page a, mended" in {item.title for item in poller.items()}


def test_what_a_sitemap_lists_no_more_goes(poller: Poller, site: WebServer) -> None:
    poller.add(f"{site.url}/sitemap.xml", "sitemap")
    poller.poll_all()
    site.put(
        "/sitemap.xml",
        f"<sitemapindex><sitemap><loc>{site.url}/1.xml</loc></sitemap></sitemapindex>",
    )
    polls = poller.again()
    assert sum(polled.summary.removed for polled in polls) == 1
    assert sorted(item.title for item in poller.items()) == ["Page a", "Page b"]
    assert poller.status().addresses == 4


def test_sitemap_that_is_cut_off_drops_nothing(poller: Poller, site: WebServer) -> None:
    poller.add(f"{site.url}/1.xml", "sitemap")
    poller.poll_all()
    site.put("/1.xml", f"<urlset><url><loc>{site.url}/a</loc></url><url><loc>{site.url}/")
    errors = [polled.error for polled in poller.again() if polled.url.endswith("/1.xml")]
    assert "cut off" in str(errors)
    assert len(poller.items()) == 2


def test_robots_txt_is_obeyed_and_read_once_a_day(
    poller: Poller, feed: str, web: WebServer
) -> None:
    web.put("/robots.txt", "User-agent: weft\nDisallow: /private\n", "text/plain")
    web.put("/private/feed", FEED)
    poller.add(f"{web.url}/private/feed")
    (polled,) = poller.poll_all()
    assert (polled.state, polled.error) == ("failed", "robots.txt does not allow it")
    assert web.paths() == ["/robots.txt"]
    poller.add(feed)
    poller.again()
    assert web.paths() == ["/robots.txt", "/feed"]


def test_pause_that_robots_txt_asks_for_is_kept(poller: Poller, feed: str, web: WebServer) -> None:
    web.put("/robots.txt", "User-agent: *\nCrawl-delay: 7\n", "text/plain")
    poller.add(feed)
    poller.poll_all()
    with poller.database.reading() as session:
        origin = session.get_one(OriginRow, web.url)
        assert 5 < (origin.next_at - datetime.now(UTC)).total_seconds() <= 7


def test_without_an_answer_about_robots_nothing_is_fetched(
    poller: Poller, feed: str, web: WebServer
) -> None:
    web.answers["/robots.txt"] = Answer(status=503)
    poller.add(feed)
    (polled,) = poller.poll_all()
    assert polled.state == "failed"
    assert "robots.txt answered 503" in str(polled.error)
    assert web.paths() == ["/robots.txt"]


def test_redirect_is_followed_where_robots_txt_allows_it(poller: Poller, web: WebServer) -> None:
    web.put("/robots.txt", "User-agent: *\nDisallow: /no\n", "text/plain")
    web.put("/new", FEED)
    web.answers["/old"] = Answer(status=301, headers={"Location": "/new"})
    web.answers["/bad"] = Answer(status=302, headers={"Location": "/no"})
    web.answers["/loop"] = Answer(status=302, headers={"Location": "/loop"})
    poller.add(f"{web.url}/old")
    poller.add(f"{web.url}/bad")
    poller.add(f"{web.url}/loop")
    errors = {polled.url.rpartition("/")[2]: polled.error for polled in poller.poll_all()}
    assert "id: is required" in str(errors["old"])
    assert "robots.txt" in str(errors["bad"])
    assert "redirects" in str(errors["loop"])


def test_failures_are_tried_again_ever_later(poller: Poller, feed: str, web: WebServer) -> None:
    web.answers["/feed"] = Answer(status=500)
    poller.add(feed)
    waits = []
    for _ in range(8):
        (polled,) = poller.again()
        assert polled.state == "failed"
        waits.append((poller.resource(feed).next_at - datetime.now(UTC)).total_seconds())
    for failures, wait in enumerate(waits):
        assert 0.5 * 60 * 2**failures - 1 <= wait <= 1.5 * 60 * 2**failures
    assert poller.status().state == "failing"
    web.put("/feed", FEED)
    poller.again()
    assert poller.status().state == "ok"


def test_server_that_asks_us_to_stay_away_is_left_alone(
    poller: Poller, feed: str, web: WebServer
) -> None:
    web.answers["/feed"] = Answer(status=429, headers={"Retry-After": "7200"})
    poller.add(feed)
    poller.poll_all()
    wait = (poller.resource(feed).next_at - datetime.now(UTC)).total_seconds()
    assert 7190 < wait <= 7200


@pytest.mark.parametrize(
    ("kind", "body"),
    [("feed", b"<html>no feed</html>"), ("feed", b""), ("page", b""), ("sitemap", b"<urlset><url>"),
     ("feed", b"x" * 1_500_000)],
)  # fmt: skip
def test_what_cannot_be_read_is_a_failure_with_a_reason(
    poller: Poller, web: WebServer, kind: subscriptions.Kind, body: bytes
) -> None:
    web.put("/x", body)
    poller.add(f"{web.url}/x", kind)
    (polled,) = poller.poll_all()
    assert polled.state == "failed"
    assert polled.error


def test_one_server_is_asked_by_one_worker_at_a_time(
    poller: Poller, feed: str, web: WebServer
) -> None:
    web.put("/other", FEED)
    poller.add(feed)
    poller.add(f"{web.url}/other")
    with poller.database.transaction() as session:
        held = resources.claim(session, lease=60)
        assert held is not None
    assert poller.poll() is None
    with poller.database.transaction() as session:
        session.execute(
            update(OriginRow).values(lease_until=datetime.now(UTC) - timedelta(seconds=1))
        )
    assert poller.poll() is not None, "the lease of a dead worker runs out"
    done = resources.Outcome(wait=1, delay=0)
    with poller.database.transaction() as session:
        assert not resources.finish(session, held, done), "and what it held is not its own any more"


def test_server_is_left_a_pause(poller: Poller, feed: str, web: WebServer) -> None:
    web.put("/other", FEED)
    poller.add(feed)
    poller.add(f"{web.url}/other")
    polls = (
        poll_next(poller.database.transaction, FETCHER, agent="Weft", delay=30) for _ in range(2)
    )
    assert [polled is None for polled in polls] == [False, True]
    with poller.database.reading() as session:
        key = subscriptions.page(session, "t")[0][1].subscription.key
        due_at = resources.due_at(session, key)
    assert due_at is not None
    assert 25 < (due_at - datetime.now(UTC)).total_seconds() <= 30


def test_claim_counts_as_a_failure_until_its_end_is_written(poller: Poller, feed: str) -> None:
    poller.add(feed)
    with poller.database.transaction() as session:
        assert resources.claim(session, lease=60) is not None
    row = poller.resource(feed)
    assert row.failures == 1
    assert row.next_at > datetime.now(UTC)


def test_subscribing_again_changes_how_and_keeps_what_there_is(poller: Poller, feed: str) -> None:
    first = poller.add(feed, every_seconds=600)
    poller.poll_all()
    second = poller.add(feed, every_seconds=1200)
    assert second.subscription.id == first.subscription.id
    assert second.subscription.every_seconds == 1200
    assert len(poller.items()) == 3


def test_source_that_is_in_the_ids_of_items_cannot_be_renamed(poller: Poller, feed: str) -> None:
    """Its items would be in the catalogue twice."""
    first = poller.add(feed, source="first")
    with pytest.raises(SubscriptionNamedError, match=first.subscription.id):
        poller.add(feed, source="second")
    assert poller.add(feed).subscription.source == "first"


def test_what_items_are_is_changed_for_the_pages_of_a_sitemap_too(
    poller: Poller, site: WebServer
) -> None:
    poller.add(f"{site.url}/sitemap.xml", "sitemap")
    poller.poll_all()
    site.asked.clear()
    poller.add(f"{site.url}/sitemap.xml", "sitemap", item_kind="book")
    poller.poll_all()
    assert {item.kind for item in poller.items()} == {"book"}
    site.asked.clear()
    poller.add(f"{site.url}/sitemap.xml", "sitemap", item_kind="book")
    poller.poll_all()
    assert site.paths() == ["/sitemap.xml"]


def test_addresses_that_fail_are_counted(poller: Poller, site: WebServer) -> None:
    site.put("/b", "gone for now", status=500)
    poller.add(f"{site.url}/sitemap.xml", "sitemap")
    poller.poll_all()
    assert (poller.status().state, poller.status().addresses, poller.status().failing) == (
        "ok", 6, 1,
    )  # fmt: skip


def test_feed_that_keeps_its_reader_busy_is_a_failure(
    poller: Poller, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 1.0)
    web.put("/feed", "\n" * 36_000 + "<rss/>")
    poller.add(f"{web.url}/feed")
    (polled,) = poller.poll_all()
    assert polled.state == "failed"
    assert "takes longer than 1 s" in (polled.error or "")


def test_removing_takes_along_what_no_other_source_brings(
    poller: Poller, feed: str, web: WebServer
) -> None:
    web.put("/other", FEED.replace("/pod/9<", "/pod/8<"))
    one = poller.add(feed, source="s")
    poller.add(f"{web.url}/other", source="s")
    for _ in range(2):
        poller.poll_all()
        poller.again()
    assert len(poller.items()) == 4
    with poller.database.transaction() as session:
        assert subscriptions.remove(session, "t", one.subscription.id) == 1
    assert len(poller.items()) == 3
    assert [status.subscription.url for status in [poller.status()]] == [f"{web.url}/other"]


def test_removing_can_leave_the_items(poller: Poller, feed: str) -> None:
    status = poller.add(feed)
    poller.poll_all()
    with poller.database.transaction() as session:
        assert subscriptions.remove(session, "t", status.subscription.id, keep_items=True) == 0
    assert len(poller.items()) == 3


def test_very_long_names_give_ids_that_fit(poller: Poller, web: WebServer) -> None:
    entries = "".join(
        f"<item><title>{n}</title><link>http://e.example/{'x' * 500}{n}</link></item>"
        for n in range(2)
    )
    web.put("/f", f'<rss version="2.0"><channel><title>t</title>{entries}</channel></rss>')
    poller.add(f"{web.url}/f")
    poller.poll_all()
    assert len({item.id for item in poller.items()}) == 2
