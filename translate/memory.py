"""Translation memory: what makes two texts the same, how alike they are, what a match becomes.

Case, punctuation, white space, numbers and placeholders do not tell texts apart: a unit for
`Page 5 of {n}` serves `page 7 of %d`, with the new number and placeholder in its translation.
Where that cannot be done safely there is no match.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from babel import Locale, UnknownLocaleError
from rapidfuzz.distance import Levenshtein

from translate.normalise import as_written, is_shouted
from translate.protect import MARK, Run, Span, protect
from translate.types import MemoryMatch

THRESHOLD = 0.85
"""Less alike texts are no match, unless the caller wants them."""
REWRITTEN = 0.99
"""The score of a match in which case, punctuation, numbers or placeholders differ."""

_WORD = re.compile(rf"[^\W_]+|{MARK}")
_END_MARKS = re.compile(r"[.!?…:;,\u3002\uff01\uff1f]*\Z")
_COUNTED = re.compile(r"[\s-]*[^\W\d_]")
_INTEGER = re.compile(r"\d{1,15}|\d{1,3}(?:[.,\u2019'\u00a0\u202f]\d{3}){1,4}")
_FIGURE = re.compile(r"\d+(?:[.,\u2019'\u00a0\u202f ]\d+)*")
_GROUP_MARK, _DIGIT_GROUPS = re.compile(r"\D"), re.compile(r"\d+")
_NUMBER_KINDS = frozenset({"number", "quantity"})

Mode = Literal["off", "exact", "fuzzy"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A text and its translation, as a memory holds them."""

    source_language: str
    target_language: str
    tuid: str
    source: str
    target: str
    domain: str = ""
    is_correction: bool = False


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What is compared of a text: its words, with a mark for each number and protected span."""

    words: str
    text: str
    spans: tuple[Span, ...]

    @property
    def key(self) -> int:
        """A 64-bit hash of the words."""
        digest = hashlib.blake2b(self.words.encode("utf-8", "surrogatepass"), digest_size=8)
        return int.from_bytes(digest.digest(), "big", signed=True)


@dataclass(frozen=True, slots=True)
class Hit:
    """A match found for a text: the translation it gives, what was matched, and what fails.

    `checks` has `fuzzy` where words differ, `placeholders` where a person's translation of this
    very text does not hold what the text holds.
    """

    run: Run
    match: MemoryMatch
    checks: frozenset[str] = frozenset()


class Memory(Protocol):
    """Knows translations of texts."""

    def has_units(self, source: str, target: str) -> bool:
        """Tell whether there is anything to be found in a language pair."""
        ...

    def recall(self, runs: Sequence[Run], source: str, target: str) -> list[Hit | None]:
        """Return for each run the best match in a language pair, if there is one."""
        ...


@lru_cache(maxsize=4096)
def skeleton(text: str) -> Skeleton:
    """Return what is compared of a text."""
    run = protect(text, numbers=True)
    folded = unicodedata.normalize("NFKC", run.text).casefold()
    return Skeleton(" ".join(_WORD.findall(folded)), run.text, run.spans)


def generated_tuid(source: str, *, is_correction: bool) -> str:
    """Return the id of a unit that came without one: a later one for the same text replaces it."""
    plain = " ".join(unicodedata.normalize("NFC", source).split())
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f"{'correction' if is_correction else 'text'}-{digest}"


def match(unit: Unit, run: Run, *, threshold: float) -> Hit | None:
    """Return what a unit gives for a run; None where that is not alike enough, or not safe."""
    plain = run.plain()
    wanted, known = skeleton(plain), skeleton(unit.source)
    alike = Levenshtein.normalized_similarity(wanted.words, known.words, score_cutoff=threshold)
    if not wanted.words or alike < threshold:
        return None
    target = protect(unit.target, numbers=True)
    if plain.split() == unit.source.split():
        is_kept = _kept(wanted.spans) == _kept(target.spans)
        found = MemoryMatch("exact", 1.0, unit.tuid)
        return Hit(target, found, frozenset() if is_kept else frozenset({"placeholders"}))
    spans = _refilled(wanted, known, target.spans, unit.target_language)
    if spans is None:
        return None
    new = Run(_fitted(known.text, wanted.text, target.text), spans)
    if wanted.words == known.words:
        return Hit(new, MemoryMatch("exact", REWRITTEN, unit.tuid))
    found = MemoryMatch("fuzzy", round(min(alike, REWRITTEN), 4), unit.tuid)
    return Hit(new, found, frozenset({"fuzzy"}))


def _refilled(
    wanted: Skeleton, known: Skeleton, target: Sequence[Span], language: str
) -> tuple[Span, ...] | None:
    """Return the target's spans with those of the new text in place of the old ones, if safe."""
    if len(wanted.spans) != len(known.spans):
        return None
    new = _unused(wanted.spans, known.spans, target)
    if new is None or not _are_countable(wanted, known, language):
        return None
    return new if _kept(wanted.spans) == _kept(new) else None


