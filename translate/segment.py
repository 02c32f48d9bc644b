"""Text into segments and back, without losing a character.

sentencex finds the sentences. It panics on some wide white space, so it is shown plain spaces;
only the lengths of its answer are used.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import sentencex

from translate.protect import MARK

_SPACE = re.compile(r"\s")
_SPACES = re.compile(r"\s+")
_LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_CLAUSE_END = re.compile(
    r"[;:,)\u2013\u2014\u2026](?=\s)|[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]"
)
_GAP = re.compile(r"(?<![A-Z]\.)\s")
"""A space that does not part initials from each other or from their name."""
_INITIAL = re.compile(r"[A-Z]\.")
_INITIALS = re.compile(r"(?<!\w)(?:[A-Z]\.\s*)+\Z")
_LONG_INITIALS = 40
_LONG_LINE = 5000
"""A longer line is cut before it is searched for sentences, which takes quadratic time."""

Fits = Callable[[int, int], bool]
"""Tells whether the stretch of the text between two offsets is short enough."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text without white space at its ends, and the white space after it.

    `text` is empty where a text begins with white space.
    """

    text: str
    gap: str


def split(text: str, language: str, fits: Fits) -> list[Segment]:
    """Return the sentences of a text as segments; `join` gives the very text back.

    Line ends always part segments. A sentence for which `fits` is false is cut further: at a
    clause, else at a space, else in the middle. One character must fit.
    """
    sentences = (
        sentence for line in _lines(text) for sentence in _sentences(line, language) if sentence
    )
    return _with_gaps(_parts(text, sentences, fits))


def join(segments: Iterable[Segment]) -> str:
    """Return the text that the segments make."""
    return "".join(segment.text + segment.gap for segment in segments)


def _lines(text: str) -> Iterator[str]:
    """Cut after every run of white space that holds a line end, and cut lines that never end."""
    if len(text) <= _LONG_LINE and _LINE_ENDS.isdisjoint(text):
        yield text
        return
    begin = 0
    for run in _SPACES.finditer(text):
        if not _LINE_ENDS.isdisjoint(run.group()) or run.end() - begin > _LONG_LINE:
            yield text[begin : run.end()]
            begin = run.end()
    yield text[begin:]


def _sentences(line: str, language: str) -> Iterator[str]:
    begin = end = 0
    for sentence in sentencex.segment(language, _SPACE.sub(" ", line)):
        if not _is_name_parted(line[begin:end], sentence):
            yield line[begin:end]
            begin = end
        end += len(sentence)
    yield line[begin:end]
    yield line[end:]


def _is_name_parted(before: str, after: str) -> bool:
    """Tell whether a name is parted after its initials: after a mark sentencex knows none."""
    tail = before[-_LONG_INITIALS:]
    initials = _INITIALS.search(tail)
    return bool(
        initials and (_INITIAL.match(after) or tail[: initials.start()].rstrip().endswith(MARK))
    )


def _parts(text: str, sentences: Iterable[str], fits: Fits) -> Iterator[str]:
    begin = 0
    for sentence in sentences:
        yield from _fitted(text, begin, begin + len(sentence), fits)
        begin += len(sentence)


def _fitted(text: str, begin: int, end: int, fits: Fits) -> Iterator[str]:
    if end - begin < 2 or fits(begin, end):  # noqa: PLR2004
        yield text[begin:end]
        return
    middle = begin + _cut(text[begin:end])
    yield from _fitted(text, begin, middle, fits)
    yield from _fitted(text, middle, end, fits)


def _cut(text: str) -> int:
    """Return where to cut: the clause or space next to the middle, else the middle itself."""
    half = len(text) // 2
    for pattern in (_CLAUSE_END, _GAP, _SPACE):
        ends = [match.end() for match in pattern.finditer(text, half // 2, half + half // 2)]
        if ends:
            return min(ends, key=lambda end: abs(end - half))
    return half


def _with_gaps(parts: Iterable[str]) -> list[Segment]:
    """Move white space from the parts' ends into the gaps."""
    segments: list[Segment] = []
    for part in parts:
        body = part.lstrip()
        lead, core = part[: len(part) - len(body)], body.rstrip()
        if lead:
            last = segments.pop() if segments else Segment("", "")
            segments.append(Segment(last.text, last.gap + lead))
        if core:
            segments.append(Segment(core, body[len(core) :]))
    return segments
