"""Measure matches against a gold standard: precision, recall, F1, calibration, with intervals."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.match import Floats, Matcher
from linkage.tables.records import Pair, lay_out

RESAMPLES = 1_000
SEED = 11
BINS = 10

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and the 95 % interval of the bootstrap around it."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How good decisions were, and the probabilities they were made from."""

    pairs: int
    matches: int
    precision: Figure
    recall: Figure
    f1: Figure
    calibration_error: float | None = None
    """Expected calibration error; None where decisions came without probabilities."""

    def as_json(self) -> dict[str, Any]:
        """Return the figures for scripts."""
        return asdict(self)


def evaluate_pairs(matcher: Matcher, pairs: Sequence[Pair]) -> Report:
    """Measure a matcher on labelled pairs, at its own threshold."""
    laid = lay_out(pairs)
    labels = np.array([pair.is_match for pair in pairs], dtype=np.bool_)
    tables = matcher.tables(laid.left, laid.right)
    probabilities = matcher.probabilities(tables.features(laid.places))
    error = calibration_error(probabilities, labels)
    return _report(labels, probabilities >= matcher.threshold, error)


def evaluate_found(found: Collection[tuple[str, str]], gold: Collection[tuple[str, str]]) -> Report:
    """Measure the pairs that were found among two tables against all the true ones, by ids."""
    everything = sorted({*found, *gold})
    found, gold = set(found), set(gold)
    labels = np.array([pair in gold for pair in everything], dtype=np.bool_)
    return _report(labels, np.array([pair in found for pair in everything], dtype=np.bool_))


def calibration_error(probabilities: Floats, labels: Flags) -> float:
    """Return the expected calibration error over BINS bins of equal width (Guo et al., 2017)."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=probabilities - labels, minlength=BINS)
    return float(np.abs(gaps).sum() / max(1, len(labels)))


def _report(labels: Flags, decided: Flags, error: float | None = None) -> Report:
    random = np.random.default_rng(SEED)
    chosen = random.integers(len(labels), size=(RESAMPLES, len(labels)))
    samples = [(labels[places], decided[places]) for places in chosen]

    def figure(measure: Callable[[Flags, Flags], float]) -> Figure:
        values = [measure(*sample) for sample in samples]
        low, high = np.percentile(values, [2.5, 97.5])
        return Figure(measure(labels, decided), float(low), float(high))

    return Report(
        pairs=len(labels),
        matches=int(labels.sum()),
        precision=figure(_precision),
        recall=figure(_recall),
        f1=figure(_f1),
        calibration_error=error,
    )


def _precision(labels: Flags, decided: Flags) -> float:
    return _ratio((labels & decided).sum(), decided.sum())


def _recall(labels: Flags, decided: Flags) -> float:
    return _ratio((labels & decided).sum(), labels.sum())


def _f1(labels: Flags, decided: Flags) -> float:
    return _ratio(2 * (labels & decided).sum(), labels.sum() + decided.sum())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
