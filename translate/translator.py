"""Translator: the one object that callers of this domain use."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from translate import recall
from translate.detect import Detector, LanguageDetector
from translate.engine import Engine
from translate.errors import (
    TranslateError,
    UndetectedLanguageError,
    UnsupportedFormalityError,
    UnsupportedLanguageError,
)
from translate.glossary import Glossary, TermMatcher, settled, with_terms
from translate.icu import is_doubled, is_message, join_message, split_message
from translate.languages import resolve
from translate.markup import HTML, Markup, join_markup, split_markup
from translate.memory import Memory
from translate.pipeline import (
    DEFAULT,
    Outcome,
    good_alternatives,
    has_letters,
    translate_runs,
)
from translate.protect import Run, protect
from translate.recall import Part, Parts, Recalled
from translate.types import AppliedTerm, Decoding, Direction, Translation

PIVOT = "en"
Format = Literal["text", "html"]


@dataclass(frozen=True, slots=True)
class _Work:
    """A text that needs translating: its parts, its language and the state it is in."""

    parts: Parts
    source: str
    confidence: float = 1.0
    checks: frozenset[str] = frozenset()
    matcher: TermMatcher | None = None
    alternatives: tuple[Parts, ...] = ()


class Translator:
    """Translates texts with one or more engines; safe to share between threads.

    Where two engines know a direction the first one has it. A direction that none knows goes
    through English where both halves are known.
    """

    def __init__(self, *engines: Engine, detector: Detector | None = None) -> None:
        self._engines = engines
        self._detector = detector or LanguageDetector()
        self._trained: dict[tuple[str, str], tuple[Engine, Direction]] = {}
        for engine in engines:
            for each in engine.directions:
                self._trained.setdefault((each.source, each.target), (engine, each))

    @property
    def model(self) -> str:
        """Names of the engines, in order of preference."""
        return " ".join(engine.name for engine in self._engines)

    @property
    def detector(self) -> Detector:
        """What tells the language of a text."""
        return self._detector

    @property
    def directions(self) -> list[Direction]:
        """All directions: the trained ones first, then those that go through English."""
        trained = [direction for _, direction in self._trained.values()]
        pivoted = [
            Direction(source, target)
            for source in self._sources
            for target in self._targets
            if source != target and self._is_pivoted(source, target)
        ]
        return trained + pivoted

    def warm(self) -> None:
        """Load every model now; raise `ModelError` for one that cannot be used."""
        for engine in self._engines:
            engine.warm()

    def check_targets(self, targets: Iterable[str]) -> list[str]:
        """Return our codes of the targets, each once; raise `UnsupportedLanguageError`."""
        found = {target: resolve(target, self._targets) for target in targets}
        for target, code in found.items():
            if code is None:
                raise UnsupportedLanguageError(None, target, self._targets)
        return list(dict.fromkeys(code for code in found.values() if code))

    def knows_formality(self, target: str) -> bool:
        """Tell whether some model can be told how to address the reader in a language."""
        return any(each.has_formality for each in self.directions if each.target == target)

    def translate(  # noqa: PLR0913 - keywords, each with a default
        self,
        texts: Sequence[str],
        *,
        target: str,
        source: str | None = None,
        sources: Sequence[str | None] | None = None,
        format: Format | Markup = "text",  # noqa: A002 - the name the callers of all such services know
        min_confidence: float = 0.0,
        do_not_translate: Sequence[str] = (),
        glossary: Glossary | None = None,
        memory: Memory | None = None,
        plain: bool = False,
        decoding: Decoding = DEFAULT,
    ) -> list[Translation]:
        """Translate texts into one language, each from its own; the answers are in their order.

        The language of a text is its entry in `sources`, else `source`, else what is detected.
        A text whose language is the target comes back as it is. One that cannot be translated
        fails with a reason and fails no other; a `target` that no model knows raises
        `UnsupportedLanguageError`. A failed check or a confidence below `min_confidence` makes
        `needs_review`. The terms of a `glossary` are applied and listed; with `plain`, a text that
        has any is translated without them as well. What a `memory` knows is not decoded.
        """
        [target] = self.check_targets([target])
        if decoding.formality and not self.knows_formality(target):
            raise UnsupportedFormalityError(target)
        hints = sources if sources is not None else [None] * len(texts)
        answers: dict[int, Translation] = {}
        work: dict[int, _Work] = {}
        for index, (text, hint) in enumerate(zip(texts, hints, strict=True)):
            parts = _parts(text, format, do_not_translate)
            try:
                language = self._language(parts, hint or source, target)
            except TranslateError as error:
                answers[index] = Translation(
                    text, None, target, "failed", 0.0, model=self.model, reason=str(error)
                )
                continue
            if language in {None, target}:
                answers[index] = Translation(text, language, target, "done", 1.0, model=self.model)
            else:
                matcher = glossary.matcher(language, target) if glossary else None
                work[index] = _Work(parts, language, matcher=matcher)
        if memory:
            _recall(work, texts, memory, target)
        done = dict(zip(work, self._run(list(work.values()), target, decoding), strict=True))
        for index, each in done.items():
            write = partial(_text, source=texts[index], form=format)
            answers[index] = self._settle(work[index], each, write, target, min_confidence)
        if plain:
            again = partial(
                self.translate, target=target, format=format, do_not_translate=do_not_translate,
                memory=memory, decoding=replace(decoding, alternatives=0),
            )  # fmt: skip
            _add_plain(answers, texts, again)
        return [answers[index] for index in range(len(texts))]

    @property
    def _sources(self) -> list[str]:
        return list(dict.fromkeys(source for source, _ in self._trained))

    @property
    def _targets(self) -> list[str]:
        return list(dict.fromkeys(target for _, target in self._trained))

    def _is_pivoted(self, source: str, target: str) -> bool:
        return (
            (source, target) not in self._trained
            and (source, PIVOT) in self._trained
            and (PIVOT, target) in self._trained
        )

    def _language(self, parts: Parts, hint: str | None, target: str) -> str | None:
        """Return the language of a text, None where there is nothing to translate; or raise."""
        runs = [part for part in parts if isinstance(part, Run)]
        visible = "\n".join(each.text for run in runs for each in (run, *run.nested()))
        if hint:
            language = resolve(hint, [*self._sources, target]) or hint
        elif not has_letters(visible):
            return None
        else:
            found = self._detector.detect(visible, self._sources)
            if found is None:
                raise UndetectedLanguageError
            language = found.language
        known = (language, target) in self._trained or self._is_pivoted(language, target)
        if language != target and not known:
            raise UnsupportedLanguageError(language, target, self._sources)
        return language if has_letters(visible) else None

    def _run(self, work: list[_Work], target: str, decoding: Decoding) -> list[_Work]:
        """Translate everything: into English what must go through it, then into the target."""
        pivoted = [index for index, each in enumerate(work)
                   if (each.source, target) not in self._trained]  # fmt: skip
        bare = replace(decoding, alternatives=0)
        first = self._hop([_with_terms_inserted(work[index]) for index in pivoted], PIVOT, bare)
        halfway = work.copy()
        for index, each in zip(pivoted, first, strict=True):
            halfway[index] = each
        done = self._hop(halfway, target, decoding)
        for index in pivoted:
            done[index] = _with_terms_settled(work[index], done[index])
        return done

    def _hop(self, work: Sequence[_Work], target: str, decoding: Decoding) -> list[_Work]:
        """Translate all runs of all texts, one call an engine."""
        outcomes: list[dict[Run, Outcome]] = [{} for _ in work]
        for engine in self._engines:
            places = [
                (index, run)
                for index, each in enumerate(work)
                if self._trained[each.source, target][0] is engine
                for run in recall.runs(each.parts)
            ]
            results = translate_runs(
                [run for _, run in places],
                [work[index].source for index, _ in places],
                target, engine, self._detector,
                matchers=[work[index].matcher for index, _ in places],
                decoding=decoding,
            )  # fmt: skip
            for (index, run), outcome in zip(places, results, strict=True):
                outcomes[index][run] = outcome
        return [_advanced(each, outcomes[index], target) for index, each in enumerate(work)]

    def _settle(
        self,
        given: _Work,
        work: _Work,
        write: Callable[[Parts], str],
        target: str,
        min_confidence: float,
    ) -> Translation:
        terms, failed = _audited(given, work.parts, work.checks)
        confidence = recall.confidence(given.parts, work.confidence)
        is_good = not failed and confidence >= min_confidence
        good = [parts for parts in work.alternatives
                if not _audited(given, parts, frozenset())[1]]  # fmt: skip
        text, *others = dict.fromkeys(map(write, (work.parts, *good)))
        return Translation(
            text,
            given.source,
            target,
            "done" if is_good else "needs_review",
            round(confidence, 4),
            tuple(sorted(failed)),
            self.model,
            None if is_good else _reason(failed, confidence, min_confidence),
            glossary_terms=terms,
            alternatives=tuple(others),
            memory=recall.summary(given.parts),
        )


def _reason(failed: frozenset[str], confidence: float, min_confidence: float) -> str:
    """Tell why somebody should look at a translation."""
    if failed:
        return f"checks failed: {', '.join(sorted(failed))}"
    return f"confidence {confidence:.4f} is below {min_confidence:.4f}"


def _add_plain(
    answers: dict[int, Translation],
    texts: Sequence[str],
    translate: Callable[..., list[Translation]],
) -> None:
    """Translate the texts that have terms a second time, without the glossary."""
    indexes = [index for index, each in answers.items() if each.glossary_terms]
    again = translate(
        [texts[index] for index in indexes], sources=[answers[index].source for index in indexes]
    )
    for index, each in zip(indexes, again, strict=True):
        answers[index] = replace(answers[index], plain_text=each.text)


def _recall(work: dict[int, _Work], texts: Sequence[str], memory: Memory, target: str) -> None:
    """Put what the memory knows in its places, language by language."""
    for source in {each.source for each in work.values()}:
        if not memory.has_units(source, target):
            continue
        indexes = [index for index, each in work.items() if each.source == source]
        known = recall.recall(
            [texts[index] for index in indexes], [work[index].parts for index in indexes],
            memory, source, target,
        )  # fmt: skip
        for index, parts in zip(indexes, known, strict=True):
            work[index] = replace(work[index], parts=parts)


def _with_terms_inserted(work: _Work) -> _Work:
    """Insert the terms' targets at once: on the way through English they could not be found."""
    if (matcher := work.matcher) is None:
        return work
    parts = recall.mapped(work.parts, lambda run: matcher.inserted(run, matcher.find(run.text)))
    return replace(work, parts=parts, matcher=None)


