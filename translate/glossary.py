"""Glossary terms: found in a text whatever their inflection, and accounted for in its translation.

A term is found word by word: as it is listed, or in an inflection of it. It counts as applied
where the translation holds its target, as listed or inflected; nothing else counts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from threading import Lock

from translate.languages import canonical
from translate.protect import MARK, Run, Span, fill
from translate.types import AppliedTerm
from translate.words import Word, lemma, words

CAPITALISED = frozenset({"de", "lb"})
"""Languages whose nouns have a capital wherever they stand."""
LONGEST_ENDING = 3
"""So many letters after an inserted term are an ending the model gave it; more are a word."""
MAX_LENGTH = 500
"""Characters of a term."""
_UNUSABLE = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{MARK}]")
_JOINTS = re.compile(r"[\s\u2010\u2011-]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A term and its translation."""

    source: str
    target: str


def term_fault(term: Term) -> str | None:
    """Tell why a term cannot be used; None where it can."""
    for text in (term.source, term.target):
        if not any(character.isalnum() for character in text):
            return f"{text!r} has no letter or digit"
        if len(text) > MAX_LENGTH:
            return f"{text[:40]!r}… has more than {MAX_LENGTH} characters"
        if text != text.strip() or _UNUSABLE.search(text):
            return f"{text!r} has a control character, or white space around it"
    return None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A term that a text holds from `start` to `end`, as it is `written` there."""

    term: Term
    start: int
    end: int
    written: str


class Glossary:
    """The terms of a tenant's glossary, in one version, by source and target language."""

    def __init__(
        self, id_: str, version: int, dictionaries: Mapping[tuple[str, str], Sequence[Term]]
    ) -> None:
        self.id = id_
        self.version = version
        self._dictionaries = dictionaries
        self._matchers: dict[tuple[str, str], TermMatcher] = {}
        self._lock = Lock()

    def matcher(self, source: str, target: str) -> "TermMatcher | None":
        """Return what finds the terms of a language pair; None where it has none."""
        pair = canonical(source), canonical(target)
        if pair not in self._dictionaries:
            return None
        with self._lock:
            if pair not in self._matchers:
                self._matchers[pair] = TermMatcher(self._dictionaries[pair], *pair)
            return self._matchers[pair]


class TermMatcher:
    """Finds the terms of one language pair in texts, and their targets in translations."""

    def __init__(self, terms: Iterable[Term], source: str, target: str) -> None:
        self.source, self.target = source, target
        self._by_first: defaultdict[str, list[tuple[Term, list[Word]]]] = defaultdict(list)
        for term in terms:
            parts = list(words(term.source, source))
            if parts:
                for key in _keys(parts[0].text, source):
                    self._by_first[key].append((term, parts))

    def find(self, text: str) -> tuple[Occurrence, ...]:
        """Return the terms in a text, from left to right; of two that overlap, the longer."""
        found: list[Occurrence] = []
        tokens = list(words(text, self.source))
        end = 0
        for index, token in enumerate(tokens):
            if token.start >= end and (match := self._match(text, tokens, index)):
                found.append(match)
                end = match.end
        return tuple(found)

    def _match(self, text: str, tokens: Sequence[Word], index: int) -> Occurrence | None:
        fitting = (
            occurrence
            for key in _keys(tokens[index].text, self.source)
            for term, parts in self._by_first.get(key, ())
            if (occurrence := _occurrence(text, tokens[index:index + len(parts)], term, parts,
                                          self.source))
        )  # fmt: skip
        return max(
            fitting, key=lambda it: (it.end - it.start, it.written == it.term.source), default=None
        )

    def applied(
        self, occurrences: Sequence[Occurrence], text: str
    ) -> tuple[list[AppliedTerm], list[Occurrence]]:
        """Return which of a source's terms its translation holds, and those it does not.

        Each word of the translation counts for one term.
        """
        tokens = list(words(text, self.target))
        used: set[int] = set()
        kept: list[AppliedTerm] = []
        lacking: list[Occurrence] = []
        for occurrence in occurrences:
            place = self._place(occurrence.term.target, text, tokens, used)
            if place is None:
                lacking.append(occurrence)
            else:
                used |= set(place[0])
                kept.append(AppliedTerm(occurrence.written, text[slice(*place[1])]))
        return kept, lacking

    def _place(
        self, target: str, text: str, tokens: Sequence[Word], used: set[int]
    ) -> tuple[range, tuple[int, int]] | None:
        """Return which words of a text are a term's target, none of them used, and its extent."""
        parts = list(words(target, self.target))
        size = len(parts)
        for begin in range(len(tokens) - size + 1):
            window, place = tokens[begin : begin + size], range(begin, begin + size)
            if (
                used.isdisjoint(place)
                and all(map(partial(_are_forms, self.target), window, parts))
                and (extent := _extent(text, window, target, parts))
            ):
                return place, extent
        return None

    def inserted(self, run: Run, occurrences: Sequence[Occurrence]) -> Run:
        """Return a source with its terms' targets protected in the places of the terms."""
        text, spans, begin = "", list[Span](), 0
        known = iter(run.spans)
        for occurrence in occurrences:
            before = run.text[begin : occurrence.start]
            spans += [next(known) for _ in range(before.count(MARK))]
            spans.append(Span(cased(occurrence, self.target), "glossary"))
            text, begin = text + before + MARK, occurrence.end
        return Run(text + run.text[begin:], (*spans, *known))


