"""ICU messages: the branches of `{n, plural, …}` and `{x, select, …}` are texts of their own.

What stands around such an argument is one run in which it is a span; its branches are runs inside
that span. The syntax is that of ICU's MessageFormat, apostrophes and all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from translate.protect import MARK, Run, Span, fill, protect

_ARGUMENT = re.compile(r"\{\s*[\w.-]{1,60}\s*,\s*(?P<kind>plural|select|selectordinal)\s*,")
_SELECTOR = re.compile(r"\s*(?:offset\s*:\s*\d+\s*)?(?:=\d+|[\w-]{1,60})\s*(?=\{)")
_BRACE = re.compile(r"''|'[{}#|](?:[^']|'')*'?|[{}]")
_QUOTED = re.compile(r"'[{}#|](?:[^']|'')*'?")
_UNSAFE = re.compile(r"'(?=[{}#|\ufffc]|\Z)")
DEEPEST = 5
"""Arguments nested deeper than this are kept as they are."""


def is_message(text: str) -> bool:
    """Tell whether a text holds an argument with branches."""
    return bool(_ARGUMENT.search(text)) and "}" in text


def split_message(text: str, terms: Sequence[str] = ()) -> Run:
    """Return a message as a run; arguments with branches are spans with runs inside."""
    return _run(text, terms, depth=0, hashes=False)


def join_message(run: Run, *, doubled: bool) -> str:
    """Return the message of a run; `doubled` tells whether to write each apostrophe twice."""
    text = _quoted(run.text, doubled=doubled)
    return fill(text, [_written(span, doubled=doubled) for span in run.spans])


def is_doubled(text: str) -> bool:
    """Tell whether a message writes its apostrophes twice."""
    return "''" in text


def _quoted(text: str, *, doubled: bool) -> str:
    return text.replace("'", "''") if doubled else _UNSAFE.sub("''", text)


def _written(span: Span, *, doubled: bool) -> str:
    if span.kind == "glossary":
        return _quoted(span.text, doubled=doubled)
    if not span.inner:
        return span.text
    return "".join(
        part if isinstance(part, str) else join_message(part, doubled=doubled)
        for part in span.inner
    )


def _run(text: str, terms: Sequence[str], *, depth: int, hashes: bool) -> Run:
    """Return a stretch of a message as a run, its quoted stretches and arguments as spans."""
    closing = _closing(text)
    spans: list[Span] = []
    pieces: list[str] = []
    last = 0
    for match in re.finditer(rf"{_QUOTED.pattern}|{_ARGUMENT.pattern}", text):
        if match.start() < last:
            continue
        if match["kind"]:
            span, end = _argument(text, match, closing, terms, depth)
        else:
            span, end = Span(match.group(), "placeholder"), match.end()
        if span is not None:
            pieces += [text[last : match.start()].replace("''", "'"), MARK]
            spans.append(span)
            last = end
    pieces.append(text[last:].replace("''", "'"))
    return _protected("".join(pieces), spans, terms, hashes=hashes)


def _protected(text: str, spans: Sequence[Span], terms: Sequence[str], *, hashes: bool) -> Run:
    """Protect the rest of a text that has marks for some spans already."""
    run = protect(text, terms, hashes=hashes)
    known = iter(spans)
    return replace(
        run, spans=tuple(next(known) if span.text == MARK else span for span in run.spans)
    )


def _closing(text: str) -> Mapping[int, int]:
    """Return for each opening brace that has one the place of its closing brace."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match.group() == "{":
            opened.append(match.start())
        elif match.group() == "}" and opened:
            pairs[opened.pop()] = match.start()
    return pairs


def _argument(
    text: str,
    match: re.Match[str],
    closing: Mapping[int, int],
    terms: Sequence[str],
    depth: int,
) -> tuple[Span | None, int]:
    """Return an argument as a span, and where it ends; no span where it is not well formed."""
    end = closing.get(match.start())
    if end is None:
        return None, match.end()
    whole = text[match.start() : end + 1]
    if depth == DEEPEST:
        return Span(whole, "placeholder"), end + 1
    inner: list[str | Run] = []
    at, last = match.end(), match.start()
    while selector := _SELECTOR.match(text, at, end):
        begin, stop = selector.end() + 1, closing[selector.end()]
        branch = _run(text[begin:stop], terms, depth=depth + 1, hashes=match["kind"] != "select")
        inner += [text[last:begin], branch]
        at, last = stop + 1, stop
    if not inner or text[at:end].strip():
        return None, match.end()
    inner.append(text[last : end + 1])
    return Span(whole, "message", tuple(inner)), end + 1
