"""Measure a translator against references: chrF2 and BLEU by sacrebleu, with intervals."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sacrebleu.metrics import BLEU, CHRF

from translate.card import ModelCard
from translate.errors import CorpusError, ModelError
from translate.learn.config import Recipe
from translate.learn.corpora import held_out, read_mission
from translate.learn.readers import ENGLISH, Pair, read_corpus
from translate.translator import Translator

HELD_OUT = "held-out"
"""The set of lines that training never saw."""
LINES = 500
"""Lines of a set at most."""
RESAMPLES = 1000
"""Bootstrap samples of an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """Texts in one language and their reference translations."""

    name: str
    source: str
    target: str
    texts: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How a test set measured: chrF2 with its interval (plus or minus), BLEU, signatures."""

    name: str
    source: str
    target: str
    lines: int
    chrf: float
    interval: float
    bleu: float
    signatures: tuple[str, str]


def reference_sets(
    recipe: Recipe, *, parallel: Path | None = None, limit: int = LINES
) -> Iterator[ReferenceSet]:
    """Yield what there is to measure by, in both directions of each language with English.

    These are lines of the recipe's corpora that training never saw, the `test` rows of its
    hand-written set, and a folder of line-parallel `XX.txt` such as NTREX.
    """
    kept = {each: list(_held_out(recipe, each)) for each in recipe.taught}
    for base, language in recipe.pairs():
        yield from _both_ways(HELD_OUT, _joined(kept, base, language)[:limit])
        if recipe.mission:
            rows = read_mission(Path(recipe.mission), [language], "test", base)
            yield from _both_ways("mission", list(rows))
        if parallel:
            yield from _both_ways(parallel.name, _read_parallel(parallel, base, language)[:limit])


def _held_out(recipe: Recipe, language: str) -> Iterator[Pair]:
    if recipe.corpora and language != ENGLISH:
        yield from held_out(read_corpus(Path(recipe.corpora), language))


def _joined(kept: Mapping[str, Sequence[Pair]], base: str, language: str) -> Sequence[Pair]:
    """Return the pairs of a language, with what their English text is in `base` in its place."""
    if base == ENGLISH:
        return kept[language]
    known = {pair.text: pair.other for pair in kept[base]}
    return [
        replace(pair, text=known[pair.text], base=base)
        for pair in kept[language]
        if pair.text in known
    ]


def _both_ways(name: str, pairs: Sequence[Pair]) -> Iterator[ReferenceSet]:
    if not pairs:
        return
    base, language = pairs[0].base, pairs[0].language
    texts = tuple(pair.text for pair in pairs)
    others = tuple(pair.other for pair in pairs)
    yield ReferenceSet(name, base, language, texts, others)
    yield ReferenceSet(name, language, base, others, texts)


def _read_parallel(folder: Path, base: str, language: str) -> list[Pair]:
    paths = [folder / f"{code}.txt" for code in (base, language)]
    if not all(path.exists() for path in paths):
        return []
    texts, others = (path.read_text(encoding="utf-8").splitlines() for path in paths)
    if len(texts) != len(others):
        reason = f"{base}.txt has {len(texts)} lines, {language}.txt {len(others)}"
        raise CorpusError(folder, f"is not line by line parallel: {reason}")
    return [
        Pair(language, folder.name, text, other, base)
        for text, other in zip(texts, others, strict=True)
    ]


def evaluate(
    translator: Translator,
    sets: Iterable[ReferenceSet],
    report: Callable[[Score], None] | None = None,
) -> list[Score]:
    """Translate each set whole, as a caller would, and return its score; `report` each at once."""
    scores: list[Score] = []
    for each in sets:
        translations = translator.translate(each.texts, target=each.target, source=each.source)
        scores.append(_score(each, [translation.text for translation in translations]))
        if report:
            report(scores[-1])
    return scores


def _score(each: ReferenceSet, answers: Sequence[str]) -> Score:
    chrf, bleu = CHRF(), BLEU()
    references = [list(each.references)]
    measured = chrf.corpus_score(answers, references, n_bootstrap=RESAMPLES)
    plain = bleu.corpus_score(answers, references)
    return Score(
        each.name, each.source, each.target, len(each.texts),
        round(measured.score, 2), round(measured._ci, 2), round(plain.score, 2),  # noqa: SLF001
        (str(chrf.get_signature()), str(bleu.get_signature())),
    )  # fmt: skip


def table(scores: Sequence[Score]) -> str:
    """Return the scores as a plain table, and under it the signatures to compare them by."""
    lines = [f"{'set':<10} {'direction':<10} {'lines':>5} {'chrF2':>14} {'BLEU':>6}"]
    lines += [
        f"{each.name:<10} {each.source + '-' + each.target:<10} {each.lines:>5} "
        f"{each.chrf:>6.1f} ± {each.interval:<5.1f} {each.bleu:>6.1f}"
        for each in scores
    ]
    signatures = sorted({signature for each in scores for signature in each.signatures})
    return "\n".join([*lines, *signatures])


def write_scores(folder: Path, scores: Sequence[Score], name: str) -> ModelCard:
    """Write the chrF2 of one test set into the card of a model, direction by direction.

    Raises `ModelError` when no score is of that set.
    """
    measured = {(each.source, each.target): each.chrf for each in scores if each.name == name}
    if not measured:
        raise ModelError(folder, f"was not measured on {name!r}")
    card = ModelCard.read(folder)
    directions = tuple(
        replace(each, chrf=measured.get((each.source, each.target), each.chrf))
        for each in card.directions
    )
    card = replace(card, directions=directions)
    card.write(folder)
    return card
