"""How far a translated segment can be trusted: the model's own score, and checks."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from translate.detect import Detector

PENALTIES: Final = {
    "empty": 0.0,
    "repetition": 0.3,
    "cut": 0.3,
    "language": 0.4,
    "copy": 0.5,
    "length": 0.5,
    "numbers": 0.6,
    "order": 0.7,
    "placeholders": 0.7,
    "names": 0.7,
}
"""The checks, and what is left of the confidence when one fails."""

LANGUAGE_LETTERS = 30
"""The language of a shorter segment is not judged."""
LONGEST, SHORTEST = 3.0, 0.3
"""Bounds of the target's length in that of the source."""
SLACK = 12
"""Characters by which any translation may be longer or shorter."""

_NUMBER = re.compile(
    r"(?:(?<![^\s(\"“„«'])[-+\u2212])?\d+(?:[.,'\u2019]\d+|[ \u00a0\u202f]+\d{3}(?!\d))*"
    r"|[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u215e\u2189]"
)
_WORD = re.compile(r"[^\W\d_]+")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_STUTTER = re.compile(r"(\w{1,3})\1{4,}")


@dataclass(frozen=True, slots=True)
class Quality:
    """A confidence, 0..1, and the names of the checks that failed."""

    confidence: float
    checks: frozenset[str]


NOTHING_TO_DO = Quality(1.0, frozenset())
"""Of what is right as it is written."""
UNREADABLE = Quality(0.0, frozenset({"empty"}))
"""Of what a model has no letters for."""


def assess(  # noqa: PLR0913 - what there is to judge by
    source: str,
    text: str,
    *,
    score: float,
    target: str,
    is_intact: bool,
    detector: Detector,
    is_cut: bool = False,
    is_ordered: bool = True,
    has_names: bool = True,
) -> Quality:
    """Judge a segment's translation by its mean log-probability and by what can be checked.

    Both texts come without what was protected, except numbers. `is_intact` tells whether the
    model itself kept every placeholder, `is_cut` whether it was stopped before it came to an end,
    `is_ordered` whether its numbers stand as in the source, `has_names` whether names that the
    model does not know are in the text.
    """
    failed = {
        "empty": bool(_WORD.search(source)) and not _WORD.search(text),
        "repetition": is_repetitive(text) and not is_repetitive(source),
        "cut": is_cut,
        "language": not is_in_language(text, target, detector),
        "copy": is_copy(source, text),
        "length": not is_of_like_length(source, text),
        "numbers": numbers(source) != numbers(text),
        "order": not is_ordered,
        "placeholders": not is_intact,
        "names": not has_names,
    }
    checks = frozenset(name for name, fails in failed.items() if fails)
    trust = math.prod(PENALTIES[name] for name in checks)
    return Quality(min(max(math.exp(min(score, 0.0)) * trust, 0.0), 1.0), checks)


def numbers(text: str) -> list[str]:
    """Return the numbers of a text, sorted, with signs, whatever parts thousands and decimals."""
    return sorted(_values(text))


def is_reordered(source: str, text: str) -> bool:
    """Tell whether a text has the numbers of its source in another order, as in `3 of 10`."""
    given, found = list(_values(source)), list(_values(text))
    return given != found and sorted(given) == sorted(found)


def _values(text: str) -> Iterator[str]:
    return map(_value, _NUMBER.findall(text))


def _value(written: str) -> str:
    """Return a number with one way of writing it: three digits behind a mark are thousands."""
    digits = written.lstrip("-+\u2212")
    sign = written[: len(written) - len(digits)].replace("\u2212", "-")
    *groups, last = re.split(r"\D", digits)
    is_whole = not groups or len(last) == 3  # noqa: PLR2004
    return sign + ("".join((*groups, last)) if is_whole else f"{''.join(groups)}.{last}")


def is_repetitive(text: str) -> bool:
    """Tell whether one to four words, or a few letters, come again and again on end."""
    if _STUTTER.search(text):
        return True
    words = [word.lower() for word in _WORD.findall(text)]
    return len(set(words)) < len(words) and any(
        words[begin : begin + size] * 2 == words[begin + size : begin + 3 * size]
        for size in range(1, 5)
        for begin in range(len(words) - 3 * size + 1)
    )


def is_copy(source: str, text: str) -> bool:
    """Tell whether nearly all longer words, names apart, or all of four and more came back."""
    all_words = source.split()
    if len(all_words) > 3 and source.casefold().split() == text.casefold().split():  # noqa: PLR2004
        return True
    words = [word for word in _LONG_WORD.findall(source) if word.islower()]
    if len(words) < 2:  # noqa: PLR2004
        return False
    kept = set(_LONG_WORD.findall(text))
    return sum(word in kept for word in words) > 0.7 * len(words)


def is_of_like_length(source: str, text: str) -> bool:
    """Tell whether a translation is neither cut short nor run on."""
    return SHORTEST * len(source) - SLACK <= len(text) <= LONGEST * len(source) + SLACK


def is_in_language(text: str, language: str, detector: Detector) -> bool:
    """Tell whether a text may be in a language; a short or doubtful one may."""
    if sum(map(len, _WORD.findall(text))) < LANGUAGE_LETTERS:
        return True
    likely = detector.rank(text, (language,))
    if not likely or likely[0].language == language:
        return True
    found = detector.detect(text, (language,))
    return found is None or found.language == language
