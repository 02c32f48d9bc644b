"""Train a ranker: from pairs of items, judged by people or by clicks, to weights and calibration.

A logistic model whose weights for evidence are never negative, so that more evidence never lowers a
score. Its probabilities are calibrated on predictions for questions it was not trained on.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from linkage.errors import TrainingError
from linkage.ranker import Ranker

FOLDS = 5
PENALTY = 1.0
"""Strength of the L2 regularisation; it weighs as much as that many rows."""
DETRIMENTAL = frozenset({"made_before"})
"""Features that speak against a link: their weights are never positive."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A judged pair: its `rank.features`, whether it is right, and how much that counts.

    `label` may lie between 0 and 1. `question` names what was asked: rows of one question are never
    split between training and calibration. `weight` is 1, or the inverse propensity of a click.
    """

    features: Mapping[str, float]
    label: float
    question: str
    weight: float = 1.0


def fit(rows: Iterable[Row], *, penalty: float = PENALTY) -> Ranker:
    """Train a ranker; TrainingError when there are too few questions, or all answers are alike."""
    table = _Table.of(list(rows))
    odds = _out_of_fold(table, penalty)
    platt = _minimised(
        odds[:, None], table.labels, table.weights, 0.0, [(1e-3, None), (None, None)]
    )
    ranker = _trained(table, penalty)
    return replace(ranker, slope=float(platt[0]), offset=float(platt[1]))


def predictions(rows: Sequence[Row], *, penalty: float = PENALTY) -> list[float]:
    """Return what rankers say of each row that were trained and calibrated on other questions."""
    folds = _folds(row.question for row in rows)
    found: dict[int, float] = {}
    for fold in range(FOLDS):
        rest = (row for row, own in zip(rows, folds, strict=True) if own != fold)
        ranker = fit(rest, penalty=penalty)
        out = (place for place, own in enumerate(folds) if own == fold)
        found |= {place: ranker.probability(rows[place].features) for place in out}
    return [found[place] for place in range(len(rows))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Rows as arrays."""

    names: tuple[str, ...]
    matrix: Numbers
    labels: Numbers
    weights: Numbers
    folds: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Table":
        labels = np.array([row.label for row in rows], dtype=np.float64)
        folds = np.array(_folds(row.question for row in rows), dtype=np.int64)
        if folds.max(initial=0) < FOLDS - 1 or not 0 < labels.mean() < 1:
            raise TrainingError(
                f"a ranker needs right and wrong answers to many questions; there are {len(rows)} "
                f"answers to {len({row.question for row in rows})} questions, "
                f"{int((labels > 0).sum())} of them right"
            )
        names = tuple(sorted({name for row in rows for name in row.features}))
        matrix = np.array([[row.features.get(name, 0.0) for name in names] for row in rows])
        weights = np.array([row.weight for row in rows], dtype=np.float64)
        return cls(names=names, matrix=matrix, labels=labels, weights=weights, folds=folds)

    def where(self, chosen: NDArray[np.bool_]) -> "_Table":
        """Return some of the rows."""
        return replace(
            self,
            matrix=self.matrix[chosen],
            labels=self.labels[chosen],
            weights=self.weights[chosen],
            folds=self.folds[chosen],
        )


def _out_of_fold(table: _Table, penalty: float) -> Numbers:
    """Return the log-odds of each row by a model trained on the other folds."""
    odds = np.empty(len(table.labels))
    for fold in range(FOLDS):
        is_out = table.folds == fold
        model = _trained(table.where(~is_out), penalty)
        weights = np.array([model.weights[name] for name in table.names])
        odds[is_out] = table.matrix[is_out] @ weights + model.intercept
    return odds


def _trained(table: _Table, penalty: float) -> Ranker:
    bounds = [(None, 0.0) if name in DETRIMENTAL else (0.0, None) for name in table.names]
    *weights, intercept = _minimised(
        table.matrix, table.labels, table.weights, penalty, [*bounds, (None, None)]
    )
    named = dict(zip(table.names, map(float, weights), strict=True))
    return Ranker(weights=named, intercept=float(intercept))


def _minimised(
    matrix: Numbers,
    labels: Numbers,
    weights: Numbers,
    penalty: float,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Numbers:
    """Return the weights and, last, the intercept of the least logistic loss within bounds."""

    def loss(parameters: Numbers) -> tuple[float, Numbers]:
        odds = matrix @ parameters[:-1] + parameters[-1]
        surprise = np.logaddexp(0.0, odds) - labels * odds
        slack = weights * (expit(odds) - labels)
        pull = penalty * parameters[:-1]
        value = weights @ surprise + 0.5 * pull @ parameters[:-1]
        return float(value), np.append(slack @ matrix + pull, slack.sum())

    start = np.zeros(matrix.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, dtype=np.float64)


def _folds(questions: Iterable[str]) -> list[int]:
    """Deal the questions into FOLDS parts of like size, the same ones each time."""
    asked = list(questions)
    order = sorted(set(asked), key=lambda question: (zlib.crc32(question.encode()), question))
    part = {question: place % FOLDS for place, question in enumerate(order)}
    return [part[question] for question in asked]
