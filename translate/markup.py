"""HTML into runs of text and the markup between them, and back.

Text is unescaped once on the way in and escaped once on the way out, so `&lt;script&gt;` in a
review can never become a tag. Tags are not parsed but passed through as they are written.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from translate.protect import MARK, TAG, Run, Span, protect

_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|br|button|caption|center|col|colgroup|dd|details"
    r"|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|h[1-6]|head|header|hr|html"
    r"|iframe|legend|li|link|main|meta|nav|noscript|ol|optgroup|option|p|pre|script|section|select"
    r"|style|summary|table|tbody|td|textarea|tfoot|th|thead|title|tr|ul|video)\b",
    re.IGNORECASE,
)
_PIECE = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z)|<![A-Za-z\[][^>]*>|<\?[^>]*>)"
    r"|(?P<opaque><(?P<name>script|style|pre|textarea|code|kbd|samp|svg|math)\b[^<>]*>"
    r".*?(?:</(?P=name)\s*>|\Z)"
    r"|<(?P<kept>\w+)\b[^<>]*\btranslate=[\"']?no\b[^<>]*>.*?(?:</(?P=kept)\s*>|\Z))"
    rf"|(?P<tag>{TAG})",
    re.DOTALL | re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def split_html(text: str, terms: Sequence[str] = ()) -> list[str | Run]:
    """Return block markup as it is, and the text between as runs with inline tags protected."""
    parts: list[str | Run] = []
    inline: list[Run] = []
    for piece in _pieces(text, terms):
        if isinstance(piece, str):
            parts += [_joined(inline), piece]
            inline = []
        else:
            inline.append(piece)
    return [*parts, _joined(inline)]


def join_html(parts: Sequence[str | Run]) -> str:
    """Return the HTML of what `split_html` gave, its runs translated or not."""
    return "".join(
        part if isinstance(part, str) else replace(part, text=_escaped(part.text)).plain()
        for part in parts
    )


def _pieces(text: str, terms: Sequence[str]) -> Iterator[str | Run]:
    begin = 0
    for match in _PIECE.finditer(text):
        yield _text(text[begin : match.start()], terms)
        yield _markup(match)
        begin = match.end()
    yield _text(text[begin:], terms)


def _markup(match: re.Match[str]) -> str | Run:
    if _BLOCK.match(match.group()):
        return match.group()
    return Run(MARK, (Span(match.group(), "placeholder" if match["opaque"] else "tag"),))


def _text(text: str, terms: Sequence[str]) -> Run:
    run = protect(_ENTITY.sub(lambda match: html.unescape(match.group()), text), terms)
    return Run(
        run.text,
        tuple(
            Span(_escaped(span.text), "placeholder" if span.kind == "tag" else span.kind)
            for span in run.spans
        ),
    )


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\xa0", "&nbsp;")


def _joined(runs: Sequence[Run]) -> Run:
    return Run("".join(run.text for run in runs), tuple(s for run in runs for s in run.spans))
