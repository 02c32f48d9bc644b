"""Whether a build may go live: what its answers are worth, beside the live one's.

That its files are whole `segment.load` has seen to. Here: its search finds the true nearest of
the vectors it was made from, it agrees with the live build as far as their encoders let one
expect, and links known to be good are still found.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from linkage import candidates
from linkage.embed import Vectors
from linkage.indexing.segment import Segment
from linkage.indexing.vectorlog import Keys, VectorLog
from linkage.types import Filters, Item

QUESTIONS = 200
ANSWERS = 10
"""Of each question so many answers are looked at."""
LEAST_RECALL = 0.95
LEAST_AGREEMENT, LEAST_FOREIGN_AGREEMENT = 0.5, 0.02
"""With a live build of the same encoder, and with one of another."""
MOST_GOLD_LOST = 0.02
JUDGED_FROM = 1_000
"""In a smaller catalogue a few changed items move every figure, so agreement is only told."""

_SPARE = 20
"""True neighbours beyond ANSWERS, in place of those deleted while the build ran."""
_ROUNDING = 1e-5


GoldLink = tuple[str, str]
"""The ids of an item and of one that belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A link known to be good: an item, its key, and the key and kind of what belongs to it."""

    item: Item
    key: int
    target: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one build is and does. `gold` is the share of good links among the first ANSWERS."""

    build: str
    encoder: str
    kind: str
    items: int
    bytes: int
    milliseconds: float
    """Of the middle search by vector."""
    gold: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A build beside the live one."""

    new: Figures
    live: Figures | None
    recall: float
    """Share of the true nearest that a search finds."""
    agreement: float | None
    """Share of answers that the live build gives too."""
    gold_links: int
    """Between items of the catalogue, of `gold_given` that were given."""
    gold_given: int = 0
    expected: int = 0
    """Items that must be in it: those that did not change since it was begun."""

    def reasons(self) -> Iterator[str]:
        """Yield what speaks against going live."""
        if self.new.items < self.expected:
            yield f"holds {self.new.items:,} items; there are {self.expected:,}"
        if self.recall < LEAST_RECALL:
            yield f"finds {self.recall:.0%} of the true neighbours; {LEAST_RECALL:.0%} are needed"
        if self.gold_given and not self.gold_links:
            yield f"of {self.gold_given:,} gold links none is between items of this catalogue"
        if self.live is None:
            return
        is_same = self.live.encoder == self.new.encoder
        least = LEAST_AGREEMENT if is_same else LEAST_FOREIGN_AGREEMENT
        is_judged = min(self.live.items, self.new.items) >= JUDGED_FROM
        if is_judged and self.agreement is not None and self.agreement < least:
            yield f"gives {self.agreement:.0%} of the live build's answers; {least:.0%} are needed"
        before, now = self.live.gold, self.new.gold
        if before is not None and now is not None and now < before - MOST_GOLD_LOST:
            yield f"finds {now:.0%} of the gold links; the live build finds {before:.0%}"

    def as_json(self) -> dict[str, Any]:
        """Return it in plain values, with the reasons."""
        return {**asdict(self), "reasons": list(self.reasons())}


def verify(  # noqa: PLR0913 - what is known of the build
    built: Segment,
    log: VectorLog,
    *,
    live: Segment | None,
    expected: int = 0,
    gold: Sequence[Gold] = (),
    gold_given: int = 0,
) -> Report:
    """Return what a build is worth; the log has the vectors it was made from.

    `expected` items must be in it; `gold` are those of `gold_given` links whose items are there.
    """
    keys, positions = log.latest()
    step = max(1, len(keys) // QUESTIONS)
    there, _ = built.vectors.vectors(keys[::step][:QUESTIONS].tolist())
    asked = log.read(positions[np.searchsorted(keys, there)])
    answers, middle = _answers(built, there, asked)
    agreement, live_middle = _agreement(there, answers, live) if live else (None, 0.0)
    return Report(
        new=_figures(built, middle, gold),
        live=_figures(live, live_middle, gold) if live else None,
        recall=_recall(built, log, there, asked, answers),
        agreement=agreement,
        gold_links=len(gold),
        gold_given=gold_given,
        expected=expected,
    )


def _figures(segment: Segment, middle: float, gold: Sequence[Gold]) -> Figures:
    manifest = segment.manifest
    return Figures(
        build=manifest.build,
        encoder=manifest.encoder,
        kind=manifest.kind,
        items=manifest.count,
        bytes=sum(size for size, _ in manifest.files.values()),
        milliseconds=round(middle, 3),
        gold=_share_found(segment, gold) if gold else None,
    )


def _answers(segment: Segment, keys: Keys, asked: Vectors) -> tuple[list[list[int]], float]:
    """Return the nearest of each, without itself, and the middle time in milliseconds."""
    found, spent = [], []
    for key, vector in zip(keys.tolist(), asked, strict=True):
        began = time.perf_counter()
        hits = segment.vectors.search(vector, ANSWERS + 1, Filters())
        spent.append(time.perf_counter() - began)
        found.append([other for other, _ in hits if other != key][:ANSWERS])
    return found, float(np.median(spent)) * 1000 if spent else 0.0


def _agreement(keys: Keys, answers: list[list[int]], live: Segment) -> tuple[float | None, float]:
    """Return the share of answers the live build shares, on the items it has, and its time."""
    there, vectors = live.vectors.vectors(keys.tolist())
    theirs, middle = _answers(live, there, vectors)
    ours = dict(zip(keys.tolist(), answers, strict=True))
    pairs = [(set(ours[key]), set(its)) for key, its in zip(there.tolist(), theirs, strict=True)]
    given = sum(len(its) for _, its in pairs)
    return (sum(len(our & its) for our, its in pairs) / given if given else None), middle


def _recall(
    built: Segment, log: VectorLog, keys: Keys, asked: Vectors, answers: list[list[int]]
) -> float:
    """Return the share of true nearest that were found; of equally near ones any will do."""
    all_keys, positions = log.latest()
    near, scores = _nearest(log, positions, asked)
    found = total = 0
    for row, (key, its) in enumerate(zip(keys.tolist(), answers, strict=True)):
        present = set(built.vectors.vectors(all_keys[near[row]].tolist())[0].tolist()) - {key}
        true = [score for key_, score in zip(all_keys[near[row]], scores[row], strict=True)
                if key_ in present][:ANSWERS]  # fmt: skip
        if true:
            vectors = log.read(positions[np.searchsorted(all_keys, its)])
            found += min(len(true), int(np.sum(vectors @ asked[row] >= true[-1] - _ROUNDING)))
            total += len(true)
    return found / total if total else 1.0


def _nearest(log: VectorLog, positions: Keys, asked: Vectors) -> tuple[Keys, Vectors]:
    """Return the places in `positions` and scores of the true nearest, best first."""
    wanted = ANSWERS + 1 + _SPARE
    near: Keys = np.empty((len(asked), 0), dtype=np.int64)
    best: Vectors = np.empty((len(asked), 0), dtype=np.float32)
    start = 0
    for block in log.blocks(positions):
        places = np.broadcast_to(np.arange(start, start + len(block)), (len(asked), len(block)))
        near, best = np.hstack((near, places)), np.hstack((best, asked @ block.T))
        order = np.argpartition(-best, min(wanted, best.shape[1]) - 1, axis=1)[:, :wanted]
        near, best = np.take_along_axis(near, order, 1), np.take_along_axis(best, order, 1)
        start += len(block)
    order = np.argsort(-best, axis=1, kind="stable")
    return np.take_along_axis(near, order, 1), np.take_along_axis(best, order, 1)


def _share_found(segment: Segment, gold: Sequence[Gold]) -> float:
    """Return for how many good links the target is among the first of its kind."""
    shelves = [segment.shelf]
    found = 0
    for link in gold:
        _, vectors = segment.vectors.vectors([link.key])
        if len(vectors):
            question = candidates.question(link.item, vectors[0], shelves)
            kinds = Filters(kinds=frozenset({link.kind}))
            # the item itself may be among them
            first = candidates.gather(question, shelves, filters=kinds, limit=ANSWERS + 1).keys
            found += link.target in [key for key in first if key != link.key][:ANSWERS]
    return found / len(gold)