def _with_terms_settled(given: _Work, work: _Work) -> _Work:
    if given.matcher is None:
        return work
    parts, *others = (
        tuple(
            settled(before, after) if isinstance(before, Run) and isinstance(after, Run) else after
            for before, after in zip(given.parts, each, strict=True)
        )
        for each in (work.parts, *work.alternatives)
    )
    return replace(work, parts=parts, alternatives=tuple(others))


def _audited(
    given: _Work, parts: Parts, checks: frozenset[str]
) -> tuple[tuple[AppliedTerm, ...], frozenset[str]]:
    """Return the terms that a translation holds, and all checks it fails.

    To the checks that failed before come those of what a memory gave, whose terms are taken as
    they are, and `glossary` where a term lacks.
    """
    checks |= recall.checks(given.parts)
    if (matcher := given.matcher) is None:
        return (), checks
    applied: list[AppliedTerm] = []
    for before, after in zip(given.parts, parts, strict=True):
        if isinstance(before, Recalled):
            found = matcher.find(before.source.text)
            applied += matcher.applied(found, before.hit.run.text)[0]
        elif isinstance(before, Run):
            found = tuple(term for run in recall.runs([before]) for term in matcher.find(run.text))
            terms, lacking = matcher.applied(
                found, "\n".join(map(with_terms, recall.runs([after])))
            )
            applied += terms
            checks |= {"glossary"} if lacking else frozenset()
    return tuple(applied), checks


