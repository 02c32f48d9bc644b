"""Measure links against gold links: recall, nDCG and reciprocal rank at k, and calibration.

The rank measures are trec_eval's, through ir-measures; a question without an answer counts as 0.
Intervals are bootstrapped over questions.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from linkage.errors import ToolMissingError
from linkage.learn.evaluate_matches import BINS, RESAMPLES, SEED, Figure
from linkage.linker import Linker
from linkage.types import Filters

Numbers = NDArray[np.float64]
Gold = Mapping[str, Mapping[str, str | None]]
"""The right answers to each question, by id, each with its relation where that is known: what
`linkage.indexing.gold.read_answers` returns."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A link that was given."""

    target: str
    score: float
    relation: str | None = None


Answers = Mapping[str, Sequence[Answer]]
"""What was answered to each question, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksReport:
    """How good answers were; `figures` by the name of the measure."""

    questions: int
    links: int
    figures: Mapping[str, Figure]

    def as_json(self) -> dict[str, Any]:
        """Return the figures for scripts."""
        return asdict(self)


def ask(  # noqa: PLR0913 - the options of many questions
    linker: Linker,
    session: Session,
    tenant_id: str,
    questions: Iterable[str],
    *,
    filters: Filters | None = None,
    k: int = 10,
) -> Iterator[tuple[str, list[Answer]]]:
    """Yield the links that are served for each item; ItemNotFoundError if there is none."""
    for question in questions:
        found = linker.related(session, tenant_id, question, filters=filters, limit=k)
        yield (
            question,
            [Answer(link.target.id, link.score, link.relation) for link in found.links],
        )


def evaluate_links(gold: Gold, answers: Answers, *, k: int = 10) -> LinksReport:
    """Measure the first k answers to each question of `gold`.

    Raises ToolMissingError where ir-measures is not installed.
    """
    given = {question: list(answers.get(question, ()))[:k] for question in gold}
    figures = {
        name: bootstrapped(values, lambda picked: float(picked.mean()))
        for name, values in _rank_measures(gold, given, k).items()
    }
    figures["calibration error"] = bootstrapped(_gaps(gold, given), _calibration_error)
    if (relations := _relations(gold, given)).size:
        figures["relation right"] = bootstrapped(relations, lambda picked: float(picked.mean()))
    return LinksReport(questions=len(gold), links=sum(map(len, gold.values())), figures=figures)


def _rank_measures(gold: Gold, given: Answers, k: int) -> dict[str, Numbers]:
    """Return a value for each question, by measure."""
    try:
        from ir_measures import RR, R, iter_calc, nDCG  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ToolMissingError("ir-measures", "weft evaluate links") from error
    right = {question: dict.fromkeys(targets, 1) for question, targets in gold.items()}
    # the order is what was served; scores may be equal, and trec_eval would sort those by id
    run = {
        question: {answer.target: -float(at) for at, answer in enumerate(answers)}
        for question, answers in given.items()
    }
    measures = {f"recall@{k}": R @ k, f"nDCG@{k}": nDCG @ k, f"MRR@{k}": RR @ k}
    values: dict[str, list[float]] = defaultdict(list)
    for one in iter_calc(measures.values(), right, run):
        values[str(one.measure)].append(one.value)
    return {name: np.array(values[str(measure)]) for name, measure in measures.items()}


def _gaps(gold: Gold, given: Answers) -> Numbers:
    """Return for each question and bin the sum of score less truth, and the number of answers."""
    gaps = np.zeros((len(gold), 2, BINS))
    for row, (question, answers) in enumerate(given.items()):
        for answer in answers:
            place = min(int(answer.score * BINS), BINS - 1)
            gaps[row, 0, place] += answer.score - (answer.target in gold[question])
            gaps[row, 1, place] += 1
    return gaps


def _calibration_error(gaps: Numbers) -> float:
    """Return the expected calibration error over bins of equal width (Guo et al., ICML 2017)."""
    differences, counts = gaps.sum(axis=0)
    return float(np.abs(differences).sum() / max(1.0, counts.sum()))


def _relations(gold: Gold, given: Answers) -> Numbers:
    """Return 1 or 0 for each right answer whose relation is known, by whether it was told."""
    told = [
        answer.relation == relation
        for question, answers in given.items()
        for answer in answers
        if (relation := gold[question].get(answer.target))
    ]
    return np.array(told, dtype=np.float64)


def bootstrapped(values: Numbers, measure: Callable[[Numbers], float]) -> Figure:
    """Return a measure of values (one a question) with its 95 % interval (Efron, 1979)."""
    random = np.random.default_rng(SEED)
    picks = random.integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile([measure(values[rows]) for rows in picks], [2.5, 97.5])
    return Figure(measure(values), float(low), float(high))
