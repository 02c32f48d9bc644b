"""HTML or XML into runs of text and the markup between them, and back.

Text is unescaped once on the way in and escaped once on the way out, so `&lt;script&gt;` in a
review can never become a tag. Tags are passed through as they are written, but for the values of
attributes that people read, which are runs inside of the spans that the tags are.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from translate.icu import ARGUMENT, SYNTAX, argument, closing_braces, is_doubled, is_message, quoted
from translate.protect import MARK, TAG, Kind, Run, Span, is_void, protect

BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center",
    "col", "colgroup", "dd", "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "frame", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header",
    "hr", "html", "iframe", "legend", "li", "link", "main", "meta", "nav", "noscript", "ol",
    "optgroup", "option", "p", "pre", "script", "section", "select", "style", "summary",
    "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "ul", "video",
))  # fmt: skip
"""Elements of HTML whose tags end a sentence."""
OPAQUE = frozenset(("script", "style", "pre", "textarea", "code", "kbd", "samp", "svg", "math"))
"""Elements of HTML whose content is not for translation."""
READ = frozenset(("alt", "title", "placeholder", "aria-label"))
"""Attributes of HTML whose values people read."""
_ATTRIBUTE = re.compile(r"\s*(?:/|([^\s\"'<>/=]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?)")
_PIECE = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<![A-Za-z\[][^>]*>|<\?[^>]*>)"
    rf"|(?P<tag>{TAG})",
    re.DOTALL,
)
_MESSAGE = re.compile(f"{_PIECE.pattern}|{ARGUMENT.pattern}", re.DOTALL)
_BRANCH = re.compile(f"{_PIECE.pattern}|{SYNTAX.pattern}", re.DOTALL)
_KEPT = re.compile(
    r"<[A-Za-z][\w:.-]*\b[^<>]*?\s(?:translate\s*=\s*[\"']?no\b"
    r"|class\s*=\s*(?:\"[^\"<>]*|'[^'<>]*|)\bnotranslate\b)",
    re.IGNORECASE,
)
"""Opening tags that say of themselves that their element is not for translation."""
_RAW = frozenset({"script", "style", "textarea"})
"""Elements that hold no elements."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


_NAME = re.compile(r"</?([A-Za-z][\w:.-]*)")


@dataclass(frozen=True, slots=True)
class Markup:
    """How marked-up text is read. Names of elements are in lower case.

    The content of `kept` elements is not translated; the tags of `breaking` ones end a sentence,
    all others stand inside of one. The values of `read` attributes are translated. `names_space`
    writes a no-break space as an entity; `quote` is what stands around the value of an attribute.
    """

    is_xml: bool = False
    names_space: bool = False
    kept: frozenset[str] = frozenset()
    breaking: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    quote: str = ""

    def is_break(self, tag: str) -> bool:
        """Tell whether a tag ends a sentence."""
        return _name(tag) in self.breaking

    def kept_name(self, tag: str) -> str | None:
        """Return the name of the element that a tag opens, if its content is not translated."""
        if is_void(tag) or tag.startswith("</"):
            return None
        name = _name(tag)
        return name if name in self.kept or _KEPT.match(tag) else None

    def values(self, tag: str) -> Iterator[tuple[int, int]]:
        """Yield where the quoted values stand that are translated."""
        at = _NAME.match(tag) if self.read and not _KEPT.match(tag) else None
        while at and (at := _ATTRIBUTE.match(tag, at.end())):
            name, value = at.groups()
            if value and value[0] in "\"'" and name.lower() in self.read:
                yield at.start(2) + 1, at.end(2) - 1

    def like(self, source: str) -> "Markup":
        """Return how to write what was read of a source: its no-break spaces stay as they are."""
        return replace(self, names_space="&nbsp;" in source)

    def escape(self, text: str) -> str:
        """Return text as it stands in markup."""
        escaped = html.escape(text, quote=False)
        if self.quote:
            escaped = escaped.replace("&gt;", ">").replace(self.quote, html.escape(self.quote))
        return escaped.replace("\xa0", "&nbsp;") if self.names_space else escaped


HTML = Markup(kept=OPAQUE, breaking=BLOCKS, read=READ)
XHTML = replace(HTML, is_xml=True)
XML = Markup(is_xml=True)


def split_markup(text: str, terms: Sequence[str] = (), markup: Markup = HTML) -> list[str | Run]:
    """Return what breaks the text as it is, and the rest as runs with inline tags protected.

    The branches of ICU's messages are runs inside of the spans that the messages are, and so are
    the values of attributes that people read, in tags of either kind.
    """
    return _split(text, _Reading(terms, markup))


def _split(text: str, reading: "_Reading") -> list[str | Run]:
    parts: list[str | Run] = []
    inline: list[tuple[str, Run]] = []
    for written, run in reading.pieces(text):
        if isinstance(run, Span):
            parts += [_joined(inline), Run(MARK, (run,)) if run.inner else written]
            inline = []
        else:
            inline.append((written, run))
    return [*parts, _joined(inline)]