def _unused(
    wanted: Sequence[Span], known: Sequence[Span], target: Sequence[Span]
) -> tuple[Span, ...] | None:
    """Put each new span where the old one it replaces stands in the target; None if one cannot."""
    left = list(range(len(known)))
    filled: list[Span] = []
    for span in target:
        place = next((index for index in left if _is_same(known[index], span)), None)
        if place is None:
            filled.append(span)
            continue
        left.remove(place)
        text = _rewritten(wanted[place].text, known[place].text, span.text)
        if text is None:
            return None
        filled.append(Span(text, wanted[place].kind))
    return tuple(filled) if all(wanted[i].text == known[i].text for i in left) else None


def _rewritten(new: str, old: str, target: str) -> str | None:
    """Return what stands for a new span where `target` stands for the old one; None if unsure.

    `€22.50` becomes `22,50 €` where `18,10 €` stands for `€18.10`: an amount of the same unit, with
    the old one's decimal and thousands marks only, is written as the target writes the old one.
    """
    if new == old:
        return target
    if old == target or new.isdecimal():
        return new
    figures = [_FIGURE.findall(text) for text in (new, old, target)]
    is_alike = _FIGURE.sub("", new) == _FIGURE.sub("", old)
    if not is_alike or any(len(each) != 1 for each in figures):
        return None
    [wanted], [known], [written] = figures
    marks = dict(zip(_marks(known), _GROUP_MARK.findall(written), strict=False))
    if not marks.keys() >= set(_marks(wanted)):
        return None
    signs = iter([marks[mark] for mark in _marks(wanted)])
    figure = _GROUP_MARK.sub(lambda _: next(signs), wanted)
    return _FIGURE.sub(lambda _: figure, target)


def _marks(figure: str) -> list[tuple[str, bool]]:
    """Return the marks between a figure's digits, and whether each parts thousands."""
    groups = _DIGIT_GROUPS.findall(figure)[1:]
    return [
        (mark, len(group) == 3)  # noqa: PLR2004
        for mark, group in zip(_GROUP_MARK.findall(figure), groups, strict=True)
    ]


def _is_same(one: Span, other: Span) -> bool:
    """Tell whether two spans stand for the same; numbers may be written differently."""
    if one.text == other.text:
        return True
    return {one.kind, other.kind} <= _NUMBER_KINDS and _digits(one.text) == _digits(
        other.text
    ) != ""


def _kept(spans: Sequence[Span]) -> Counter[str]:
    """Count what must come out as it went in; numbers may be written differently."""
    return Counter(span.text for span in spans if span.kind not in _NUMBER_KINDS)


def _are_countable(wanted: Skeleton, known: Skeleton, language: str) -> bool:
    """Tell whether what each number counts has the same form with the new number."""
    counting = [bool(_COUNTED.match(part)) for part in known.text.split(MARK)[1:]]
    return all(
        not counts
        or new.text == old.text
        or _plural(new.text, language) == _plural(old.text, language)
        for counts, new, old in zip(counting, wanted.spans, known.spans, strict=True)
        if {new.kind, old.kind} == {"number"}
    )


def _plural(number: str, language: str) -> str:
    """Return which form a number's noun has in a language, in the words of CLDR."""
    if not _INTEGER.fullmatch(number):
        return "other"
    try:
        rules = Locale.parse(language.replace("-", "_")).plural_form
    except (UnknownLocaleError, ValueError):
        rules = Locale("en").plural_form
    return str(rules(int(_digits(number))))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _fitted(known: str, wanted: str, target: str) -> str:
    """Return a target with the end marks and capitals of a text that lacks or has others."""
    known_end, wanted_end = _end_marks(known), _end_marks(wanted)
    if known_end != wanted_end and _end_marks(target) == known_end:
        target = target[: len(target.rstrip()) - len(known_end)] + wanted_end
    return as_written(wanted, target) if is_shouted(wanted) != is_shouted(known) else target


def _end_marks(text: str) -> str:
    found = _END_MARKS.search(text.rstrip())
    return found.group() if found else ""
