"""A trial: a new ranker against the one in use, on questions that neither was fitted to."""

import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score
from sqlalchemy.orm import Session

from linkage import feedback, rank, store
from linkage.errors import TrainingError
from linkage.learn import clicks
from linkage.learn.clicks import Judgment
from linkage.learn.evaluate_links import Gold
from linkage.learn.ranker import Row, fit
from linkage.linker import Ask, Linker
from linkage.related.query import Features
from linkage.related.ranker import Ranker

HELD_OUT = 5
"""One in so many questions is kept for the trial."""
DEPTH = 10
_LEAST = 1e-6
Numbers = NDArray[np.float64]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A ranker made of all rows, and how one made without some of them did on those.

    `before` and `after` are measures of the ranker in use and of the new one: nDCG@10, the higher
    the better, and the logarithmic loss of the scores, the lower the better.
    """

    ranker: Ranker
    questions: int
    links: int
    before: Mapping[str, float]
    after: Mapping[str, float]
    is_worse: bool
    """Whether the new one orders links worse, by more than one standard error of the difference."""


def hold(rows: Sequence[Row], in_use: Ranker | None = None) -> Trial:
    """Train and compare; TrainingError when there are too few questions to do both."""
    old = in_use or rank.shipped()
    held = [row for row in rows if _is_held_out(row.group)]
    if not held:
        raise TrainingError(f"too few questions for a trial: {len({row.group for row in rows})}")
    new = fit((row for row in rows if not _is_held_out(row.group)), prior=old.weights)
    gains = {name: _gains(held, ranker) for name, ranker in (("old", old), ("new", new))}
    change = gains["new"] - gains["old"]
    return Trial(
        ranker=fit(rows, prior=old.weights),
        questions=len({row.group for row in rows}),
        links=len(rows),
        before={"nDCG@10": _mean(gains["old"]), "log loss": _loss(held, old)},
        after={"nDCG@10": _mean(gains["new"]), "log loss": _loss(held, new)},
        is_worse=bool(change.mean() < -change.std() / math.sqrt(len(change))),
    )


def _gains(rows: Sequence[Row], ranker: Ranker) -> Numbers:
    """Return the nDCG of the answers to each question; a lone answer is in the best order."""
    by_question: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_question[row.group].append(row)
    return np.array([_gain(found, ranker) for found in by_question.values()])


def _gain(rows: Sequence[Row], ranker: Ranker) -> float:
    if len(rows) == 1:
        return 1.0
    scores = [ranker.probability(row.features) for row in rows]
    return float(ndcg_score([[row.label for row in rows]], [scores], k=DEPTH))


def _loss(rows: Sequence[Row], ranker: Ranker) -> float:
    """Return the mean surprise at the answers, by weight."""
    scores = np.clip([ranker.probability(row.features) for row in rows], _LEAST, 1 - _LEAST)
    labels = np.array([row.label for row in rows])
    losses = -labels * np.log(scores) - (1 - labels) * np.log(1 - scores)
    return round(float(np.average(losses, weights=[row.weight for row in rows])), 4)


def _mean(values: Numbers) -> float:
    return round(float(values.mean()), 4)


def rows_of_clicks(
    session: Session, tenant_id: str, linker: Linker, *, progress: Progress | None = None
) -> list[Row]:
    """Return what clicks say of the links that people were shown, by `learn.clicks`."""
    counts = list(feedback.counts(session, tenant_id))
    judged = clicks.judgments(counts, clicks.propensities(counts))
    items = store.by_keys(session, tenant_id, {key for pair in judged for key in pair})
    by_source: dict[str, dict[str, Judgment]] = defaultdict(dict)
    for (source, target), judgment in judged.items():
        if source in items and target in items:
            by_source[items[source].id][items[target].id] = judgment
    rows: list[Row] = []
    for done, (source_id, targets) in enumerate(by_source.items(), start=1):
        for item, features in linker.features(session, tenant_id, Ask(source_id), among=targets):
            told = targets[item.id]
            rows.append(Row(features=features, label=told.relevance, group=source_id,
                            weight=told.looks))  # fmt: skip
        if progress:
            progress(done, len(by_source))
    return rows


def rows_of_gold(
    session: Session,
    tenant_id: str,
    linker: Linker,
    gold: Gold,
    *,
    progress: Progress | None = None,
) -> list[Row]:
    """Return the candidates of each question, those that gold links name as right ones.

    Questions that the catalogue lacks are left out, and answers that are editions of the question:
    they are not ranked among related items.
    """
    known = store.keys(session, tenant_id, gold)
    rows: list[Row] = []
    for done, (source_id, right) in enumerate(gold.items(), start=1):
        if source_id in known:
            found = dict(_candidates(session, tenant_id, linker, source_id, right))
            rows += [
                Row(features=features, label=float(target in right), group=source_id)
                for target, features in found.items()
                if right.get(target) != "same_work"
            ]
        if progress:
            progress(done, len(gold))
    return rows


def _candidates(
    session: Session, tenant_id: str, linker: Linker, source_id: str, right: Iterable[str]
) -> Iterator[tuple[str, Features]]:
    ask = Ask(source_id)
    for item, features in linker.features(session, tenant_id, ask):
        yield item.id, features
    for item, features in linker.features(session, tenant_id, ask, among=list(right)):
        yield item.id, features


def _is_held_out(group: str) -> bool:
    return zlib.crc32(group.encode()) % HELD_OUT == 0
