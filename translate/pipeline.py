"""Runs of text through one engine: cut, decode in one call, put back, judge, try again once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from translate.detect import Detector
from translate.engine import Engine
from translate.normalise import as_written, for_model
from translate.protect import EDGE_KINDS, MARK, Run, Span, mask_numbers, number, restore
from translate.quality import Quality, assess
from translate.segment import split
from translate.types import PLACEHOLDERS, Decoded

_RETRIED = frozenset({"placeholders", "numbers", "repetition", "empty", "length", "copy"})
"""Failed checks that a second, more careful decoding may mend."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A translated run, how far it can be trusted, and the checks that failed on the way."""

    run: Run
    confidence: float
    checks: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A segment: what to translate, and what stands as it is before and after."""

    head: Run
    core: Run
    tail: Run


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One decoding of a core, put back together and judged."""

    run: Run
    quality: Quality


def translate_runs(
    runs: Sequence[Run], sources: Sequence[str], target: str, engine: Engine, detector: Detector
) -> list[Outcome]:
    """Translate runs, each from its own language, with at most two calls of the engine.

    Every span of a run is in its outcome exactly once. Equal segments are decoded once.
    """
    cut = [_units(run, source, engine) for run, source in zip(runs, sources, strict=True)]
    cores = list(dict.fromkeys(u.core for units in cut for u in units if has_letters(u.core.text)))
    judge = _Judge(target, detector)
    best = _attempts({core: core for core in cores}, engine, judge, careful=False)
    doubtful = [core for core in cores if best[core].quality.checks & _RETRIED]
    again = {core: _masked(core, best[core], engine) for core in doubtful}
    for core, attempt in _attempts(again, engine, judge, careful=True).items():
        best[core] = _better(best[core], attempt)
    return [_outcome(units, best) for units in cut]


def has_letters(text: str) -> bool:
    """Tell whether there is anything to translate."""
    return any(character.isalpha() for character in text)


def _units(run: Run, language: str, engine: Engine) -> list[_Unit]:
    def fits(text: str) -> bool:
        return text.count(MARK) <= len(PLACEHOLDERS) and engine.fits(number(for_model(text)))

    spans = iter(run.spans)

    def take(text: str) -> Run:
        return Run(text, tuple(islice(spans, text.count(MARK))))

    return [_peeled(take(segment.text), segment.gap) for segment in split(run.text, language, fits)]


def _peeled(segment: Run, gap: str) -> _Unit:
    """Set tags and emoji at the ends of a segment aside: the model need not see them."""
    text, spans = segment.text, segment.spans
    begin, end, first, last = 0, len(text), 0, len(spans)
    while begin < end and text[begin] == MARK and spans[first].kind in EDGE_KINDS:
        first += 1
        begin = end - len(text[begin + 1 : end].lstrip())
    while begin < end and text[end - 1] == MARK and spans[last - 1].kind in EDGE_KINDS:
        last -= 1
        end = begin + len(text[begin : end - 1].rstrip())
    return _Unit(
        Run(text[:begin], spans[:first]),
        Run(text[begin:end], spans[first:last]),
        Run(text[end:] + gap, spans[last:]),
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """Puts answers back together and judges them."""

    target: str
    detector: Detector

    def attempt(self, shown: Run, decoded: Decoded) -> _Attempt:
        """Return what became of a core as it was shown to the model."""
        restored, is_intact = restore(decoded.text, shown)
        run = Run(as_written(shown.text, restored.text), restored.spans)
        quality = assess(
            _visible(shown), _visible(run), score=decoded.score, target=self.target,
            is_intact=is_intact, detector=self.detector,
        )  # fmt: skip
        # what came to nothing stays as it was written: no text is lost
        return _Attempt(shown if "empty" in quality.checks else run, quality)


def _attempts(
    shown: dict[Run, Run], engine: Engine, judge: _Judge, *, careful: bool
) -> dict[Run, _Attempt]:
    """Decode each core as it is shown to the model, and judge the answers."""
    if not shown:
        return {}
    texts = {core: number(for_model(run.text)) for core, run in shown.items()}
    distinct = list(dict.fromkeys(texts.values()))
    decoded = engine.translate(distinct, judge.target, careful=careful)
    answers = dict(zip(distinct, decoded, strict=True))
    return {core: judge.attempt(run, answers[texts[core]]) for core, run in shown.items()}


def _masked(core: Run, attempt: _Attempt, engine: Engine) -> Run:
    """Protect the plain numbers too where the model changed them, if it still fits."""
    if "numbers" not in attempt.quality.checks:
        return core
    masked = mask_numbers(core)
    fits = len(masked.spans) <= len(PLACEHOLDERS) and engine.fits(number(for_model(masked.text)))
    return masked if fits else core


def _better(first: _Attempt, second: _Attempt) -> _Attempt:
    return max(first, second, key=lambda each: (-len(each.quality.checks), each.quality.confidence))


def _visible(run: Run) -> str:
    """Return the text without what is protected, but with its numbers."""
    kept = [span.text if span.kind == "number" else "" for span in run.spans]
    return Run(run.text, tuple(Span(text, "number") for text in kept)).plain()


def _outcome(units: Iterable[_Unit], attempts: dict[Run, _Attempt]) -> Outcome:
    """Join a run's units; its confidence is that of its segments by their lengths."""
    parts: list[Run] = []
    checks: set[str] = set()
    trust = weight = 0.0
    for unit in units:
        attempt = attempts.get(unit.core)
        parts += [unit.head, attempt.run if attempt else unit.core, unit.tail]
        if attempt:
            checks |= attempt.quality.checks
            trust += attempt.quality.confidence * len(unit.core.text)
            weight += len(unit.core.text)
    text = "".join(part.text for part in parts)
    spans = tuple(span for part in parts for span in part.spans)
    return Outcome(Run(text, spans), trust / weight if weight else 1.0, frozenset(checks))
