"""Train a ranker: from pairs of items, judged by people or by clicks, to weights and calibration.

A logistic model whose weights for evidence are never negative, so that more evidence never lowers a
score. Its probabilities are calibrated on predictions for questions it was not trained on.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from linkage.errors import TrainingError
from linkage.related.ranker import Ranker

FOLDS = 5
PENALTY = 1.0
"""Strength of the L2 regularisation; it weighs as much as that many rows."""
DETRIMENTAL = frozenset({"made_before"})
"""Features that speak against a link: their weights are never positive."""

NO_PRIOR: Mapping[str, float] = MappingProxyType({})
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A judged pair: its `rank.features`, whether it is right, and how much that counts.

    `label` may lie between 0 and 1. Rows of one `group` are never split between training and
    calibration: the answers to one question, or to all that have to do with each other. `weight`
    is 1, or the inverse propensity of a click.
    """

    features: Mapping[str, float]
    label: float
    group: str
    weight: float = 1.0


def fit(
    rows: Iterable[Row], *, prior: Mapping[str, float] = NO_PRIOR, penalty: float = PENALTY
) -> Ranker:
    """Train a ranker; TrainingError when there are too few groups, or all answers are alike.

    Weights are drawn to those of `prior`, which stay for features that no row has. Training from
    clicks starts at the weights of the ranker that was used.
    """
    table = _Table.of(list(rows), prior)
    odds = _out_of_fold(table, penalty)
    platt = _minimised(table.calibrating(odds), 0.0, [(1e-3, None), (None, None)])
    ranker = _trained(table, penalty)
    return replace(ranker, slope=float(platt[0]), offset=float(platt[1]))


def predictions(
    rows: Sequence[Row], *, prior: Mapping[str, float] = NO_PRIOR, penalty: float = PENALTY
) -> list[float]:
    """Return what rankers say of each row that were trained and calibrated on other groups."""
    folds = _folds(row.group for row in rows)
    found: dict[int, float] = {}
    for fold in range(FOLDS):
        rest = (row for row, own in zip(rows, folds, strict=True) if own != fold)
        ranker = fit(rest, prior=prior, penalty=penalty)
        out = (place for place, own in enumerate(folds) if own == fold)
        found |= {place: ranker.probability(rows[place].features) for place in out}
    return [found[place] for place in range(len(rows))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Rows as arrays."""

    names: tuple[str, ...]
    prior: Numbers
    matrix: Numbers
    labels: Numbers
    weights: Numbers
    folds: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Row], prior: Mapping[str, float]) -> "_Table":
        labels = np.array([row.label for row in rows], dtype=np.float64)
        folds = np.array(_folds(row.group for row in rows), dtype=np.int64)
        if folds.max(initial=0) < FOLDS - 1 or not 0 < labels.mean() < 1:
            raise TrainingError(
                f"a ranker needs right and wrong answers to many questions; there are {len(rows)} "
                f"answers in {len({row.group for row in rows})} groups, "
                f"{int((labels > 0).sum())} of them right"
            )
        names = tuple(sorted({*prior, *(name for row in rows for name in row.features)}))
        return cls(
            names=names,
            prior=np.array([prior.get(name, 0.0) for name in names]),
            matrix=np.array([[row.features.get(name, 0.0) for name in names] for row in rows]),
            labels=labels,
            weights=np.array([row.weight for row in rows], dtype=np.float64),
            folds=folds,
        )

    def where(self, chosen: NDArray[np.bool_]) -> "_Table":
        """Return some of the rows."""
        return replace(
            self,
            matrix=self.matrix[chosen],
            labels=self.labels[chosen],
            weights=self.weights[chosen],
            folds=self.folds[chosen],
        )

    def calibrating(self, odds: Numbers) -> "_Table":
        """Return the same rows with their log-odds as the one feature."""
        return replace(self, names=("odds",), prior=np.zeros(1), matrix=odds[:, None])


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
    *weights, intercept = _minimised(table, penalty, [*bounds, (None, None)])
    named = {name: round(float(w), 4) for name, w in zip(table.names, weights, strict=True)}
    return Ranker(weights=named, intercept=round(float(intercept), 4))


def _minimised(
    table: _Table, penalty: float, bounds: Sequence[tuple[float | None, float | None]]
) -> Numbers:
    """Return the weights and, last, the intercept of the least logistic loss within bounds."""

    def loss(parameters: Numbers) -> tuple[float, Numbers]:
        odds = table.matrix @ parameters[:-1] + parameters[-1]
        surprise = table.weights @ (np.logaddexp(0.0, odds) - table.labels * odds)
        slack = table.weights * (expit(odds) - table.labels)
        away = parameters[:-1] - table.prior
        slope = slack @ table.matrix + penalty * away
        return surprise + 0.5 * penalty * away @ away, np.append(slope, slack.sum())

    start = np.append(table.prior, 0.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, dtype=np.float64)


def _folds(groups: Iterable[str]) -> list[int]:
    """Deal the groups into FOLDS parts of like size, the same ones each time."""
    given = list(groups)
    order = sorted(set(given), key=lambda group: (zlib.crc32(group.encode()), group))
    part = {group: place % FOLDS for place, group in enumerate(order)}
    return [part[group] for group in given]
