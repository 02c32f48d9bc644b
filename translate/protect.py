"""What must survive translation: taken out before, put back after, verified in between.

A protected span stands in the text as one OBJECT REPLACEMENT CHARACTER; the n-th such character
is the n-th span, so a text can be cut into segments and joined again without any numbering. Only
what the model reads has numbers: `⟦0⟧ … ⟦9⟧`, the tokens it was taught to copy.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Literal

from translate.types import PLACEHOLDERS

MARK = "\ufffc"
Kind = Literal["placeholder", "tag", "term", "address", "code", "emoji", "number"]
EDGE_KINDS = frozenset({"tag", "emoji"})
"""Spans that need not be seen by the model where they stand at the end of a segment."""

TAG = r"</?[A-Za-z](?:[^<>\"']|\"[^\"]{0,5000}\"|'[^']{0,5000}')*>"
"""An opening, closing or empty tag of HTML or XML, as a pattern."""

_PATTERNS: dict[Kind, str] = {
    "tag": TAG,
    "placeholder": r"""
        [\ufffc\u2581\ud800-\udfff\x00-\x08\x0e-\x1b\x7f] | ⟦\d+⟧
        | \[X?\d+X?\] | (?<!\w)__\w{1,60}__(?!\w)
        | \{\{[^{}\n]{0,100}\}\} | [$\#%]?\{[\w.:!\[\]@+-]{0,60}(?:,[^{}\n]{0,100})?\}
        | %\(\w{1,60}\)[-+0\#]?[\d.]{0,8}[a-zA-Z] | %\d{1,2}\$[-+0\#]?[\d.]{0,8}[a-zA-Z@] | %%
        | (?<![\d%])%\d{1,2}(?![\d.\w])
        | (?<![\d%])%[-+0\#]?[\d.]{0,8}(?:hh?|ll?|[Lqjzt])?[dioxXufFeEgGaAcspn@](?!\w)
        | (?<![\w:/.]):[a-z_][a-z0-9_]{2,}\b
        | &(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});""",
    "address": r"""
        (?:https?|ftp)://[^\s<>"\ufffc]*[^\s<>".,;:!?)\]}'»”\u2019\ufffc]
        | (?<!\w)www\.[^\s<>"\ufffc]*[^\s<>".,;:!?)\]}'»”\u2019\ufffc]
        | (?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}
        | (?<![\w.-])(?:[\w-]{1,63}\.){1,4}(?:com|org|net|info|io|de|fr|es|it|pt|eu|uk|br)
          (?:/[^\s<>"\ufffc]*[^\s<>".,;:!?)\]}'»”\u2019\ufffc]|/)?(?![\w-])
        | (?<![\w@])@\w{2,50}""",
    "code": r"""
        (?<![\w-])(?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx](?![\w-])
        | (?<![\w-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z0-9]{2,40}(?:-[A-Z0-9]{1,40}){0,8}(?![\w-])
        | (?<![\w-])[A-Z]{1,10}(?:-[A-Z0-9]{1,20}){0,4}-\d[A-Z0-9-]{0,40}(?![\w-])""",
    "emoji": r"""
        [\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]
        [\ufe0e\ufe0f\u200d\u20e3\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001fbff\U000e0020-\U000e007f]*
        | [\d\#*]\ufe0f?\u20e3 | [\u00a9\u00ae\u2122\ufe0f\u200d]
        | (?<!\w)[:;]-?[)(DPp/|](?!\w) | <3+(?!\d)""",
    "number": r"\d+(?:[.,:/\u2019'\u00a0\u202f-]\d+)*",
}  # fmt: skip
_OPENING, _CLOSING = re.compile(r"<[A-Za-z][^>]*[^/>]>|<[A-Za-z]>"), re.compile(r"</")
_TOKEN = re.compile(r"⟦(\d+)⟧")
_WORD_START = re.compile(r"(?<!\S)(?=\S)")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch that comes out exactly as it went in, exactly once."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Run:
    """A text whose n-th `MARK` stands for the n-th of `spans`."""

    text: str
    spans: tuple[Span, ...] = ()

    def plain(self) -> str:
        """Return the text with the spans in their places."""
        return fill(self.text, [span.text for span in self.spans])


def protect(text: str, terms: Sequence[str] = (), *, numbers: bool = False) -> Run:
    """Take out markup, placeholders, addresses, codes, emoji and the do-not-translate `terms`.

    Terms match whole words and case. `numbers` takes out plain numbers too.
    """
    spans: list[Span] = []

    def take(match: re.Match[str]) -> str:
        spans.append(Span(match.group(), match.lastgroup))  # type: ignore[arg-type]
        return MARK

    return Run(_pattern(tuple(terms), numbers).sub(take, text), tuple(spans))


@lru_cache(maxsize=64)
def _pattern(terms: tuple[str, ...], numbers: bool) -> re.Pattern[str]:  # noqa: FBT001
    kinds = [f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items() if kind != "number"]
    if numbers:
        kinds.append(f"(?P<number>{_PATTERNS['number']})")
    wanted = sorted({term for term in terms if term.strip()}, key=len, reverse=True)
    if wanted:
        kinds.insert(0, f"(?P<term>{'|'.join(map(_whole_word, wanted))})")
    return re.compile("|".join(kinds), re.VERBOSE | re.DOTALL)


def _whole_word(term: str) -> str:
    left = r"(?<!\w)" if term[0].isalnum() else ""
    right = r"(?!\w)" if term[-1].isalnum() else ""
    return left + re.escape(term) + right


def mask_numbers(run: Run) -> Run:
    """Take the plain numbers out of a run as well; the spans it has stay in their places."""
    inner = protect(run.text, numbers=True)
    known = iter(run.spans)
    spans = (next(known) if span.text == MARK else span for span in inner.spans)
    return Run(inner.text, tuple(spans))


def fill(text: str, replacements: Sequence[str]) -> str:
    """Return the text with its n-th mark replaced by the n-th replacement."""
    parts = text.split(MARK)
    assert len(parts) == len(replacements) + 1, "marks and spans do not agree"
    return parts[0] + "".join(new + part for new, part in zip(replacements, parts[1:], strict=True))


def number(text: str) -> str:
    """Return the text as the model reads it, its marks numbered from ⟦0⟧. At most ten fit."""
    return fill(text, PLACEHOLDERS[: text.count(MARK)])


def restore(decoded: str, source: Run) -> tuple[Run, bool]:
    """Return what the model wrote as a run that holds each span once, and whether it did itself.

    A token too many is dropped. A span that is missing is put where it stood in the source, in
    proportion. Tags that changed their order get it back, so that what was well nested stays so.
    """
    spans = source.spans
    text, order = _first_of_each(decoded.replace(MARK, ""), len(spans))
    missing = [index for index in range(len(spans)) if index not in order]
    shares = [match.start() / len(source.text) for match in re.finditer(MARK, source.text)]
    for index in missing:
        text, order = _inserted(text, order, index, shares[index])
    ordered = _tags_in_order(order, spans)
    is_intact = not missing and ordered == order and len(_TOKEN.findall(decoded)) == len(spans)
    kept = tuple(spans[index] for index in ordered)
    return Run(_tight(text, kept), kept), is_intact


def _first_of_each(decoded: str, size: int) -> tuple[str, list[int]]:
    """Turn the first token of each number below `size` into a mark; drop all others."""
    order: list[int] = []

    def take(match: re.Match[str]) -> str:
        index = int(match[1])
        if index >= size or index in order:
            return ""
        order.append(index)
        return MARK

    return _TOKEN.sub(take, decoded), order


def _inserted(text: str, order: list[int], index: int, share: float) -> tuple[str, list[int]]:
    """Put span `index` between words, next to its `share` of the way through the text."""
    wanted = len(text) * share
    starts = [match.start() for match in _WORD_START.finditer(text)] + [len(text)]
    at = min(starts, key=lambda start: abs(start - wanted))
    before, after = text[:at], text[at:]
    left = " " if before and not before[-1].isspace() else ""
    right = " " if after else ""
    rank = before.count(MARK)
    return f"{before}{left}{MARK}{right}{after}", [*order[:rank], index, *order[rank:]]


def _tags_in_order(order: list[int], spans: Sequence[Span]) -> list[int]:
    tags = iter(sorted(index for index in order if spans[index].kind == "tag"))
    return [next(tags) if spans[index].kind == "tag" else index for index in order]


def _tight(text: str, spans: Sequence[Span]) -> str:
    """Drop the white space that a model puts inside of tags: `<b> so </b>` becomes `<b>so</b>`."""
    numbers = count()
    for match in reversed(list(re.finditer(rf"\s*{MARK}\s*", text))):
        span = spans[len(spans) - 1 - next(numbers)]
        if span.kind == "tag" and _CLOSING.match(span.text):
            text = text[: match.start()] + match.group().lstrip() + text[match.end() :]
        elif span.kind == "tag" and _OPENING.match(span.text):
            text = text[: match.start()] + match.group().rstrip() + text[match.end() :]
    return text
