"""WARC archives of the web: an item for each HTML page that was fetched well.

Records are cut out by their lengths and parsed one by one; after a damaged one the next is found
by how a record begins.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from linkage.sources import pages
from linkage.sources.options import ReadOptions
from linkage.sources.streams import damage_of, opened
from linkage.types import Record, RecordError

MAX_HEAD = 64 * 1024
_BEGINNING = b"WARC/"
_LENGTH = re.compile(rb"^Content-Length:\s*(\d{1,15})\s*$", re.IGNORECASE | re.MULTILINE)
_HTML = ("text/html", "application/xhtml+xml")
_OK = "200"


def read(source: Path | BinaryIO, options: ReadOptions) -> Iterator[Record]:
    """Yield the item of each response that is a page; places count the records of the archive.

    Other records, redirects, error pages and pages that ask not to be listed are passed over.
    """
    with opened(source, max_bytes=options.max_bytes) as stream:
        for number, raw in _records(stream):
            if isinstance(raw, str):
                yield RecordError(number, raw, unit="record")
            else:
                yield from _items(raw, number, options)


def _records(stream: BinaryIO) -> Iterator[tuple[int, bytes | str]]:
    """Yield (number, the record or what is wrong with it), reading no more than one at a time."""
    number, is_lost = 0, False
    while line := stream.readline(MAX_HEAD):
        if line.startswith(_BEGINNING):
            number += 1
            raw = _record(line, stream)
            is_lost = isinstance(raw, str)
            yield number, raw
        elif line.strip() and not is_lost:
            is_lost = True
            fault = "does not end where it says" if number else "does not begin as one does"
            yield max(number, 1), f"{fault}; looked for the next one's beginning"
    if damage := damage_of(stream):
        yield number + 1, f"the archive {damage}"


def _record(first: bytes, stream: BinaryIO) -> bytes | str:
    head = bytearray(first)
    while (line := stream.readline(MAX_HEAD)).strip():
        head += line
        if len(head) > MAX_HEAD:
            return "has more headers than a record can have"
    if (found := _LENGTH.search(head)) is None:
        return "has no Content-Length"
    left = int(found[1])
    block = stream.read(min(left, pages.MAX_PAGE))
    left -= len(block)
    while left and (passed := stream.read(min(left, MAX_HEAD))):
        left -= len(passed)
    if left:
        return "is cut off by the end of the archive"
    return bytes(head) + b"\r\n" + block


def _items(raw: bytes, number: int, options: ReadOptions) -> Iterator[Record]:
    try:
        found = _page(raw)
    except Exception as error:  # noqa: BLE001 - hostile bytes may break the library anywhere
        yield RecordError(number, f"cannot be read: {error}"[:300], unit="record")
        return
    if found is None:
        return
    url, content_type, content = found
    page = pages.parse(content, url=url, content_type=content_type, until=options.until)
    if isinstance(page, RecordError):
        yield RecordError(number, page.reason, url, unit="record")
    elif not page.asks_not_to_be_listed:
        yield from options.items(page.record, number, unit="record")
        yield from (replace(each, line=number, id=url, unit="record") for each in page.warnings)


def _page(raw: bytes) -> tuple[str, str, bytes] | None:
    """Return address, content type and unpacked content of a page, None for any other record."""
    from warcio.archiveiterator import WARCIterator  # noqa: PLC0415 - loads slowly

    record: Any = next(iter(WARCIterator(io.BytesIO(raw))), None)
    if record is None or record.rec_type != "response" or record.http_headers is None:
        return None
    content_type = record.http_headers.get_header("Content-Type") or ""
    if record.http_headers.get_statuscode() != _OK or not content_type.startswith(_HTML):
        return None
    content = record.content_stream().read(pages.MAX_PAGE + 1)
    if len(content) > pages.MAX_PAGE or record.length > pages.MAX_PAGE:
        raise ValueError(f"the page is larger than {pages.MAX_PAGE // 1_000_000} MB")
    return record.rec_headers.get_header("WARC-Target-URI") or "", content_type, content
