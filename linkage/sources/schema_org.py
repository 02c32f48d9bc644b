"""What a page says of itself in schema.org's words: JSON-LD first, then microdata."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

Node = Mapping[str, Any]
KINDS = {
    "Book": "book", "Audiobook": "book", "Movie": "film", "TVSeries": "series",
    "TVSeason": "series", "CreativeWorkSeries": "series", "BookSeries": "series",
    "MovieSeries": "series", "TVEpisode": "video", "MusicAlbum": "music",
    "MusicRecording": "music", "VideoGame": "game",
    "Game": "game", "PodcastEpisode": "podcast", "PodcastSeries": "podcast", "Product": "product",
    "ProductGroup": "product", "ScholarlyArticle": "article", "NewsArticle": "article",
    "OpinionNewsArticle": "article", "AnalysisNewsArticle": "article",
    "ReviewNewsArticle": "article", "ReportageNewsArticle": "article", "BlogPosting": "article",
    "TechArticle": "article", "Report": "article", "SocialMediaPosting": "article",
    "Article": "article", "Review": "article", "VideoObject": "video",
}  # fmt: skip
"""Types that are items, the most telling first: a page that describes several is of the first."""
_ORDER = {name: rank for rank, name in enumerate(KINDS)}
_MAKERS = ("author", "creator", "director", "byArtist", "composer", "actor")
_SAME_AS = {
    "wikidata": re.compile(r"wikidata\.org/(?:wiki|entity)/(Q\d+)"),
    "imdb": re.compile(r"imdb\.com/title/(tt\d+)"),
    "doi": re.compile(r"doi\.org/(10\.\d{4,9}/\S+)"),
}
MAX_NODES = 5_000
MAX_DEPTH = 30


def main_node(tree: etree._Element, url: str) -> Node | None:
    """Return the node that the page is about, None where it describes nothing that is an item."""
    described = [node for top in _nodes(tree, url) for node in _walk(top, 0)]
    found = [node for node in described[:MAX_NODES] if _rank(node) is not None]
    return min(found, key=lambda node: _rank(node) or 0, default=None)


def fields(node: Node) -> dict[str, Any]:
    """Return the fields of an item that a node gives."""
    return {
        "kind": KINDS[min(_types(node) & KINDS.keys(), key=_ORDER.__getitem__)],
        "title": _text(node, "name") or _text(node, "headline"),
        "creators": next((names for key in _MAKERS if (names := _names(node, key))), []),
        "text": _text(node, "articleBody") or _text(node, "description") or _text(node, "abstract"),
        "language": _text(node, "inLanguage", inner=("alternateName", "name")),
        "subjects": [*_names(node, "genre"), *_keywords(node), *_names(node, "about")],
        "identifiers": _identifiers(node),
        "published_at": _text(node, "datePublished") or _text(node, "dateCreated"),
        "expires_at": _text(node, "expires"),
        "attributes": _attributes(node),
    }


def _nodes(tree: etree._Element, url: str) -> Iterator[Node]:
    """Yield the outermost nodes; a script that is no JSON costs no other."""
    from extruct.jsonld import JsonLdExtractor  # noqa: PLC0415 - loads slowly
    from extruct.w3cmicrodata import MicrodataExtractor  # noqa: PLC0415 - likewise

    for script in tree.iter("script"):
        try:
            found = JsonLdExtractor().extract_items(script)
        except (ValueError, RecursionError, TypeError):
            continue
        yield from (node for node in found if isinstance(node, Mapping))
    try:
        items = MicrodataExtractor().extract_items(tree, url)
    except (ValueError, RecursionError, TypeError):
        return
    yield from (_as_json_ld(item) for item in items)


def _as_json_ld(item: Any, depth: int = 0) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a microdata item in the shape of a JSON-LD node."""
    if isinstance(item, list) and depth < MAX_DEPTH:
        return [_as_json_ld(each, depth + 1) for each in item]
    if not isinstance(item, Mapping) or depth >= MAX_DEPTH:
        return item
    properties = item.get("properties") or {}
    node = {name: _as_json_ld(value, depth + 1) for name, value in properties.items()}
    return {"@type": item.get("type", ""), "@id": item.get("id", ""), **node}


def _walk(node: object, depth: int) -> Iterator[Node]:
    """Yield a node and those that stand in its graph or are what it is about."""
    if isinstance(node, list) and depth < MAX_DEPTH:
        for each in node:
            yield from _walk(each, depth + 1)
    elif isinstance(node, Mapping) and depth < MAX_DEPTH:
        yield node
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _walk(node.get(name), depth + 1)


def _types(node: Node) -> set[str]:
    given = node.get("@type")
    names = given if isinstance(given, list) else [given]
    return {re.split(r"[/#:]", name)[-1] for name in names if isinstance(name, str)}


def _rank(node: Node) -> int | None:
    """Return how telling a node is, the lower the more; None for what is no item."""
    ranks = [_ORDER[name] for name in _types(node) if name in _ORDER]
    return min(ranks) if ranks and (_text(node, "name") or _text(node, "headline")) else None


def _values(node: Node, key: str) -> list[Any]:
    value = node.get(key)
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(node: Node, key: str, *, inner: tuple[str, ...] = ("name", "@value")) -> str:
    for value in _values(node, key):
        if isinstance(value, Mapping):
            value = next((value[name] for name in inner if isinstance(value.get(name), str)), None)  # noqa: PLW2901
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()
    return ""


def _names(node: Node, key: str) -> list[str]:
    return [name for value in _values(node, key) if (name := _text({"": value}, ""))]


def _keywords(node: Node) -> list[str]:
    given = _names(node, "keywords")
    return [part.strip() for text in given for part in text.split(",") if part.strip()]


def _identifiers(node: Node) -> dict[str, str]:
    found = {
        "isbn": _text(node, "isbn") or _isbn_of(node),
        "doi": _text(node, "doi"),
        "ean": _text(node, "gtin13"),
    }
    for address in (*_names(node, "sameAs"), _text(node, "@id")):
        for scheme, pattern in _SAME_AS.items():
            if matched := pattern.search(address):
                found.setdefault(scheme, matched[1])
    return {scheme: value for scheme, value in found.items() if value}


def _isbn_of(node: Node) -> str:
    """Return the ISBN that stands as a GTIN or with an edition of the work."""
    gtin = _text(node, "gtin13")
    if gtin.startswith(("978", "979")):
        return gtin
    editions = (edition for edition in _values(node, "workExample") if isinstance(edition, Mapping))
    return next((isbn for edition in editions if (isbn := _text(edition, "isbn"))), "")


def _attributes(node: Node) -> dict[str, str]:
    found = {
        "publisher": _text(node, "publisher"),
        "series": _text(node, "partOfSeries") or _text(node, "isPartOf"),
        "image": _text(node, "image", inner=("url", "contentUrl", "@id")),
    }
    return {name: value for name, value in found.items() if value}
