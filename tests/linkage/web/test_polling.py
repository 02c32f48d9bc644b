"""Polling, against a real web server on loopback and a real database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from linkage.models import ItemRow, OriginRow, ResourceRow
from linkage.sources import sandbox
from linkage.web import resources, subscriptions
from linkage.web.polling import PATIENCE, poll_next
from tests.linkage.pollers import BOOK, FEED, FETCHER, Poller
from tests.web import Answer, Asked, WebServer


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


ENTRY = (
    "<item><title>t</title><link>http://e.example/1?{}</link><description>{}</description></item>"
)


@pytest.mark.parametrize(("second", "count"), [("same", 1), ("other", 2)])
def test_article_under_two_addresses_of_a_feed_comes_once(
    poller: Poller, feed: str, web: WebServer, second: str, count: int
) -> None:
    first = ENTRY.format("utm_source=rss", "same")
    entries = [ENTRY.format("utm_source=mail", second), first]
    for listed in ([first], entries, entries[::-1]):
        body = "".join(listed)
        web.put("/feed", f'<rss version="2.0"><channel><title>f</title>{body}</channel></rss>')
        poller.again() if poller.items() else (poller.add(feed), poller.poll_all())
    assert len(poller.items()) == count
    assert "http://e.example/1?utm_source=rss" in [item.url for item in poller.items()]


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


def test_feed_that_keeps_its_reader_busy_is_a_failure(
    poller: Poller, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 1.0)
    web.put("/feed", "\n" * 36_000 + "<rss/>")
    poller.add(f"{web.url}/feed")
    (polled,) = poller.poll_all()
    assert polled.state == "failed"
    assert "takes longer than 1 s" in (polled.error or "")


def test_very_long_names_give_ids_that_fit(poller: Poller, web: WebServer) -> None:
    entries = "".join(
        f"<item><title>{n}</title><link>http://e.example/{'x' * 500}{n}</link></item>"
        for n in range(2)
    )
    web.put("/f", f'<rss version="2.0"><channel><title>t</title>{entries}</channel></rss>')
    poller.add(f"{web.url}/f")
    poller.poll_all()
    assert len({item.id for item in poller.items()}) == 2
