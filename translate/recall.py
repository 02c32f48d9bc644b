"""What a memory knows of texts, put in its places before anything is decoded."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from translate.memory import Hit, Memory
from translate.pipeline import Unit, cut, has_letters, peeled
from translate.protect import Run, protect
from translate.types import MemoryMatch


@dataclass(frozen=True, slots=True)
class Recalled:
    """A stretch of a text that a memory translated; `is_whole` where it is all of the text."""

    source: Run
    hit: Hit
    is_whole: bool = False


Part = str | Run | Recalled
Parts = tuple[Part, ...]


def recall(
    texts: Sequence[str], parts: Sequence[Parts], memory: Memory, source: str, target: str
) -> list[Parts]:
    """Return the parts of texts in one language, with what the memory knows in its places.

    A text known as a whole goes before its paragraphs, these before their sentences. Only
    sentences may be merely alike.
    """
    wholes = [_trimmed(protect(text)) for text in texts]
    cuts = {run: _Cut.of(run, source) for each in parts for run in _plain_runs(each)}
    wanted = [
        *(whole.core for whole in wholes),
        *(core for each in cuts.values() for core in each.cores()),
    ]
    asked = list(dict.fromkeys(run for run in wanted if has_letters(run.text)))
    found = {
        run: hit
        for run, hit in zip(asked, memory.recall(asked, source, target), strict=True)
        if hit is not None
    }
    return [
        (
            whole.head.plain(),
            Recalled(whole.core, found[whole.core], is_whole=True),
            whole.tail.plain(),
        )
        if whole.core in found and found[whole.core].match.match == "exact"
        else tuple(new for part in each for new in _known(part, cuts, found))
        for whole, each in zip(wholes, parts, strict=True)
    ]


def runs(parts: Iterable[Part]) -> Iterator[Run]:
    """Yield every run of a text, the ones inside of spans too."""
    for part in parts:
        if isinstance(part, Run):
            yield part
            yield from part.nested()


def mapped(parts: Parts, change: Callable[[Run], Run]) -> Parts:
    """Return the parts with every run changed, the ones inside of spans too, in their order."""
    return tuple(_changed(part, change) if isinstance(part, Run) else part for part in parts)


def _changed(run: Run, change: Callable[[Run], Run]) -> Run:
    changed = change(run)
    spans = (
        replace(
            span,
            inner=tuple(
                _changed(each, change) if isinstance(each, Run) else each for each in span.inner
            ),
        )
        for span in changed.spans
    )
    return replace(changed, spans=tuple(spans))


def summary(parts: Parts) -> MemoryMatch | None:
    """Return the weakest match of a text's parts, with the share of the text that all make."""
    recalled = [part for part in parts if isinstance(part, Recalled)]
    if not recalled:
        return None
    found = sum(len(part.source.text) for part in recalled)
    rest = sum(len(part.text) for part in parts if isinstance(part, Run) and has_letters(part.text))
    weakest = min((part.hit.match for part in recalled), key=lambda match: match.score)
    return replace(weakest, share=round(found / (found + rest), 4))


def checks(parts: Parts) -> frozenset[str]:
    """Return the checks that what a memory gave fails; `fuzzy` is one."""
    return frozenset(
        check for part in parts if isinstance(part, Recalled) for check in part.hit.checks
    )


def confidence(parts: Parts, trust: float) -> float:
    """Return how far a text can be trusted, given how far what was decoded of it can."""
    weights = [
        (part.hit.match.score, len(part.source.text))
        if isinstance(part, Recalled)
        else (trust, len(part.text))
        for part in parts
        if isinstance(part, Recalled) or (isinstance(part, Run) and has_letters(part.text))
    ]
    total = sum(length for _, length in weights)
    return sum(score * length for score, length in weights) / total if total else trust


@dataclass(frozen=True, slots=True)
class _Cut:
    """A run as a whole, without what stands at its ends, and its sentences."""

    whole: Unit
    sentences: tuple[Unit, ...]

    @classmethod
    def of(cls, run: Run, language: str) -> "_Cut":
        return cls(_trimmed(run), tuple(cut(run, language, lambda _: True)))

    def cores(self) -> Iterable[Run]:
        return (self.whole.core, *(unit.core for unit in self.sentences))


def _trimmed(run: Run) -> Unit:
    """Return a run as one segment, without the white space around it."""
    body = run.text.strip()
    lead, _, trail = run.text.partition(body) if body else (run.text, "", "")
    unit = peeled(Run(body, run.spans), trail)
    return replace(unit, head=Run(lead + unit.head.text, unit.head.spans))


def _plain_runs(parts: Parts) -> Iterable[Run]:
    """Yield the runs that can be cut: a message's branches are no sentences of it."""
    return (
        part
        for part in parts
        if isinstance(part, Run) and all(span.kind != "message" for span in part.spans)
    )


def _known(part: Part, cuts: dict[Run, _Cut], found: dict[Run, Hit]) -> Iterable[Part]:
    if not isinstance(part, Run) or part not in cuts:
        return (part,)
    units: Sequence[Unit] = cuts[part].sentences
    whole = cuts[part].whole
    if whole.core in found and found[whole.core].match.match == "exact":
        units = [whole]
    if not any(unit.core in found for unit in units):
        return (part,)
    return [
        new
        for unit in units
        for new in (
            unit.head,
            Recalled(unit.core, found[unit.core]) if unit.core in found else unit.core,
            unit.tail,
        )
    ]
