"""Form: links and pages as they are sent.

Made here they are valid; to have them checked again would cost half a millisecond a page.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from linkage.types import BuildInfo, Item, Link, Related

Json = dict[str, Any]


def target(item: Item) -> Json:
    """Return what a link points to, in short."""
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "creators": item.creators,
        "language": item.language,
        "url": item.url,
        "published_at": item.published_at,
        "source": item.source,
    }


def link(told: Link) -> Json:
    """Return a link with its reasons."""
    return {
        "target": target(told.target),
        "relation": told.relation,
        "score": told.score,
        "evidence": [{"type": reason.type, **reason.detail} for reason in told.evidence],
    }


def index(info: BuildInfo | None) -> Json | None:
    """Return the index that answered."""
    return {"build": info.build, "encoder": info.encoder} if info else None


def page(related: Related) -> Json:
    """Return one page of links."""
    return _page(list(map(link, related.links)), related.next_cursor, related.index)


def written(links: Sequence[bytes], next_cursor: str | None, info: BuildInfo | None) -> bytes:
    """Return a page of links that are written already."""
    return orjson.dumps(_page(list(map(orjson.Fragment, links)), next_cursor, info))


def _page(links: list[Any], next_cursor: str | None, info: BuildInfo | None) -> Json:
    return {"links": links, "next_cursor": next_cursor, "index": index(info)}
