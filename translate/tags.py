"""Inline tags, kept from the model and put around the same words of its answer.

Tags that belong together make a tree. Each element takes the stretch of the answer that came
from the words it held; within it its children take theirs, so that what was well nested stays so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from translate.alignment import Correspondence

_TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)")
_POINTS = frozenset({"wbr"})
"""Tags that hold nothing and mean nothing to a reader of the sentence."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as it is written, and before which character of the segment it stood."""

    text: str
    at: int


@dataclass(slots=True)
class _Element:
    """A stretch of the segment between two tags, by their numbers; either may be missing."""

    begin: int
    end: int
    opening: int | None = None
    closing: int | None = None
    children: list["_Element"] = field(default_factory=list)


def place(tags: Sequence[Tag], segment: str, where: Correspondence) -> list[tuple[int, int]]:
    """Return for each tag the character of the answer it belongs before, and its number.

    They come in the order in which to write them. Tags that cross each other keep their order, and
    so do those whose partners are in other segments, since they would cross there.
    """
    elements = _tree(tags, len(segment))
    if elements is None:
        return _in_order(tags, where)
    layout = _Layout(segment, where)
    placed = list(layout.spread(elements, (0, len(segment)), (0, len(where.units))))
    alone = set(_alone(elements, tags))
    order = [number for _, number in placed if number in alone]
    return placed if order == sorted(order) else _in_order(tags, where)


def _tree(tags: Sequence[Tag], length: int) -> list[_Element] | None:
    """Return the elements that the tags make; None where they cross.

    A tag whose partner is in another segment reaches to that end of this one.
    """
    roots: list[_Element] = []
    stack: list[tuple[str, _Element]] = []
    for number, tag in enumerate(tags):
        match = _TAG.match(tag.text)
        level = stack[-1][1].children if stack else roots
        if match is None or _is_point(tag):
            level.append(_Element(tag.at, tag.at, opening=number))
        elif not match["close"]:
            element = _Element(tag.at, length, opening=number)
            level.append(element)
            stack.append((match["name"].lower(), element))
        elif not stack:
            roots = [_Element(0, tag.at, closing=number, children=roots)]
        elif stack[-1][0] == match["name"].lower():
            element = stack.pop()[1]
            element.end, element.closing = tag.at, number
        else:
            return None
    return roots


def _alone(elements: Sequence[_Element], tags: Sequence[Tag]) -> Iterator[int]:
    """Yield the tags whose partners are in other segments."""
    for element in elements:
        if element.opening is None and element.closing is not None:
            yield element.closing
        opening = element.opening
        if opening is not None and element.closing is None and not _is_point(tags[opening]):
            yield opening
        yield from _alone(element.children, tags)


def _is_point(tag: Tag) -> bool:
    """Tell whether a tag has no partner anywhere."""
    match = _TAG.match(tag.text)
    return match is None or match["name"].lower() in _POINTS or tag.text.endswith("/>")


def _in_order(tags: Sequence[Tag], where: Correspondence) -> list[tuple[int, int]]:
    placed, last = [], 0
    for number, tag in enumerate(tags):
        last = max(last, where.boundary(tag.at))
        placed.append((_start(where, last, len(where.units)), number))
    return placed


def _start(where: Correspondence, unit: int, end: int) -> int:
    """Return the character at which a unit begins, or at which the last one before `end` ends."""
    if unit < end:
        return where.units[unit][0]
    return where.units[end - 1][1] if end else 0


class _Layout:
    """Gives the elements their stretches of the answer, as ranges of its units."""

    def __init__(self, segment: str, where: Correspondence) -> None:
        self._segment = segment
        self._where = where

    def spread(
        self, elements: Sequence[_Element], source: tuple[int, int], range_: tuple[int, int]
    ) -> Iterator[tuple[int, int]]:
        """Yield the places of the elements' tags within a range of units."""
        found: dict[int, tuple[int, int]] = {}
        by_size = sorted(
            range(len(elements)), key=lambda each: elements[each].begin - elements[each].end
        )
        for number in by_size:
            found[number] = self._range(elements[number], source, range_, list(found.values()))
        for number in sorted(found, key=lambda each: (*found[each], each)):
            yield from self._written(elements[number], found[number], range_[1])

    def _written(
        self, element: _Element, range_: tuple[int, int], outer: int
    ) -> Iterator[tuple[int, int]]:
        begin, end = range_
        at = _start(self._where, begin, outer if begin == end else end)
        if element.opening is not None:
            yield at, element.opening
        for place_, number in self.spread(element.children, (element.begin, element.end), range_):
            # an element without words has none for its children either
            yield (at if begin == end else place_), number
        if element.closing is not None:
            yield (at if begin == end else self._where.units[end - 1][1]), element.closing

    def _range(
        self,
        element: _Element,
        source: tuple[int, int],
        range_: tuple[int, int],
        taken: Sequence[tuple[int, int]],
    ) -> tuple[int, int]:
        """Return the units of an element, none of them a sibling's."""
        if not self._has_words(element.begin, element.end):
            return self._point(element.begin, range_, taken)
        shares = self._where.shares(element.begin, element.end)
        outside = ((source[0], element.begin), (element.end, source[1]))
        if not taken and not any(self._has_words(*stretch) for stretch in outside):
            return self._trimmed(range_, shares)
        gains = [2 * share - 1 for share in shares]
        best = max(
            (_best_stretch(gains, *gap) for gap in _gaps(range_, taken)),
            key=lambda stretch: stretch[0],
            default=None,
        )
        if best is None or best[0] <= -1:
            return self._point(element.begin, range_, taken)
        return best[1:]

    def _trimmed(self, range_: tuple[int, int], shares: Sequence[float]) -> tuple[int, int]:
        """Return a range without the punctuation at its ends that came from outside."""
        begin, end = range_
        while begin < end and self._where.is_mark(end - 1) and shares[end - 1] < 0.5:  # noqa: PLR2004
            end -= 1
        while begin < end and self._where.is_mark(begin) and shares[begin] < 0.5:  # noqa: PLR2004
            begin += 1
        return begin, end

    def _has_words(self, begin: int, end: int) -> bool:
        return any(character.isalnum() for character in self._segment[begin:end])

    def _point(
        self, offset: int, range_: tuple[int, int], taken: Sequence[tuple[int, int]]
    ) -> tuple[int, int]:
        """Return an empty range at the free place next to where an offset belongs."""
        wanted = self._where.boundary(offset)
        free = [
            place_
            for place_ in range(range_[0], range_[1] + 1)
            if not any(begin < place_ < end for begin, end in taken)
        ]
        at = min(free, key=lambda place_: abs(place_ - wanted))
        return at, at


def _gaps(range_: tuple[int, int], taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the ranges that are not taken."""
    begin = range_[0]
    for first, last in sorted(taken):
        if begin < first:
            yield begin, first
        begin = max(begin, last)
    if begin < range_[1]:
        yield begin, range_[1]


def _best_stretch(gains: Sequence[float], begin: int, end: int) -> tuple[float, int, int]:
    """Return the longest unbroken stretch with the largest sum of gains, and that sum (Kadane)."""
    best = (gains[begin], begin, begin + 1)
    running, first = 0.0, begin
    for unit in range(begin, end):
        if running < 0:
            running, first = 0.0, unit
        running += gains[unit]
        if running >= best[0]:
            best = (running, first, unit + 1)
    return best
