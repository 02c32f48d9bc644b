"""Subscribing again and ending it, with what was polled meanwhile."""

import pytest

from linkage.errors import SubscriptionNamedError
from linkage.web import subscriptions
from tests.linkage.pollers import FEED, Poller
from tests.web import WebServer


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