def join_markup(parts: Sequence[str | Run], markup: Markup = HTML) -> str:
    """Return the markup of what `split_markup` gave, its runs translated or not."""
    return "".join(
        part if isinstance(part, str) else _escaped_run(part, markup).plain() for part in parts
    )


def _escaped_run(run: Run, markup: Markup) -> Run:
    """Escape what is text; spans came out of the markup as it is written, but for new terms."""
    return Run(markup.escape(run.text), tuple(_escaped_span(span, markup) for span in run.spans))


def _escaped_span(span: Span, markup: Markup) -> Span:
    if span.kind == "glossary":
        return replace(span, text=markup.escape(span.text))
    if not span.inner:
        return span
    if span.kind in {"tag", "void"}:
        return replace(span, text="".join(_attributes(span.inner, markup)))
    doubled = is_doubled(span.text)
    parts = (
        replace(part, text=quoted(part.text, doubled=doubled)) if isinstance(part, Run) else part
        for part in span.inner
    )
    return replace(span, text=join_markup(list(parts), markup))


def _attributes(parts: Sequence[str | Run], markup: Markup) -> Iterator[str]:
    """Yield the parts of a tag; a value is escaped for the quotes that it stands between."""
    quote = ""
    for part in parts:
        if isinstance(part, Run):
            yield _escaped_run(part, replace(markup, quote=quote)).plain()
        else:
            quote = part[-1:]
            yield part


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a text is read: at the top, or as a branch of a message `depth` messages deep."""

    terms: Sequence[str]
    markup: Markup
    depth: int = 0
    has_number: bool = False

    def pieces(self, text: str) -> Iterator[tuple[str, Run | Span]]:
        """Yield stretches of the text as written with their runs; a span is a tag that breaks."""
        closing = closing_braces(text) if is_message(text) else {}
        pattern = _BRANCH if self.depth else _MESSAGE if closing else _PIECE
        last = 0
        while match := pattern.search(text, last):
            yield text[last : match.start()], self._text(text[last : match.start()])
            kind = match.lastgroup
            if kind in {"comment", "tag"}:
                kept = self.markup.kept_name(match.group())
                last = _end(text, kept, match) if kept else match.end()
                written = text[match.start() : last]
                span = self._tag(written, is_kept=bool(kept))
                yield written, span if self.markup.is_break(written) else Run(MARK, (span,))
            else:
                span = Span(match.group(), "placeholder")
                if kind == "kind":
                    span = self._argument(text, match, closing) or span
                last = match.start() + len(span.text)
                yield span.text, Run(MARK, (span,))
        yield text[last:], self._text(text[last:])

    def _tag(self, written: str, *, is_kept: bool) -> Span:
        """Return a tag, a comment or a kept element, with the values in it that are translated."""
        kind: Kind = "void" if is_void(written) else "placeholder" if is_kept else "tag"
        values = () if is_kept or self.depth else self.markup.values(written)
        parts: list[str | Run] = []
        last = 0
        for begin, end in values:
            value = written[begin:end]
            run = self._text(value)
            if any(map(str.isalpha, run.text)) and not is_message(value):
                parts += [written[last:begin], run]
                last = end
        return Span(written, kind, (*parts, written[last:]) if parts else ())

    def _argument(self, text: str, match: re.Match[str], closing: Mapping[int, int]) -> Span | None:
        def branch(text: str, *, has_number: bool) -> list[str | Run]:
            inside = replace(self, depth=self.depth + 1, has_number=has_number)
            return _split(text, inside)

        return argument(text, match, closing, branch, depth=self.depth, has_number=self.has_number)

    def _text(self, text: str) -> Run:
        """Return a stretch without tags as a run; its spans keep their entities."""
        plain, origins = _unescaped(text)
        run = protect(plain, self.terms, hashes=self.has_number)
        spans: list[Span] = []
        at = 0
        for piece, span in zip(run.text.split(MARK), run.spans, strict=False):
            begin = at + len(piece)
            at = begin + len(span.text)
            spans.append(Span(text[origins[begin] : origins[at]], _as_text(span.kind)))
        written = run.text.replace("''", "'") if self.depth else run.text
        return Run(written, tuple(spans))


def _name(tag: str) -> str:
    match = _NAME.match(tag)
    return match[1].lower() if match else ""


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


def _joined(pieces: Sequence[tuple[str, Run]]) -> str | Run:
    """Return the pieces of a sentence as one run; without a letter to translate, as written."""
    text = "".join(run.text for _, run in pieces)
    spans = tuple(span for _, run in pieces for span in run.spans)
    if any(character.isalpha() for character in text) or any(span.inner for span in spans):
        return Run(text, spans)
    return "".join(written for written, _ in pieces)
