"""The card of a matcher: what trained it, what it looks at, how good it was."""

from datetime import UTC, datetime
from pathlib import Path

from linkage.learn.evaluate_matches import Report
from linkage.match import Matcher


def matcher_card(name: str, matcher: Matcher, source: Path, report: Report | None) -> str:
    """Return the model card of a matcher as Markdown."""
    parts = [_made(name, matcher, source)]
    if report:
        parts.append(_measured(report))
    if any(matcher.background):
        parts.append("`background.jsonl.gz` holds the records of the training pairs.\n")
    return "\n".join(parts)


def _made(name: str, matcher: Matcher, source: Path) -> str:
    return f"""# {name}

A matcher of `weft train matcher {source.name}`, {datetime.now(UTC):%Y-%m-%d}: gradient-boosted
trees over {len(matcher.names)} features of two records.

Trained on {matcher.figures["pairs"]:,} pairs, {matcher.figures["matches"]:,} of which match.
Fields compared one to one: {", ".join(matcher.schema.fields)}.
Two records are one from a probability of {matcher.threshold:.3f} on; folds held out of the training
pairs decided that.
"""


def _measured(report: Report) -> str:
    error = report.calibration_error or 0.0
    return f"""On {report.pairs:,} other pairs, {report.matches:,} of which match, with the 95 %
interval of 1,000 bootstrap samples:

| precision | recall | F1 | calibration error |
|---|---|---|---|
| {report.precision} | {report.recall} | {report.f1} | {error:.3f} |
"""
