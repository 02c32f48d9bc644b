"""HTML pages: what they say of themselves in schema.org's words, then the text of the article."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HTMLParser

from linkage import identifiers
from linkage.sources import sandbox, schema_org
from linkage.sources.markup import text_of
from linkage.sources.options import ReadOptions
from linkage.sources.streams import file_name, read_whole
from linkage.types import Record, RecordError

MAX_PAGE = 10_000_000
_TELLING_TEXT = 200
"""A description shorter than so many characters gives way to the text of an article."""
_NAMELESS = "id: is required; the page tells no address of its own (link rel=canonical, og:url)"
_NO_INDEX = re.compile(r"\b(?:noindex|none)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was read: what it is about, may it be listed, what is to be warned of."""

    record: dict[str, Any]
    asks_not_to_be_listed: bool
    warnings: tuple[RecordError, ...] = ()


def read(source: Path | BinaryIO, options: ReadOptions) -> Iterator[Record]:
    """Yield the item of a page; its id is the address it tells of itself, else the file's name."""
    content = read_whole(source, min(MAX_PAGE, options.max_bytes or MAX_PAGE))
    page = parse(content)
    if isinstance(page, RecordError):
        yield page
    else:
        named = page.record["id"] or file_name(source)
        if named or "id" in options.constants:
            yield from options.items({**page.record, "id": named}, 1)
            yield from page.warnings
        else:
            yield RecordError(1, _NAMELESS)


def parse(
    content: bytes, *, url: str = "", content_type: str = "", until: float = math.inf
) -> Page | RecordError:
    """Return what a page holds, in bounded time; `url` is where it was found.

    `until` is as `sandbox.read` has it.

    Where it takes too long to tell an article from what stands around it, all text is taken, with a
    warning. What is no HTML, or cannot be read even so, is a RecordError.
    """
    asked = {"url": url, "content_type": content_type}
    try:
        return _found(sandbox.read("pages", content, until=until, **asked))
    except sandbox.UnreadableError as error:
        warning = RecordError(1, f"all of the page's text was taken: {error}", is_warning=True)
    try:
        found = sandbox.read("pages", content, until=until, **asked, as_it_stands=True)
        return _found(found, warning)
    except sandbox.UnreadableError as error:
        return RecordError(1, f"the page cannot be read: {error}")


def _found(answer: dict[str, Any], *warnings: RecordError) -> Page | RecordError:
    if "record" not in answer:
        return RecordError(**answer)
    return Page(answer["record"], answer["asks_not_to_be_listed"], warnings)


def extract(
    content: bytes, *, url: str, content_type: str, as_it_stands: bool = False
) -> Page | RecordError:
    """Return what a page holds, in as long as it takes; for the sandbox.

    Of a page taken as it stands no article is looked for.
    """
    from w3lib.encoding import html_to_unicode  # noqa: PLC0415 - loads slowly

    try:
        _, text = html_to_unicode(content_type or None, content)
        tree = _tree(text)
    except (LookupError, ValueError, etree.LxmlError) as error:
        return RecordError(1, f"not HTML: {error}"[:300])
    if tree is None:
        return RecordError(1, "there is nothing in the page")
    address = _address(tree, url)
    article = partial(_as_it_stands, tree) if as_it_stands else partial(_article, text, address)
    return Page(_record(tree, article, address), _asks_not_to_be_listed(tree))


def forbids_listing(directives: str) -> bool:
    """Tell whether a robots directive of a page or its answer asks that it be not listed."""
    return bool(_NO_INDEX.search(directives))


def _tree(text: str) -> etree._Element | None:
    # of lxml's two kinds of elements extruct needs this one
    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    return etree.fromstring(text.encode(errors="replace"), parser) if text.strip() else None


def _record(
    tree: etree._Element, article: Callable[[], dict[str, Any]], address: str
) -> dict[str, Any]:
    node = schema_org.main_node(tree, address)
    record: dict[str, Any] = schema_org.fields(node) if node else {"text": ""}
    if record.get("kind", "article") == "article" or not record["text"]:
        record = _completed(record, article())
    record["title"] = record.get("title") or tree.findtext(".//title")
    language = record.get("language") or _language(tree)
    return {**record, "language": language, "id": address, "url": address}


def _completed(stated: dict[str, Any], article: dict[str, Any]) -> dict[str, Any]:
    """Fill what a page does not state from its article; of an article the longer text is taken."""
    given = {name: value for name, value in stated.items() if value}
    text = given.get("text", "")
    if given.get("kind", "article") == "article" and len(text) < _TELLING_TEXT:
        text = max(text, article["text"], key=len)
    return {**article, **given, "text": text or article["text"]}


def _as_it_stands(tree: etree._Element) -> dict[str, Any]:
    return {"kind": "page", "text": text_of(tree)}


def _article(text: str, url: str) -> dict[str, Any]:
    """Return what can be found in a page that states nothing: title, author, date, main text."""
    from trafilatura import bare_extraction  # noqa: PLC0415 - loads slowly

    found = bare_extraction(
        text, url=url or None, with_metadata=True, include_comments=False, include_tables=False,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )  # fmt: skip
    if found is None or isinstance(found, dict):
        return {"kind": "page", "text": ""}
    return {
        "kind": "article" if found.pagetype == "article" or found.author else "page",
        "title": found.title,
        "creators": [name for name in (found.author or "").split("; ") if name],
        "text": found.text or found.description or "",
        "subjects": list(found.tags or []),
        "published_at": found.date,
        "attributes": {
            name: value
            for name, value in (("site", found.sitename), ("image", found.image))
            if value
        },
    }


def _address(tree: etree._Element, url: str) -> str:
    """Return the page's own address: its canonical one, if that is at the site it was found at."""
    links = tree.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
    for link in links if isinstance(links, list) else []:
        try:
            address = identifiers.url(urljoin(url, str(link).strip()))
        except ValueError:
            continue
        if not url or urlsplit(address).hostname == urlsplit(url).hostname:
            return address
    return url


def _language(tree: etree._Element) -> str | None:
    found = tree.xpath("string(/html/@lang)") or tree.xpath(
        "string(//meta[@property='og:locale']/@content)"
    )
    return str(found) or None


def _asks_not_to_be_listed(tree: etree._Element) -> bool:
    asked = tree.xpath("//meta[translate(@name, 'ROBTS', 'robts')='robots']/@content")
    return any(forbids_listing(str(each)) for each in (asked if isinstance(asked, list) else []))
