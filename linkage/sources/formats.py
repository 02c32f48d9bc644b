"""The formats there are, and how a file shows which one it is."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from linkage.errors import SourceFormatError
from linkage.sources import amazon, csv, feeds, jsonl, onix, pages, warc, xml
from linkage.sources.options import ReadOptions
from linkage.types import Record

Reader = Callable[[BinaryIO, ReadOptions], Iterator[Record]]

FORMATS: Mapping[str, Reader] = {
    "jsonl": jsonl.read,
    "csv": csv.read,
    "tsv": partial(csv.read, delimiter="\t"),
    "onix": onix.read,
    "amazon": amazon.read,
    "feed": feeds.read,
    "page": pages.read,
    "warc": warc.read,
}
_SUFFIXES = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".onix": "onix",
    ".rss": "feed", ".atom": "feed", ".html": "page", ".htm": "page", ".xhtml": "page",
    ".warc": "warc",
}  # fmt: skip
_ROOTS = {"rss": "feed", "feed": "feed", "rdf": "feed", "channel": "feed", "html": "page"}
_AMAZON = re.compile(rb'"(?:' + "|".join(amazon.RESULTS).encode() + rb')"|com\.amazon\.paapi5')
_SITEMAPS = frozenset({"urlset", "sitemapindex"})
_A_SITEMAP = "is a sitemap, which only lists pages; `weft sources add URL --kind sitemap` gets them"

_AN_ARRAY = "is a JSON array; JSON Lines has an object on each line, as `jq -c '.[]'` writes them"


def format_of(name: str, head: bytes) -> str:
    """Return the format of a file by its name, else by its first bytes, unpacked.

    Raises SourceFormatError where neither tells.
    """
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    found = _SUFFIXES.get(suffix) or _format_by_content(name, head)
    if found is None:
        known = ", ".join(_SUFFIXES)
        raise SourceFormatError(
            name, f"neither its name ({known}) nor its content tells what it is"
        )
    return found


def _format_by_content(name: str, head: bytes) -> str | None:
    if head.startswith(b"WARC/"):
        return "warc"
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begin.startswith(b"{"):
        return "amazon" if _AMAZON.search(head) else "jsonl"
    if begin.startswith(b"["):
        raise SourceFormatError(name, _AN_ARRAY)
    root = xml.root_of(head)
    if root is None:
        return None
    if root in _SITEMAPS:
        raise SourceFormatError(name, _A_SITEMAP)
    return _ROOTS.get(root.lower(), "onix")
