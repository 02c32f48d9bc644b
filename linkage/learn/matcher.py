"""Train a matcher on labelled pairs: gradient-boosted trees, calibrated on folds they never saw.

Every pair is scored by trees of the folds it was not in. Those scores make the calibration and the
threshold; the trees of all folds together are the matcher.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from linkage.errors import TrainingError
from linkage.match import Calibration, Floats, Matcher, Tables
from linkage.tables.compare import Schema
from linkage.tables.records import Pair, lay_out

Labels = NDArray[np.bool_]
Progress = Callable[[int, int], None]

FOLDS = 5
SEED = 7
_FEWEST = 10
"""Matches, and pairs that are none, below which there is nothing to learn from."""
_PARAMETERS = {
    "objective": "binary", "min_data_in_leaf": 10, "bagging_fraction": 0.8, "bagging_freq": 1,
    "feature_fraction": 0.4, "lambda_l2": 2.0, "verbose": -1, "num_threads": 1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to try: more trees of more leaves for more examples, repeats against chance."""

    trees: int = 400
    leaves: int = 15
    rate: float = 0.04
    repeats: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Pairs to learn from: features, labels, what each counts.

    Those of one group are never split between training and calibration; -1 is no group.
    """

    features: Floats
    labels: Labels
    weights: Floats
    groups: NDArray[np.int64]

    @classmethod
    def of(cls, features: Floats, labels: Labels, *, weight: float = 1.0) -> Self:
        """Return examples that belong to no group and count the same."""
        size = len(labels)
        weights, groups = np.full(size, weight), np.full(size, -1)
        return cls(features=features, labels=labels, weights=weights, groups=groups)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return examples of several sets, each of which becomes a group."""
        groups = [np.full(len(part.labels), number) for number, part in enumerate(parts)]
        return cls(
            features=np.vstack([part.features for part in parts]),
            labels=np.concatenate([part.labels for part in parts]),
            weights=np.concatenate([part.weights for part in parts]),
            groups=np.concatenate(groups),
        )


def train(pairs: Sequence[Pair], *, progress: Progress | None = None) -> Matcher:
    """Return a matcher of labelled pairs; TrainingError when there are not ten of each kind."""
    laid = lay_out(pairs)
    schema = Schema.of([*laid.left, *laid.right])
    labels = np.array([pair.is_match for pair in pairs], dtype=np.bool_)
    _check(labels)
    features = Tables(laid.left, laid.right, schema).features(laid.places)
    matcher = fit(Examples.of(features, labels), schema, progress=progress)
    return replace(matcher, background=(laid.left, laid.right))


def fit(
    examples: Examples,
    schema: Schema,
    *,
    effort: Effort = Effort(),
    progress: Progress | None = None,
) -> Matcher:
    """Return a matcher of examples; TrainingError when there are not ten of each kind."""
    _check(examples.labels)
    trees, scores = _cross_fit(examples, effort, progress)
    calibration = calibrate(scores, examples.labels, examples.weights)
    matches = int(examples.labels.sum())
    return Matcher(
        trees=trees,
        schema=schema,
        calibration=calibration,
        threshold=best_threshold(calibration(scores), examples.weights),
        figures={"pairs": len(examples.labels), "matches": matches},
    )


def _check(labels: Labels) -> None:
    matches = int(labels.sum())
    if min(matches, len(labels) - matches) < _FEWEST:
        raise TrainingError(
            f"a matcher needs {_FEWEST} pairs that match and {_FEWEST} that do not; "
            f"there are {matches} and {len(labels) - matches}"
        )


def _cross_fit(
    examples: Examples, effort: Effort, progress: Progress | None
) -> tuple[list[str], Floats]:
    """Return the trees of each fold, and the scores that others' trees gave each pair."""
    from lightgbm import Dataset, train  # noqa: PLC0415 - loads slowly

    size = {"num_leaves": effort.leaves, "learning_rate": effort.rate}
    trees: list[str] = []
    scores = np.zeros(len(examples.labels))
    for repeat in range(effort.repeats):
        for held_out in _folds(examples, SEED + repeat):
            kept = ~held_out
            if not held_out.any():
                continue
            data = Dataset(
                examples.features[kept], examples.labels[kept], weight=examples.weights[kept]
            )
            parameters = {**_PARAMETERS, **size, "seed": SEED + len(trees)}
            booster = train(parameters, data, num_boost_round=effort.trees)
            found = booster.predict(examples.features[held_out], num_threads=1)
            scores[held_out] += np.asarray(found) / effort.repeats
            trees.append(booster.model_to_string())
            if progress:
                progress(len(trees), FOLDS * effort.repeats)
    return trees, scores


def _folds(examples: Examples, seed: int) -> Iterator[Labels]:
    """Yield which pairs are held out, each once: whole groups, else matches spread evenly."""
    random = np.random.default_rng(seed)
    fold = np.empty(len(examples.labels), dtype=np.int64)
    single = examples.groups < 0
    for kind in (True, False):
        places = random.permutation(np.flatnonzero(single & (examples.labels == kind)))
        fold[places] = np.arange(len(places)) % FOLDS
    dealt = random.permutation(examples.groups.max() + 1) % FOLDS
    fold[~single] = dealt[examples.groups[~single]]
    for number in range(FOLDS):
        yield fold == number


def calibrate(scores: Floats, labels: Labels, weights: Floats) -> Calibration:
    """Return the calibration of scores that were made without the labels: isotonic regression.

    The points are the middles of its steps, so that it rises where it would jump.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - loads slowly

    isotonic = IsotonicRegression(y_min=0.001, y_max=0.999)
    fitted = isotonic.fit_transform(scores, labels, sample_weight=weights)
    order = np.argsort(scores, kind="stable")
    levels, starts = np.unique(fitted[order], return_index=True)
    runs = np.split(scores[order], starts[1:])
    middles = [float(np.mean(run)) for run in runs]
    return Calibration((0.0, *middles, 1.0), (levels[0], *map(float, levels), levels[-1]))


def best_threshold(probabilities: Floats, weights: Floats) -> float:
    """Return the threshold at which the F1 that the probabilities themselves expect is highest."""
    order = np.argsort(-probabilities, kind="stable")
    true = probabilities[order] * weights[order]
    expected = 2 * np.cumsum(true) / (np.cumsum(weights[order]) + true.sum())
    return float(probabilities[order[int(np.argmax(expected))]])
