"""The text of HTML, as a person would read it: tags gone, blocks on lines of their own."""

import re
from functools import cache

from lxml import etree

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav",
    "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
})  # fmt: skip
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "iframe", "object"})
_LOOKS_LIKE_HTML = re.compile(r"<[A-Za-z/!][^<>]*>|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|\w{2,32});")


def plain(text: str) -> str:
    """Return text without its markup; text that holds none comes back as it is."""
    if not _LOOKS_LIKE_HTML.search(text):
        return text.strip()
    root = etree.fromstring(f"<body>{text}</body>".encode(errors="replace"), _parser())
    return "" if root is None else text_of(root)


def text_of(root: etree._Element) -> str:
    """Return the text of an element and all in it, a block to a line."""
    pieces: list[str] = []
    skipped: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start" and skipped is None:
            pieces.append("\n" if name in _BLOCKS else "")
            if name in _UNSEEN or not name:
                skipped = element
            else:
                pieces.append(element.text or "")
        elif event == "end":
            skipped = None if skipped is element else skipped
            if skipped is None:
                pieces.append("\n" if name in _BLOCKS else "")
                pieces.append((element.tail or "") if element is not root else "")
    lines = (" ".join(line.split()) for line in "".join(pieces).splitlines())
    return "\n".join(filter(None, lines))


@cache
def _parser() -> etree.HTMLParser:
    return etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
