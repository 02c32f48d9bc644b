"""Learn from clicks: what people look at by position, and from that how relevant a link is.

A link is clicked when it is looked at and relevant (the position-based model). How often a position
is looked at is told by links that were shown at several: they are as relevant at each (Agarwal,
Zaitsev, Wang, Li, Najork and Joachims, Estimating position bias without intrusive interventions,
WSDM 2019). The likeliest values of both are found together; the model is that of Chuklin, Markov
and de Rijke, Click Models for Web Search, 2015, section 3.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from linkage.feedback import Count, Pair

_LEAST, _MOST = np.log(1e-6), -1e-6
"""Of the logarithm of a probability."""
MOST_WEIGHT = 100.0
"""A link looked at more often than this says no more than one that was."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judgment:
    """What clicks say of a link: its relevance 0..1, and how often it was looked at."""

    relevance: float
    looks: float


def judgments(counts: Sequence[Count], looks: Mapping[int, float]) -> dict[Pair, Judgment]:
    """Return what clicks say of each link, given how often positions are looked at.

    Clicks are weighed by inverse propensity: shown once where one in four looks, and clicked, is
    as good as four times on top.
    """
    clicks: dict[Pair, float] = {}
    seen: dict[Pair, float] = {}
    for count in counts:
        pair = (count.source, count.target)
        clicks[pair] = clicks.get(pair, 0.0) + count.clicks
        shown = max(count.impressions, count.clicks)
        seen[pair] = seen.get(pair, 0.0) + shown * looks.get(count.position, 0.0)
    return {
        pair: Judgment(min(1.0, clicks[pair] / seen[pair]), min(seen[pair], MOST_WEIGHT))
        for pair in clicks
        if seen[pair] > 0
    }


def propensities(counts: Sequence[Count]) -> dict[int, float]:
    """Return how often each position is looked at, relative to the one looked at most."""
    positions = sorted({count.position for count in counts})
    if not positions:
        return {}
    likelihood = _Likelihood.of(counts, positions)
    start = np.full(len(positions) + likelihood.pairs, -1.0)
    bounds = [(_LEAST, _MOST)] * len(start)
    found = minimize(likelihood.loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    looks = found.x[: len(positions)]
    return dict(zip(positions, np.exp(looks - looks.max()).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """Counts as arrays, a row each; `place` and `pair` number positions and links."""

    positions: int
    pairs: int
    place: NDArray[np.int64]
    pair: NDArray[np.int64]
    clicked: Numbers
    unclicked: Numbers

    @classmethod
    def of(cls, counts: Sequence[Count], positions: list[int]) -> "_Likelihood":
        places = {position: at for at, position in enumerate(positions)}
        numbers: dict[Pair, int] = {}
        pair = [numbers.setdefault((c.source, c.target), len(numbers)) for c in counts]
        return cls(
            len(positions),
            len(numbers),
            np.array([places[c.position] for c in counts], dtype=np.int64),
            np.array(pair, dtype=np.int64),
            np.array([c.clicks for c in counts], dtype=np.float64),
            np.array([max(c.impressions - c.clicks, 0) for c in counts], dtype=np.float64),
        )

    def loss(self, parameters: Numbers) -> tuple[float, Numbers]:
        """Return the negative log-likelihood and its slope.

        A link is clicked with the product of two probabilities, whose logarithms are the
        parameters; in them the likelihood is concave, so there is one best answer.
        """
        log_p = parameters[self.place] + parameters[self.positions + self.pair]
        not_p = -np.expm1(log_p)
        value = self.clicked @ log_p + self.unclicked @ np.log(not_p)
        slope = self.clicked - self.unclicked * np.exp(log_p) / not_p
        of_places = np.bincount(self.place, weights=slope, minlength=self.positions)
        of_pairs = np.bincount(self.pair, weights=slope, minlength=self.pairs)
        return -float(value), -np.concatenate([of_places, of_pairs])
