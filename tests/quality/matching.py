"""Entity matching: a matcher trained on one half of labelled pairs, measured on another."""

from linkage.learn.evaluate_matches import Figure, evaluate_pairs
from linkage.learn.matcher import train
from linkage.tables.records import read_pairs
from tests.benchmarks.report import Table
from tests.quality.shop import DATA

PUBLISHED = {
    "abt-buy": (0.628, 0.893),
    "amazon-google": (0.693, 0.756),
    "walmart-amazon": (0.676, 0.868),
    "dblp-acm": (0.984, 0.990),
}
"""F1 of DeepMatcher (Mudgal et al., SIGMOD 2018) and Ditto (Li et al., VLDB 2021) on the test half,
as their papers give it."""
NOTES = (
    "Measured by `weft train matcher train.txt --valid valid.txt`.",
    "Folds of train.txt decide the threshold; brackets hold the 95 % interval of the bootstrap.",
    "Weft also looks at how a pair stands among the other records of the two files.",
    "DeepMatcher and Ditto look at each pair alone, and have their papers' figures for test.txt.",
)


def run() -> Table:
    """Train and measure on each set."""
    rows = []
    for name, published in PUBLISHED.items():
        folder = DATA / "catalogs" / "matching" / name
        report = evaluate_pairs(train(read_pairs(folder / "train.txt")), read_pairs(
            folder / "valid.txt"))  # fmt: skip
        rows.append((
            name, _short(report.precision), _short(report.recall), str(report.f1),
            f"{report.calibration_error:.3f}", *(f"{f1:.3f}" for f1 in published),
        ))  # fmt: skip
    headers = (
        "pairs", "precision", "recall", "F1", "calibration error", "DeepMatcher F1", "Ditto F1",
    )  # fmt: skip
    return Table(headers, rows, NOTES)


def _short(figure: Figure) -> str:
    return f"{figure.value:.3f}"
