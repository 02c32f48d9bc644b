"""RSS 0.9x, 1.0 and 2.0, and Atom: an item an entry."""

import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin

from linkage import identifiers
from linkage.sources import sandbox
from linkage.sources.markup import plain
from linkage.sources.options import ReadOptions
from linkage.sources.streams import read_whole
from linkage.types import Record, RecordError

MAX_FEED = 20_000_000
MAX_ENTRIES = 10_000
_TITLE_LENGTH = 100
"""Of an entry without a title, so many characters of its text are one."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was read: a record for each entry, when to ask again, what was wrong.

    `ttl` is in seconds, 0 where the feed does not say.
    """

    records: tuple[Mapping[str, Any], ...]
    ttl: float
    fault: RecordError | None


def read(source: Path | BinaryIO, options: ReadOptions) -> Iterator[Record]:
    """Yield the item of each entry, or why there is none; places count entries.

    A feed that is not well-formed is read as far as can be, and the fault follows as a warning.
    """
    feed = parse(read_whole(source, min(MAX_FEED, options.max_bytes or MAX_FEED)))
    for number, record in enumerate(feed.records, 1):
        yield from options.items(record, number, unit="record")
    if feed.fault:
        yield feed.fault


def parse(content: bytes, *, url: str = "", content_type: str = "") -> Feed:
    """Return what a feed holds, in bounded time; `url` is what its links are relative to."""
    try:
        found = sandbox.read("feeds", content, url=url, content_type=content_type)
    except sandbox.UnreadableError as error:
        return Feed((), 0, RecordError(1, f"not a feed: {error}"))
    fault = found["fault"]
    return Feed(tuple(found["records"]), found["ttl"], RecordError(**fault) if fault else None)


def extract(content: bytes, *, url: str, content_type: str) -> Feed:
    """Return what a feed holds, in as long as it takes; for the sandbox."""
    import feedparser  # noqa: PLC0415 - loads slowly

    headers = {"content-location": url} | ({"content-type": content_type} if content_type else {})
    # only a stream is safe to give: a text could be taken for a file's name or an address
    found = feedparser.parse(
        io.BytesIO(content), response_headers=headers, sanitize_html=False,
        resolve_relative_uris=False,
    )  # fmt: skip
    entries = found.entries[:MAX_ENTRIES]
    records = tuple(_fields(entry, found.feed, url) for entry in entries)
    return Feed(records, _ttl(found.feed), _fault(found))


def _fault(found: Any) -> RecordError | None:  # noqa: ANN401 - feedparser has no types
    error = found.get("bozo_exception")
    line = getattr(error, "getLineNumber", lambda: 1)() or 1
    if not found.get("version") and not found.entries:
        return RecordError(line, f"not a feed{f': {error}' if error else ''}"[:300])
    if len(found.entries) > MAX_ENTRIES:
        return RecordError(1, f"only the first {MAX_ENTRIES:,} entries were read", is_warning=True)
    if found.bozo and not isinstance(error, _harmless()):
        return RecordError(line, f"not well-formed: {error}"[:300], is_warning=True)
    return None


def _harmless() -> tuple[type[Exception], ...]:
    """Return what is wrong with how a feed was sent, not with what it says."""
    import feedparser  # noqa: PLC0415 - loads slowly

    return feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType


def _fields(entry: Any, feed: Any, url: str) -> dict[str, Any]:  # noqa: ANN401 - feedparser has no types
    contents = [each.get("value", "") for each in entry.get("content", [])]
    text = plain(max([*contents, entry.get("summary", "")], key=len))
    link = _link(entry, url)
    content_language = next((each.get("language") for each in entry.get("content", [])), None)
    return {
        "id": link or entry.get("id"),
        "kind": _kind(entry),
        "title": plain(entry.get("title", "")) or text[:_TITLE_LENGTH],
        "creators": _authors(entry),
        "text": text,
        "language": content_language or feed.get("language"),
        "subjects": [tag.get("term") for tag in entry.get("tags", []) if tag.get("term")],
        "url": link,
        "published_at": _moment(entry, "published", "updated", "created"),
        "expires_at": _moment(entry, "expired"),
        "attributes": _attributes(entry, feed),
    }


def _link(entry: Any, url: str) -> str:  # noqa: ANN401 - feedparser has no types
    link = entry.get("link", "")
    try:
        return identifiers.url(urljoin(url, link)) if link else ""
    except ValueError:
        return ""


def _kind(entry: Any) -> str:  # noqa: ANN401 - feedparser has no types
    media = [*entry.get("enclosures", []), *entry.get("media_content", [])]
    types = {str(each.get("type", "")).partition("/")[0] for each in media}
    if "yt_videoid" in entry or "video" in types:
        return "video"
    return "podcast" if "audio" in types else "article"


def _authors(entry: Any) -> list[str]:  # noqa: ANN401 - feedparser has no types
    names = [author.get("name") for author in entry.get("authors", [])]
    return [name for name in names if name] or list(filter(None, [entry.get("author")]))


def _moment(entry: Any, *names: str) -> str | None:  # noqa: ANN401 - feedparser has no types
    """Return the first of the dates that was given and understood, in ISO 8601."""
    for name in names:
        # its own `get` would answer with another of the dates
        moment = dict.get(entry, f"{name}_parsed")
        if isinstance(moment, time.struct_time):
            try:
                return datetime(*moment[:6], tzinfo=UTC).isoformat()
            except ValueError:
                continue
    return None


def _attributes(entry: Any, feed: Any) -> dict[str, str]:  # noqa: ANN401 - feedparser has no types
    images = [*entry.get("media_thumbnail", []), *entry.get("media_content", [])]
    pictures = [each.get("url") for each in images if each.get("medium", "image") == "image"]
    found = {
        "feed": plain(feed.get("title", "")),
        "image": next((url for url in pictures if url), "") or entry.get("image", {}).get("href"),
        "media": next((e.get("href") for e in entry.get("enclosures", []) if e.get("href")), ""),
    }
    return {name: value for name, value in found.items() if value}


def _ttl(feed: Any) -> float:  # noqa: ANN401 - feedparser has no types
    """Return for how long the feed asks not to be fetched again, which RSS has in minutes."""
    found = re.fullmatch(r"[0-9]{1,5}", str(feed.get("ttl", "")))
    return 60.0 * int(found[0]) if found else 0.0
