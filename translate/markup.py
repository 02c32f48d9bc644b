"""HTML into runs of text and the markup between them, and back.

Text is unescaped once on the way in and escaped once on the way out, so `&lt;script&gt;` in a
review can never become a tag. Tags are not parsed but passed through as they are written.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from translate.protect import MARK, TAG, Kind, Run, Span, is_void, protect

_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|br|button|caption|center|col|colgroup|dd|details"
    r"|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|h[1-6]|head|header|hr|html"
    r"|iframe|legend|li|link|main|meta|nav|noscript|ol|optgroup|option|p|pre|script|section|select"
    r"|style|summary|table|tbody|td|textarea|tfoot|th|thead|title|tr|ul|video)\b",
    re.IGNORECASE,
)
_PIECE = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<![A-Za-z\[][^>]*>|<\?[^>]*>)"
    rf"|(?P<tag>{TAG})",
    re.DOTALL,
)
_KEPT = re.compile(
    r"<(?P<name>script|style|pre|textarea|code|kbd|samp|svg|math)\b"
    r"|<(?P<other>[A-Za-z][\w:.-]*)\b[^<>]*?\s(?:translate\s*=\s*[\"']?no\b"
    r"|class\s*=\s*(?:\"[^\"<>]*|'[^'<>]*|)\bnotranslate\b)",
    re.IGNORECASE,
)
"""Opening tags of elements whose text is not for translation."""
_RAW = frozenset({"script", "style", "textarea"})
"""Elements that hold no elements."""
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
    return "".join(part if isinstance(part, str) else _escaped_run(part).plain() for part in parts)


def _escaped_run(run: Run) -> Run:
    """Escape what is text; spans came out of the markup as it is written, but for new terms."""
    spans = (
        replace(span, text=_escaped(span.text)) if span.kind == "glossary" else span
        for span in run.spans
    )
    return Run(_escaped(run.text), tuple(spans))


def _pieces(text: str, terms: Sequence[str]) -> Iterator[str | Run]:
    last = 0
    while match := _PIECE.search(text, last):
        yield _text(text[last : match.start()], terms)
        kept = None if is_void(match.group()) else _KEPT.match(match.group())
        last = _end(text, (kept["name"] or kept["other"]).lower(), match) if kept else match.end()
        yield _markup(text[match.start() : last], "placeholder" if kept else "tag")
    yield _text(text[last:], terms)


def _end(text: str, name: str, opening: re.Match[str]) -> int:
    """Return where an element ends: after its own closing tag, or with the text."""
    depth = 1
    tags = re.compile(rf"<(?P<close>/?){re.escape(name)}\b[^<>]*>", re.IGNORECASE)
    for match in tags.finditer(text, opening.end()):
        if match["close"]:
            depth -= 1
        elif name not in _RAW and not match.group().endswith("/>"):
            depth += 1
        if depth == 0:
            return match.end()
    return len(text)


def _markup(markup: str, kind: Kind) -> str | Run:
    if _BLOCK.match(markup):
        return markup
    return Run(MARK, (Span(markup, "void" if is_void(markup) else kind),))


def _text(text: str, terms: Sequence[str]) -> Run:
    """Return a stretch without tags as a run; its spans keep their entities."""
    plain, origins = _unescaped(text)
    run = protect(plain, terms)
    spans: list[Span] = []
    at = 0
    for piece, span in zip(run.text.split(MARK), run.spans, strict=False):
        begin = at + len(piece)
        at = begin + len(span.text)
        spans.append(Span(text[origins[begin] : origins[at]], _as_text(span.kind)))
    return Run(run.text, tuple(spans))


def _unescaped(text: str) -> tuple[str, list[int]]:
    """Return the text that HTML stands for, and for each of its characters where that began."""
    pieces: list[str] = []
    origins: list[int] = []
    last = 0
    for match in _ENTITY.finditer(text):
        character = html.unescape(match.group())
        pieces += [text[last : match.start()], character]
        origins += [*range(last, match.start()), *[match.start()] * len(character)]
        last = match.end()
    return "".join([*pieces, text[last:]]), [*origins, *range(last, len(text) + 1)]


def _as_text(kind: Kind) -> Kind:
    """Return the kind of a span in what was escaped: a tag is no tag there."""
    return "placeholder" if kind in {"tag", "void"} else kind


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\xa0", "&nbsp;")


def _joined(runs: Sequence[Run]) -> Run:
    return Run("".join(run.text for run in runs), tuple(s for run in runs for s in run.spans))
