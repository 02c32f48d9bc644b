"""ICU messages: the branches of `{n, plural, …}` and `{x, select, …}` are texts of their own.

What stands around such an argument is one run in which it is a span; its branches are runs inside
that span. The syntax is that of ICU's MessageFormat, apostrophes and all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from translate.protect import MARK, Run, Span, fill, protect

ARGUMENT = re.compile(r"\{\s*[\w.-]{1,60}\s*,\s*(?P<kind>plural|select|selectordinal)\s*,")
_SELECTOR = re.compile(r"\s*(?:offset\s*:\s*\d+\s*)?(?:=\d+|[\w-]{1,60})\s*(?=\{)")
_BRACE = re.compile(r"''|'[{}#|](?:[^']|'')*'?|[{}]")
"""The beginning of an argument with branches."""
SYNTAX = re.compile(rf"'[{{}}#|](?:[^']|'')*'?|{ARGUMENT.pattern}")
"""A quoted stretch of a message, or the beginning of an argument, which has a `kind`."""
_UNSAFE = re.compile(r"'(?=[{}#|\ufffc]|\Z)")


class Branch(Protocol):
    """Takes the text of a branch apart."""

    def __call__(self, text: str, *, has_number: bool) -> Sequence[str | Run]:
        """Return what of it stays, and what is to be translated."""
        ...


DEEPEST = 5
"""Arguments nested deeper than this are kept as they are."""


def is_message(text: str) -> bool:
    """Tell whether a text holds an argument with branches."""
    return bool(ARGUMENT.search(text)) and "}" in text


def split_message(text: str, terms: Sequence[str] = ()) -> Run:
    """Return a message as a run; arguments with branches are spans with runs inside."""
    return _run(text, terms, depth=0, has_number=False)


def join_message(run: Run, *, doubled: bool) -> str:
    """Return the message of a run; `doubled` tells whether to write each apostrophe twice."""
    text = quoted(run.text, doubled=doubled)
    return fill(text, [_written(span, doubled=doubled) for span in run.spans])


def is_doubled(text: str) -> bool:
    """Tell whether a message writes its apostrophes twice."""
    return "''" in text


def quoted(text: str, *, doubled: bool) -> str:
    """Return text as it stands in a message; `doubled` writes each apostrophe twice."""
    return text.replace("'", "''") if doubled else _UNSAFE.sub("''", text)


def _written(span: Span, *, doubled: bool) -> str:
    if span.kind == "glossary":
        return quoted(span.text, doubled=doubled)
    if not span.inner:
        return span.text
    return "".join(
        part if isinstance(part, str) else join_message(part, doubled=doubled)
        for part in span.inner
    )


def _run(text: str, terms: Sequence[str], *, depth: int, has_number: bool) -> Run:
    """Return a stretch of a message as a run, its quoted stretches and arguments as spans."""

    def branch(text: str, *, has_number: bool) -> list[str | Run]:
        return [_run(text, terms, depth=depth + 1, has_number=has_number)]

    closing = closing_braces(text)
    spans: list[Span] = []
    pieces: list[str] = []
    last = 0
    for match in SYNTAX.finditer(text):
        if match.start() < last:
            continue
        span = Span(match.group(), "placeholder")
        if match["kind"]:
            found = argument(text, match, closing, branch, depth=depth, has_number=has_number)
            if found is None:
                continue
            span = found
        pieces += [text[last : match.start()].replace("''", "'"), MARK]
        spans.append(span)
        last = match.start() + len(span.text)
    pieces.append(text[last:].replace("''", "'"))
    return _protected("".join(pieces), spans, terms, hashes=has_number)


def _protected(text: str, spans: Sequence[Span], terms: Sequence[str], *, hashes: bool) -> Run:
    """Protect the rest of a text that has marks for some spans already."""
    run = protect(text, terms, hashes=hashes)
    known = iter(spans)
    return replace(
        run, spans=tuple(next(known) if span.text == MARK else span for span in run.spans)
    )


def closing_braces(text: str) -> Mapping[int, int]:
    """Return for each opening brace that has one the place of its closing brace."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match.group() == "{":
            opened.append(match.start())
        elif match.group() == "}" and opened:
            pairs[opened.pop()] = match.start()
    return pairs


def argument(  # noqa: PLR0913 - where it stands
    text: str,
    match: re.Match[str],
    closing: Mapping[int, int],
    branch: Branch,
    *,
    depth: int,
    has_number: bool,
) -> Span | None:
    """Return the argument that begins with a match as a span; None where it is not well formed.

    `branch` takes a branch's text apart. `has_number` tells whether `#` is a number there, as it is
    in all branches of a plural and in what is nested in them.
    """
    end = closing.get(match.start())
    if end is None:
        return None
    whole = text[match.start() : end + 1]
    if depth == DEEPEST:
        return Span(whole, "placeholder")
    has_number = has_number or match["kind"] != "select"
    inner: list[str | Run] = []
    at, last = match.end(), match.start()
    while selector := _SELECTOR.match(text, at, end):
        begin, stop = selector.end() + 1, closing[selector.end()]
        inner += [text[last:begin], *branch(text[begin:stop], has_number=has_number)]
        at, last = stop + 1, stop
    if not inner or text[at:end].strip():
        return None
    return Span(whole, "message", (*inner, text[last : end + 1]))