def cased(occurrence: Occurrence, language: str) -> str:
    """Return a term's target with the capitals that the source gave the term beyond its own."""
    written, listed, target = occurrence.written, occurrence.term.source, occurrence.term.target
    if written.isupper() and not listed.isupper() and len(written) > 1:
        return target.upper()
    if language == "en" and written.istitle() and not listed.istitle() and " " in written:
        return " ".join(word[:1].upper() + word[1:] for word in target.split(" "))
    return target


def settled(core: Run, answer: Run) -> Run:
    """Return a translation whose inserted terms stand free, with a capital where it begins."""
    text = _free(answer)
    spans = list(answer.spans)
    if core.text[:1].isupper() and text:
        if text[0] == MARK and spans[0].kind == "glossary":
            spans[0] = Span(spans[0].text[:1].upper() + spans[0].text[1:], "glossary")
        text = text[0].upper() + text[1:]
    return Run(text, tuple(spans))


def with_terms(run: Run) -> str:
    """Return a run's text with the inserted terms in it; a mark stands for each other span."""
    return fill(run.text, [span.text if span.kind == "glossary" else MARK for span in run.spans])


def _free(run: Run) -> str:
    """Part inserted terms from letters the model wrote next to them; an ending is dropped."""
    first, *parts = run.text.split(MARK)
    for span, part in zip(run.spans, parts, strict=True):
        mark = MARK
        if span.kind == "glossary":
            ending = re.match(r"[^\W\d_]*", part)
            if ending and 0 < ending.end() <= LONGEST_ENDING:
                part = part[ending.end() :]  # noqa: PLW2901
            elif part[:1].isalnum():
                mark = MARK + " "
            if first[-1:].isalnum():
                mark = " " + mark
        first += mark + part
    return first


def _keys(word: str, language: str) -> frozenset[str]:
    return frozenset((word.casefold(), lemma(word, language)))


def _occurrence(
    text: str, window: Sequence[Word], term: Term, parts: Sequence[Word], language: str
) -> Occurrence | None:
    """Return the term as some words of a text have it, if they do."""
    is_strict = len(parts) == 1
    if len(window) < len(parts) or not all(
        _is_form(token.text, part.text, language, strict=is_strict)
        for token, part in zip(window, parts, strict=True)
    ):
        return None
    extent = _extent(text, window, term.source, parts)
    return Occurrence(term, *extent, text[slice(*extent)]) if extent else None


def _extent(
    text: str, window: Sequence[Word], listed: str, parts: Sequence[Word]
) -> tuple[int, int] | None:
    """Return where a term stands, with what belongs to it beside words, as in `C++`; or None."""
    before, after = listed[: parts[0].start], listed[parts[-1].end :]
    start, end = window[0].start - len(before), window[-1].end + len(after)
    is_whole = start >= 0 and text[start:end].startswith(before) and text[:end].endswith(after)
    return (start, end) if is_whole and _gaps(text, window) == _gaps(listed, parts) else None


def _is_form(token: str, part: str, language: str, *, strict: bool) -> bool:
    """Tell whether a word is a term's word or an inflection of it.

    An abbreviation such as IT keeps its capitals. A word that is itself listed inflected, such
    as `reading`, does not stand for other forms; among others, as in `künstliche Intelligenz`,
    it may.
    """
    if len(part) > 1 and part.isupper() and not token.startswith(part):
        return False
    if token.casefold() == part.casefold():
        return True
    base = lemma(token, language)
    return base == part.casefold() or (not strict and base == lemma(part, language))


def _are_forms(language: str, one: Word, other: Word) -> bool:
    return one.text.casefold() == other.text.casefold() or (
        lemma(one.text, language) == lemma(other.text, language)
    )


def _gaps(text: str, window: Sequence[Word]) -> list[str]:
    """Return what stands between words; spaces and hyphens are one and the same."""
    return [_JOINTS.sub(" ", text[a.end : b.start]) for a, b in pairwise(window)]
