"""Runs of text through one engine: cut, decode in one call, put back, judge, try again once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from translate.alphabet import readable
from translate.detect import Detector
from translate.engine import Engine
from translate.glossary import TermMatcher, settled
from translate.inline import Shown, fits, restore, show
from translate.names import Knows, has_names, mask_names, names_in
from translate.normalise import is_titled, sentence_case
from translate.numerals import localised
from translate.protect import (
    MARK,
    Kind,
    Run,
    Span,
    mask_numbers,
    stands_before,
    stands_behind,
    with_copies,
)
from translate.quality import NOTHING_TO_DO, UNREADABLE, Quality, assess, is_reordered
from translate.segment import split
from translate.types import Decoded, Decoding, Request

DEFAULT = Decoding()

_RETRIED = frozenset(
    {"placeholders", "numbers", "order", "repetition", "empty", "length", "copy", "cut"}
)
"""Failed checks that a second, more careful decoding may mend."""
_BULLET = re.compile(r"(?:[-*\u2022\u2023\u2013\u2014\u00b7]|\d{1,3}[.)])\s+(?=\S)")
_STAND_IN = "\ufffc"
_NUMBERS: frozenset[Kind] = frozenset({"number"})
_AMOUNTS: frozenset[Kind] = _NUMBERS | {"quantity"}
_UNSURE = 0.5
"""A title with less confidence is also read in sentence case."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A translated run, how far it can be trusted, and the checks that failed on the way.

    An alternative fails none: it comes without a flag of its own.
    """

    run: Run
    confidence: float
    checks: frozenset[str]
    alternatives: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A segment: what to translate, and what stands as it is before and after."""

    head: Run
    core: Run
    tail: Run


@dataclass(frozen=True, slots=True)
class _Core:
    """What a model is to translate, from which language, and with which terms."""

    run: Run
    source: str
    matcher: TermMatcher | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One decoding of a core, put back together and judged."""

    run: Run
    quality: Quality
    alternatives: tuple[Run, ...] = ()


def translate_runs(  # noqa: PLR0913 - what runs are translated with
    runs: Sequence[Run],
    sources: Sequence[str],
    target: str,
    engine: Engine,
    detector: Detector,
    *,
    matchers: Sequence[TermMatcher | None] | None = None,
    decoding: Decoding = DEFAULT,
) -> list[Outcome]:
    """Translate runs, each from its own language and with its own terms.

    Every span of a run is in its outcome exactly once. Equal segments are decoded once. The
    engine is called twice at most, and twice more where segments lack terms.
    """
    is_readable = partial(_fits, engine=engine)
    segments = [
        [(unit, _Core(unit.core, source, matcher)) for unit in cut(run, source, is_readable)]
        for run, source, matcher in zip(runs, sources, matchers or [None] * len(runs), strict=True)
    ]
    cores = {
        core: core.run for units in segments for _, core in units if has_letters(core.run.text)
    }
    judge = _Judge(target, detector, decoding, engine.knows)
    best = _best(cores, engine, judge)
    best |= _with_terms(best, engine, judge)
    return [_outcome(units, best) for units in segments]


def _best(cores: Mapping[_Core, Run], engine: Engine, judge: "_Judge") -> dict[_Core, _Attempt]:
    """Decode each core as its run is shown to the model, the doubtful ones once more.

    What the model cannot read, and what is nothing but names, stays as it is written.
    """
    shown: dict[_Core, Run] = {}
    best: dict[_Core, _Attempt] = {}
    for core, run in cores.items():
        seen = _seen(core, run, engine, judge.target)
        if seen and has_letters(seen.text):
            shown[core] = seen
        else:
            best[core] = _Attempt(run, NOTHING_TO_DO if seen else UNREADABLE)
    best |= _attempts(shown, engine, judge, is_careful=False)
    doubtful = [core for core in shown if _is_doubtful(core.run, best[core].quality)]
    again = {
        core: _second_try(core, shown[core], best[core], engine, judge.target) for core in doubtful
    }
    for core, attempt in _attempts(again, engine, judge, is_careful=True).items():
        best[core] = _better(core.run, best[core], attempt)
    return best


def _seen(core: _Core, run: Run, engine: Engine, target: str) -> Run | None:
    """Return a run without what is to be copied: what the model cannot read, or does not know."""
    masked = mask_names(run, core.source, target, engine.knows)
    is_short = partial(_fits, engine=engine)
    # names take no tokens from what cannot be read at all
    return readable(masked, engine.reads, is_short) or readable(run, engine.reads, is_short)


def _with_terms(
    best: Mapping[_Core, _Attempt], engine: Engine, judge: "_Judge"
) -> dict[_Core, _Attempt]:
    """Decode again what lacks a glossary's term, with the terms' targets protected in place.

    What the model itself translates by a form of the target stays: it agrees with its neighbours.
    Where a term could not be applied after all, the caller sees it lacking.
    """
    inserted = {
        core: run
        for core, attempt in best.items()
        if core.matcher and (run := _inserted(core.run, core.matcher, attempt, engine))
    }
    return {
        core: replace(
            attempt,
            run=settled(core.run, attempt.run),
            alternatives=tuple(settled(core.run, other) for other in attempt.alternatives),
        )
        for core, attempt in _best(inserted, engine, judge).items()
        if "empty" not in attempt.quality.checks
    }


def _inserted(run: Run, matcher: TermMatcher, attempt: _Attempt, engine: Engine) -> Run | None:
    """Return a run with its terms inserted; None where it needs none, or would be too long."""
    occurrences = matcher.find(run.text)
    if not matcher.applied(occurrences, attempt.run.text)[1]:
        return None
    inserted = matcher.inserted(run, occurrences)
    return inserted if _fits(inserted, engine) else None


def has_letters(text: str) -> bool:
    """Tell whether there is anything to translate."""
    return any(map(str.isalpha, text))


def cut(run: Run, language: str, fits: Callable[[Run], bool]) -> list[Unit]:
    """Return a run's segments; one that does not fit is cut further."""

    def stretch(begin: int, end: int) -> Run:
        first = run.text.count(MARK, 0, begin)
        text = run.text[begin:end]
        return Run(text, run.spans[first : first + text.count(MARK)])

    units, begin = [], 0
    for segment in split(run.text, language, lambda begin, end: fits(stretch(begin, end))):
        end = begin + len(segment.text)
        units.append(peeled(stretch(begin, end), segment.gap))
        begin = end + len(segment.gap)
    return units


