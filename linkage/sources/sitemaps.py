"""Sitemaps and sitemap indexes (sitemaps.org), plain, gzipped or as text: addresses, no items."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from linkage import dates, identifiers
from linkage.sources import xml
from linkage.sources.lines import BrokenLineError, numbered
from linkage.sources.streams import head_of, opened
from linkage.types import RecordError

MAX_BYTES = 52_428_800
MAX_ENTRIES = 50_000
"""The protocol's own limits, of a sitemap unpacked."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An address in a sitemap, when it last changed, and whether it is a sitemap itself."""

    url: str
    changed_at: str | None = None
    is_sitemap: bool = False


def read(content: bytes) -> Iterator[Listed | RecordError]:
    """Yield the addresses of a sitemap or an index of sitemaps, and why others are none.

    Extensions (news, images, videos) are passed over; what does not begin like XML is taken for
    a list of an address a line.
    """
    with opened(io.BytesIO(content), max_bytes=MAX_BYTES) as stream:
        is_xml = head_of(stream).lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")
        entries = _of_xml(stream) if is_xml else _of_lines(stream)
        yield from islice(entries, MAX_ENTRIES)
        if next(entries, None):
            yield RecordError(1, f"only the first {MAX_ENTRIES:,} entries were read")


def _of_xml(stream: BinaryIO) -> Iterator[Listed | RecordError]:
    for record in xml.records(stream, ("url", "sitemap")):
        if isinstance(record, RecordError):
            yield record
        else:
            entry = record.element
            yield _listed(
                entry.findtext("loc") or "",
                record.line,
                changed_at=entry.findtext("lastmod"),
                is_sitemap=entry.tag == "sitemap",
            )


def _of_lines(stream: BinaryIO) -> Iterator[Listed | RecordError]:
    for number, line in numbered(stream):
        if isinstance(line, BrokenLineError):
            yield RecordError(number, str(line))
        elif line.strip():
            yield _listed(line.decode(errors="replace"), number)


def _listed(
    url: str, line: int, *, changed_at: str | None = None, is_sitemap: bool = False
) -> Listed | RecordError:
    try:
        return Listed(identifiers.url(url), _date(changed_at), is_sitemap)
    except ValueError as error:
        return RecordError(line, f"loc: {error}", url.strip()[:200] or None)


def _date(text: str | None) -> str | None:
    """Return a date in ISO 8601; one that is none is as good as not given."""
    try:
        return dates.iso(text) if text else None
    except ValueError:
        return None
