"""What an answer of the web holds for a subscription: items, or addresses that have some."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from linkage import dates
from linkage.items import MAX_ID
from linkage.sources import feeds, pages, sitemaps
from linkage.sources.options import ReadOptions
from linkage.sources.sitemaps import Listed
from linkage.types import Item, RecordError
from linkage.web.port import Fetched
from linkage.web.resources import Claim


@dataclass(frozen=True, slots=True)
class Content:
    """Items and faults among them; addresses by kind, each with when it changed.

    `ttl` is in seconds. Where not all of it could be read (`is_whole`), what is missing from it
    is not thereby gone. `is_unreadable` is an answer that is not what it should be.
    """

    records: tuple[Item | RecordError, ...] = ()
    addresses: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    ttl: float = 0.0
    is_whole: bool = True
    is_unreadable: bool = False

    @property
    def trouble(self) -> str:
        """The first thing that was wrong, in words, and how much more was."""
        faults = [each for each in self.records if isinstance(each, RecordError)]
        if not faults:
            return ""
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return f"{faults[0].unit} {faults[0].line}: {faults[0].reason}{more}"


def read(held: Claim, answer: Fetched) -> Content:
    """Return what an answer holds, read as the kind of its resource."""
    match held.kind:
        case "feed":
            return _of_feed(held, answer)
        case "sitemap":
            return _of_sitemap(held, answer)
    return _of_page(held, answer)


def published(item: Item) -> datetime | None:
    """Return when an item was published, as a moment, where its date is that exact."""
    try:
        return dates.instant(item.published_at) if item.published_at else None
    except ValueError:
        return None


def _of_feed(held: Claim, answer: Fetched) -> Content:
    content_type = answer.headers.get("content-type", "")
    feed = feeds.parse(answer.body, url=answer.url, content_type=content_type)
    records = tuple(_items(held, feed.records))
    if feed.fault:
        records = (*records, feed.fault)
    is_unreadable = feed.fault is not None and not feed.fault.is_warning
    return Content(records, ttl=feed.ttl, is_unreadable=is_unreadable)


def _of_page(held: Claim, answer: Fetched) -> Content:
    content_type = answer.headers.get("content-type", "")
    page = pages.parse(answer.body, url=answer.url, content_type=content_type)
    if isinstance(page, RecordError):
        return Content((page,), is_unreadable=True)
    if page.asks_not_to_be_listed or pages.forbids_listing(answer.headers.get("x-robots-tag", "")):
        return Content((RecordError(1, "the page asks not to be listed", is_warning=True),))
    return Content((*_items(held, [page.record]), *page.warnings))


def _items(held: Claim, records: Iterable[Mapping[str, Any]]) -> Iterator[Item | RecordError]:
    """Yield items whose ids begin with their source, so that no page can name another's item."""
    constants = {"source": held.source} | ({"kind": held.item_kind} if held.item_kind else {})
    options = ReadOptions(constants=constants)
    for number, record in enumerate(records, 1):
        own = {"id": _id(held.source, str(record["id"]))} if record.get("id") else {}
        yield from options.items({**record, **own}, number, unit="record")


def _id(source: str, name: str) -> str:
    whole = " ".join(f"{source}:{name}".split())
    if len(whole) <= MAX_ID:
        return whole
    digest = hashlib.sha256(whole.encode(errors="replace")).hexdigest()[:32]
    return f"{whole[: MAX_ID - len(digest) - 1]}~{digest}"


def _of_sitemap(held: Claim, answer: Fetched) -> Content:
    """Return the addresses that a sitemap lists at its own host; only an index lists sitemaps."""
    faults: list[RecordError] = []
    addresses: dict[str, dict[str, str | None]] = {"page": {}, "sitemap": {}}
    for count, entry in enumerate(sitemaps.read(answer.body)):
        if isinstance(entry, RecordError):
            faults.append(entry)
        elif not _is_of(entry, answer.url) or (entry.is_sitemap and not held.is_own):
            faults.append(RecordError(count + 1, f"{entry.url} is of another host", unit="record",
                                      is_warning=True))  # fmt: skip
        else:
            addresses["sitemap" if entry.is_sitemap else "page"][entry.url] = entry.changed_at
    is_empty = not any(addresses.values())
    return Content(
        tuple(faults),
        addresses,
        is_whole=all(fault.is_warning for fault in faults),
        is_unreadable=is_empty and bool(faults),
    )


def _is_of(entry: Listed, url: str) -> bool:
    hosts = [(urlsplit(each).hostname or "").removeprefix("www.") for each in (entry.url, url)]
    return hosts[0] == hosts[1]