def _fits(run: Run, engine: Engine) -> bool:
    return fits(run) and engine.fits(show(run).text)


def peeled(segment: Run, gap: str = "") -> Unit:
    """Set aside what the model need not see at the ends of a segment, with its white space."""
    text, spans = segment.text, segment.spans
    bullet = _BULLET.match(text)
    begin, end, first, last = bullet.end() if bullet else 0, len(text), 0, len(spans)
    while begin < end and text[begin] == MARK and stands_before(spans[first]):
        first += 1
        begin = end - len(text[begin + 1 : end].lstrip())
    while begin < end and text[end - 1] == MARK and stands_behind(spans[last - 1]):
        last -= 1
        end = begin + len(text[begin : end - 1].rstrip())
    return Unit(
        Run(text[:begin], spans[:first]),
        Run(text[begin:end], spans[first:last]),
        Run(text[end:] + gap, spans[last:]),
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """Puts answers back together and judges them."""

    target: str
    detector: Detector
    decoding: Decoding
    knows: Knows

    def attempt(self, core: _Core, run: Run, shown: Shown, decoded: Decoded) -> _Attempt:
        """Return what became of a run as it was shown to the model; alternatives that are good."""
        first, *others = (
            self._judged(core, run, shown, each) for each in (decoded, *decoded.alternatives)
        )
        good = tuple(each.run for each in others if not each.quality.checks)
        return replace(first, alternatives=good) if good else first

    def _judged(self, core: _Core, run: Run, shown: Shown, decoded: Decoded) -> _Attempt:
        restored, is_intact = restore(run, shown, decoded)
        restored = _with_thousands(restored, run, core.source, self.target)
        quality = assess(
            _visible(run), _visible(restored), score=decoded.score, target=self.target,
            is_intact=is_intact, is_cut=decoded.is_cut, detector=self.detector,
            is_ordered=not is_reordered(_visible(run, _AMOUNTS), _visible(restored, _AMOUNTS)),
            has_names=has_names(run, restored, core.source, self.target, self.knows),
        )  # fmt: skip
        # what came to nothing stays as it was written: no text is lost
        return _Attempt(with_copies(run if "empty" in quality.checks else restored), quality)


def _with_thousands(answer: Run, run: Run, source: str, target: str) -> Run:
    """Return an answer whose plain numbers part thousands as its language does."""
    spans = (
        replace(span, text=localised(span.text, span.text, source, target))
        if span.kind == "number"
        else span
        for span in answer.spans
    )
    return Run(localised(answer.text, run.text, source, target), tuple(spans))


def _attempts(
    runs: Mapping[_Core, Run], engine: Engine, judge: _Judge, *, is_careful: bool
) -> dict[_Core, _Attempt]:
    """Decode each core as its run is shown to the model, and judge the answers."""
    if not runs:
        return {}
    shown = {core: show(run) for core, run in runs.items()}
    decoding = judge.decoding
    requests = {
        core: Request(
            each.text, core.source, judge.target, is_careful=is_careful,
            is_aligned=bool(runs[core].spans), alternatives=decoding.alternatives,
            formality=decoding.formality,
        )
        for core, each in shown.items()
    }  # fmt: skip
    distinct = list(dict.fromkeys(requests.values()))
    answers = dict(
        zip(distinct, engine.translate(distinct, is_urgent=decoding.is_urgent), strict=True)
    )
    return {
        core: judge.attempt(core, run, shown[core], answers[requests[core]])
        for core, run in runs.items()
    }


def _is_doubtful(run: Run, quality: Quality) -> bool:
    """Tell whether a second try may do better: a check failed, or Title Case may have misled."""
    return bool(quality.checks & _RETRIED) or (quality.confidence < _UNSURE and is_titled(run.text))


def _second_try(core: _Core, run: Run, attempt: _Attempt, engine: Engine, target: str) -> Run:
    """Return a run as it is decoded again: its numbers protected, its Title Case taken off."""
    checks = attempt.quality.checks
    if is_titled(run.text):
        # there may have been no tokens left for these
        names = names_in(run.text, core.source, target, engine.knows)
        run = replace(run, text=sentence_case(run.text, names))
    if checks.isdisjoint({"numbers", "order"}):
        return run
    masked = mask_numbers(run)
    return masked if _fits(masked, engine) else run


def _better(run: Run, first: _Attempt, second: _Attempt) -> _Attempt:
    """Return the attempt that fails fewer checks, else the surer one.

    Of Title Case the second is believed, which was decoded without it: to names and to what it
    takes for names a model gives good scores.
    """
    fewer = len(second.quality.checks) - len(first.quality.checks)
    if fewer:
        return second if fewer < 0 else first
    is_surer = second.quality.confidence > first.quality.confidence
    return second if is_surer or is_titled(run.text) else first


def _visible(run: Run, kinds: frozenset[Kind] = _NUMBERS) -> str:
    """Return the text without what is protected, but with its numbers, or spans of other kinds.

    Something stands in for the rest, so that a number which it parts is not read as one.
    """
    kept = [span.text if span.kind in kinds else _STAND_IN for span in run.spans]
    return Run(run.text, tuple(Span(text, "number") for text in kept)).plain()


def _outcome(units: Iterable[tuple[Unit, _Core]], attempts: Mapping[_Core, _Attempt]) -> Outcome:
    """Return what became of a run; its confidence is that of its segments by their lengths."""
    found = [(unit, attempts.get(core)) for unit, core in units]
    judged = [(unit, attempt) for unit, attempt in found if attempt]
    weight = sum(len(unit.core.text) for unit, _ in judged)
    trust = sum(attempt.quality.confidence * len(unit.core.text) for unit, attempt in judged)
    checks = frozenset[str]().union(*(attempt.quality.checks for _, attempt in judged))
    rows = [(len(attempt.alternatives), attempt.quality.checks) for _, attempt in judged]
    others = tuple(_joined(found, number) for number in good_alternatives(rows))
    return Outcome(_joined(found, -1), trust / weight if weight else 1.0, checks, others)


def good_alternatives(parts: Sequence[tuple[int, frozenset[str]]]) -> Iterator[int]:
    """Yield the numbers of a whole's alternatives that fail no check.

    Of each part there is how many alternatives it has, which fail none, and what its best answer
    fails, which stands where there are no more.
    """
    most = max((count for count, _ in parts), default=0)
    for number in range(most):
        if all(number < count or not checks for count, checks in parts):
            yield number


def _joined(units: Iterable[tuple[Unit, _Attempt | None]], number: int) -> Run:
    """Join a run's units; of each the alternative of that number, where it has one."""
    parts: list[Run] = []
    for unit, attempt in units:
        core = attempt.run if attempt else unit.core
        if attempt and 0 <= number < len(attempt.alternatives):
            core = attempt.alternatives[number]
        parts += [unit.head, core, unit.tail]
    spans = tuple(span for part in parts for span in part.spans)
    return Run("".join(part.text for part in parts), spans)