def _markup(form: Format | Markup) -> Markup | None:
    return form if isinstance(form, Markup) else HTML if form == "html" else None


def _parts(text: str, form: Format | Markup, terms: Sequence[str]) -> Parts:
    if markup := _markup(form):
        return tuple(split_markup(text, terms, markup))
    return (split_message(text, terms) if is_message(text) else protect(text, terms),)


def _text(parts: Parts, source: str, form: Format | Markup) -> str:
    """Return the text of its translated parts, written as its source was."""
    known = [_remembered(part) for part in parts]
    if markup := _markup(form):
        return join_markup(known, markup.like(source))
    if is_message(source):
        doubled = is_doubled(source)
        return "".join(
            part if isinstance(part, str) else join_message(part, doubled=doubled) for part in known
        )
    return "".join(part if isinstance(part, str) else part.plain() for part in known)


def _remembered(part: Part) -> str | Run:
    """Return what a memory gave: markup and all as text where it is the whole."""
    if not isinstance(part, Recalled):
        return part
    return part.hit.run.plain() if part.is_whole else part.hit.run


def _advanced(work: _Work, outcomes: Mapping[Run, Outcome], language: str) -> _Work:
    """Return the work with its runs translated; its confidence is that of the runs by length."""
    weighted = [(outcome, len(run.text)) for run, outcome in outcomes.items()
                if has_letters(run.text)]  # fmt: skip
    total = sum(length for _, length in weighted)
    trust = sum(outcome.confidence * length for outcome, length in weighted) / total if total else 1
    checks = work.checks.union(*(outcome.checks for outcome, _ in weighted))
    rows = [(0 if work.checks else len(outcome.alternatives), outcome.checks)
            for outcome, _ in weighted]  # fmt: skip
    best, *others = (
        recall.mapped(work.parts, _chosen(outcomes, number).__getitem__)
        for number in (-1, *good_alternatives(rows))
    )
    return _Work(best, language, work.confidence * trust, checks, alternatives=tuple(others))


def _chosen(outcomes: Mapping[Run, Outcome], number: int) -> Mapping[Run, Run]:
    """Return of each run the alternative of that number where it has one, else the best."""
    return {
        run: outcome.alternatives[number]
        if 0 <= number < len(outcome.alternatives)
        else outcome.run
        for run, outcome in outcomes.items()
    }
