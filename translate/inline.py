"""What the model reads of a run, and the run that its answer makes.

Tags are kept from the model and put around the same words of its answer. What else is protected
it reads as a numbered token, `⟦0⟧ … ⟦9⟧`, which the shipped models were taught to copy; a token
that the answer lacks is put back where the words beside it went.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from translate.alignment import Correspondence
from translate.normalise import as_written, for_model
from translate.protect import MARK, Run, without_placeholders
from translate.tags import Tag, place
from translate.types import PLACEHOLDERS, Alignment, Decoded

_TOKEN = re.compile(r"⟦(\d+)⟧")


@dataclass(frozen=True, slots=True)
class Shown:
    """A run as the model reads it: its tokens' and tags' places, with the numbers of the spans."""

    text: str
    tokens: tuple[tuple[int, int], ...]
    tags: tuple[tuple[int, int], ...]


@lru_cache(maxsize=4096)
def show(run: Run) -> Shown:
    """Return a run as the model reads it."""
    pieces = for_model(run.text).split(MARK)
    text, tokens, tags = pieces[0].lstrip(), [], []
    for number, (span, piece) in enumerate(zip(run.spans, pieces[1:], strict=True)):
        if span.kind == "tag":
            tags.append((len(text), number))
            text += piece.lstrip() if not text or text[-1].isspace() else piece
        else:
            tokens.append((len(text), number))
            text += f"⟦{len(tokens) - 1}⟧{piece}"
    bare = text.rstrip()
    return Shown(bare, tuple(tokens), tuple((min(at, len(bare)), number) for at, number in tags))


def fits(run: Run) -> bool:
    """Tell whether there are tokens enough for what the model has to carry over."""
    return sum(span.kind != "tag" for span in run.spans) <= len(PLACEHOLDERS)


def restore(run: Run, shown: Shown, decoded: Decoded) -> tuple[Run, bool]:
    """Return the answer as a run that holds each span of the source's run exactly once.

    Also whether the model itself kept every token, once each, and made none up.
    """
    text = _recased(shown.text, decoded.text.replace(MARK, " "))
    if not run.spans and "⟦" not in text:
        plain = without_placeholders(text)
        return Run(as_written(run.text, plain)), plain == text
    answer = Decoded(text, decoded.score, decoded.alignment)
    found = {index for _, _, index in _first_of_each(text, len(shown.tokens))}
    lost = [index for index in range(len(shown.tokens)) if index not in found]
    for index in lost:
        answer = _with_token(shown, answer, index)
    tags = [Tag(run.spans[number].text, at) for at, number in shown.tags]
    places = place(tags, shown.text, Correspondence(shown.text, answer)) if tags else []
    marks = [(begin, end, shown.tokens[index][1])
             for begin, end, index in _first_of_each(answer.text, len(shown.tokens))]  # fmt: skip
    marks += [(at, at, shown.tags[index][1]) for at, index in places]
    marked, order = _marked(answer.text, marks)
    plain = without_placeholders(marked)
    is_intact = not lost and plain == marked and len(_TOKEN.findall(text)) == len(shown.tokens)
    spans = tuple(run.spans[number] for number in order)
    return Run(as_written(run.text, plain), spans), is_intact


def _recased(source: str, text: str) -> str:
    """Return the text with a capital at its beginning where the source has one."""
    if source[:1].isupper() and text[:1].islower() and len(text[0].upper()) == 1:
        return text[0].upper() + text[1:]
    return text


def _first_of_each(text: str, size: int) -> list[tuple[int, int, int]]:
    """Return where the first token of each number below `size` stands."""
    found: dict[int, tuple[int, int, int]] = {}
    for match in _TOKEN.finditer(text):
        index = int(match[1])
        if index < size:
            found.setdefault(index, (*match.span(), index))
    return list(found.values())


def _with_token(shown: Shown, answer: Decoded, index: int) -> Decoded:
    """Return the answer with a token that it lacks, beside the words it stood beside."""
    offset = shown.tokens[index][0]
    where = Correspondence(shown.text, answer)
    unit = where.boundary(offset)
    at = where.units[unit][0] if unit < len(where.units) else len(answer.text)
    before, after = answer.text[:at], answer.text[at:]
    left = " " if before and not before[-1].isspace() else ""
    right = " " if after and (after[0].isalnum() or after[0] == "⟦") else ""
    inserted = f"{left}⟦{index}⟧{right}"
    alignment = answer.alignment and _with_piece(
        answer.alignment, at + len(left), len(inserted), offset
    )
    return Decoded(before + inserted + after, answer.score, alignment)


def _with_piece(alignment: Alignment, at: int, length: int, source: int) -> Alignment:
    """Return the alignment with a piece of the answer that came from one of the segment only."""
    origin = bisect_right(alignment.sources, source) - 1
    row = [float(piece == origin) for piece in range(len(alignment.sources))]
    first = bisect_left(alignment.targets, at)
    later = (target + length for target in alignment.targets[first:])
    return Alignment(
        alignment.sources,
        (*alignment.targets[:first], at, *later),
        [*alignment.weights[:first], row, *alignment.weights[first:]],
    )


def _marked(text: str, marks: Sequence[tuple[int, int, int]]) -> tuple[str, list[int]]:
    """Return the text with a mark at each place, without other tokens, and the spans' numbers."""
    parts: list[str] = []
    last = 0
    ordered = sorted(enumerate(marks), key=lambda each: (each[1][0], each[1][1], each[0]))
    for _, (begin, end, _number) in ordered:
        parts += [_TOKEN.sub("", text[last:begin]), MARK]
        last = end
    parts.append(_TOKEN.sub("", text[last:]))
    return "".join(parts), [number for _, (_, _, number) in ordered]
