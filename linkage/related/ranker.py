"""The trained ranker: from what was found between two items to the probability that they belong.

It is linear, so its file can be read and a score be explained; `linkage.learn.ranker` makes one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from linkage.errors import RankerError

FORMAT = 1
Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """A logistic model over named features. Its probability is calibrated (Platt scaling)."""

    weights: Mapping[str, float]
    intercept: float
    slope: float = 1.0
    """Of Platt's scaling: what the calibration makes of the model's own log-odds."""
    offset: float = 0.0

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how likely the link is right, 0..1. A feature without a weight counts nothing."""
        known = {name: features.get(name, 0.0) for name in self.weights}
        return float(self.probabilities({name: np.array([known[name]]) for name in known})[0])

    def probabilities(self, features: Mapping[str, Column]) -> Column:
        """Return how likely each of many links is right; a column for each feature it weighs."""
        values = np.array([features[name] for name in self.weights], dtype=np.float64)
        odds = self.intercept + np.fromiter(self.weights.values(), np.float64) @ values
        return 1 / (1 + np.exp(-np.clip(self.slope * odds + self.offset, -30.0, 30.0)))

    def save(self, path: Path) -> None:
        """Write the ranker as JSON."""
        facts = {"format": FORMAT, **asdict(self)}
        path.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2))


def load(path: Path, known: Sequence[str]) -> Ranker:
    """Read what `save` wrote; RankerError unless it weighs only features that are `known`."""
    try:
        facts = orjson.loads(path.read_bytes())
        if facts.pop("format") != FORMAT:
            raise RankerError(path, "has another format")
        ranker = Ranker(**facts)
        numbers = (*ranker.weights.values(), ranker.intercept, ranker.slope, ranker.offset)
        is_sound = all(isinstance(value, float | int) for value in numbers)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RankerError(path, f"cannot be read: {error}") from error
    if not is_sound:
        raise RankerError(path, "holds a weight that is no number")
    if unknown := ranker.weights.keys() - set(known):
        raise RankerError(path, f"weighs features this version lacks: {', '.join(sorted(unknown))}")
    return ranker
