"""What servers ask of robots, against a real web server on loopback."""

from datetime import UTC, datetime

from linkage.models import OriginRow
from tests.linkage.pollers import FEED, Poller
from tests.web import Answer, WebServer


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
    assert "robots.txt: answered 503" in str(polled.error)
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
