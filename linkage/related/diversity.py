"""Diversity: maximal marginal relevance, Carbonell and Goldstein, SIGIR 1998."""

from collections.abc import Sequence

import numpy as np

from linkage.embed import Vectors


def reorder(
    scores: Sequence[float], vectors: Vectors, diversity: float, shown: Vectors | None = None
) -> list[int]:
    """Return the order in which each next is good and unlike those before it.

    `scores` are not below 0 and `vectors` (n, dimension) are of unit length, or zero where there
    is none. `diversity` 0 keeps to the scores, 1 looks at likeness alone. `shown` (m, dimension)
    are what was listed before. Equal ones keep their order.
    """
    if not len(scores):
        return []
    values = np.asarray(scores, dtype=np.float64)
    gain = (1 - diversity) * values / (values.max() or 1.0)
    likeness = np.maximum(vectors @ vectors.T, 0.0)
    nearest = np.zeros(len(values))
    if shown is not None and len(shown):
        nearest = np.maximum((vectors @ shown.T).max(axis=1), 0.0).astype(np.float64)
    order: list[int] = []
    for _ in range(len(values)):
        chosen = int(np.argmax(gain - diversity * nearest))
        order.append(chosen)
        gain[chosen] = -np.inf
        nearest = np.maximum(nearest, likeness[chosen])
    return order
