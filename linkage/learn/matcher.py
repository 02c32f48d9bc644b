"""Train a matcher on labelled pairs: gradient-boosted trees, calibrated on folds they never saw.

Every pair is scored by trees of the folds it was not in. Those scores make the calibration and the
threshold; the trees of all folds together are the matcher.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from linkage.compare import Schema
from linkage.errors import TrainingError
from linkage.match import Calibration, Floats, Matcher, Tables
from linkage.records import Pair, lay_out

Labels = NDArray[np.bool_]
Progress = Callable[[int, int], None]

FOLDS, REPEATS = 5, 2
SEED = 7
_FEWEST = 10
"""Matches, and pairs that are none, below which there is nothing to learn from."""
_PARAMETERS = {
    "objective": "binary", "learning_rate": 0.04, "num_leaves": 15, "min_data_in_leaf": 10,
    "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.4, "lambda_l2": 2.0,
    "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
_ROUNDS = 400


def train(
    pairs: Sequence[Pair], *, schema: Schema | None = None, progress: Progress | None = None
) -> Matcher:
    """Return a matcher of labelled pairs; TrainingError when there are not ten of each kind."""
    labels = np.array([pair.is_match for pair in pairs], dtype=np.bool_)
    if min(labels.sum(), (~labels).sum()) < _FEWEST:
        raise TrainingError(
            f"a matcher needs {_FEWEST} pairs that match and {_FEWEST} that do not; "
            f"there are {labels.sum()} and {(~labels).sum()}"
        )
    laid = lay_out(pairs)
    schema = schema or Schema.of([*laid.left, *laid.right])
    features = Tables(laid.left, laid.right, schema).features(laid.places)
    trees, scores = _cross_fit(features, labels, progress)
    calibration = calibrate(scores, labels)
    return Matcher(
        trees=trees,
        schema=schema,
        calibration=calibration,
        threshold=best_threshold(calibration(scores)),
        figures={"pairs": len(pairs), "matches": int(labels.sum())},
        background=(laid.left, laid.right),
    )


def _cross_fit(
    features: Floats, labels: Labels, progress: Progress | None
) -> tuple[list[str], Floats]:
    """Return the trees of each fold, and the scores that others' trees gave each pair."""
    import lightgbm  # noqa: PLC0415 - loads slowly

    trees: list[str] = []
    scores = np.zeros(len(labels))
    for repeat in range(REPEATS):
        for held_out in _folds(labels, SEED + repeat):
            kept = ~held_out
            data = lightgbm.Dataset(features[kept], labels[kept])
            seeded = _PARAMETERS | {"seed": SEED + len(trees)}
            booster = lightgbm.train(seeded, data, num_boost_round=_ROUNDS)
            found = booster.predict(features[held_out], num_threads=1)
            scores[held_out] += np.asarray(found) / REPEATS
            trees.append(booster.model_to_string())
            if progress:
                progress(len(trees), FOLDS * REPEATS)
    return trees, scores


def _folds(labels: Labels, seed: int) -> Iterator[Labels]:
    """Yield which pairs are held out, each once, matches spread evenly."""
    fold = np.empty(len(labels), dtype=np.int64)
    random = np.random.default_rng(seed)
    for kind in (True, False):
        places = random.permutation(np.flatnonzero(labels == kind))
        fold[places] = np.arange(len(places)) % FOLDS
    for number in range(FOLDS):
        yield fold == number


def calibrate(scores: Floats, labels: Labels) -> Calibration:
    """Return the calibration of scores that were made without the labels: isotonic regression.

    The points are the middles of its steps, so that it rises where it would jump.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - loads slowly

    fitted = IsotonicRegression(y_min=0.001, y_max=0.999).fit_transform(scores, labels)
    order = np.argsort(scores, kind="stable")
    levels, starts = np.unique(fitted[order], return_index=True)
    runs = np.split(scores[order], starts[1:])
    middles = [float(np.mean(run)) for run in runs]
    return Calibration((0.0, *middles, 1.0), (levels[0], *map(float, levels), levels[-1]))


def best_threshold(probabilities: Floats) -> float:
    """Return the threshold at which the F1 that the probabilities themselves expect is highest."""
    ordered = np.sort(probabilities)[::-1]
    found = np.cumsum(ordered)
    expected = 2 * found / (np.arange(1, len(ordered) + 1) + ordered.sum())
    return float(ordered[int(np.argmax(expected))])
