"""Learning to disambiguate: weights of the features of what a name may stand for.

The weights are the most probable ones (MAP) under a Gaussian around `PRIOR`, which is set by
judgement: a feature of which the examples say nothing keeps its prior weight, and none changes
its sign.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy.optimize import minimize

from linkage import store
from linkage.errors import TrainingError
from linkage.learn.gold import Gold
from linkage.learn.reader import Reader
from linkage.mentions import Weighed
from linkage.naming.disambiguate import Features, Sense
from linkage.naming.passage import Passage
from linkage.types import Item

PRIOR: Mapping[str, float] = {
    "bias": -3.0, "rare": 2.0, "rarer": 2.0, "lowered": -3.0, "begun": -1.0, "goes_on": -2.0,
    "quoted": 1.0, "alias": -0.3, "popular": 1.0, "similar": 3.0, "imported": 0.0, "person": 2.0,
    "thing": 4.5, "kind_book": 0.0, "kind_film": 0.0, "kind_series": 0.0, "kind_game": 0.0,
    "kind_music": 0.0, "noun": 3.0, "noun_other": -1.5, "described": 2.0,
    "written": 1.0, "year": 0.5, "dated": 1.0, "dated_other": -1.5, "maker": 4.0,
    "maker_near": 2.0, "maker_other": -2.0, "echo_name": 0.0, "echo_maker": 0.0, "echo_other": -3.0,
    "subject": 1.0,
}  # fmt: skip
FIXED = ("popular", "similar", "imported", "thing")
"""Features whose prior weights stay: catalogues differ too much in what they say about them."""
SPREAD = 1.5
"""Standard deviation of a weight around its prior."""
ANNOTATED = 20.0
"""What an annotated name counts, against one of which only a link tells something."""
UNLINKED = 3_000
"""Items without gold whose texts are read for what does not name anything."""
_BOOKISH = ("book", "text")
_Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A place's senses, and which of them are right; none of them for NIL."""

    senses: tuple[Features, ...]
    right: frozenset[int]
    weight: float = 1.0


def examples(
    reader: Reader, gold: Iterable[Gold], *, weight: float = ANNOTATED
) -> Iterator[Example]:
    """Yield what gold tells about names: which sense is right, or that none is.

    What people annotated in full counts `weight` times.
    """
    for each in gold:
        if each.text is not None:
            for example in _annotated(reader, each.text, each):
                yield replace(example, weight=weight)
        elif each.item is not None:
            yield from _linked(reader, reader.item(each.item), each)


def unlinked(reader: Reader, gold: Sequence[Gold], *, limit: int = UNLINKED) -> list[Gold]:
    """Return items of the kinds that gold speaks of, with a text, of which it says nothing."""
    known = {each.item for each in gold}
    kinds = {reader.item(each.item).kind for each in gold if each.item}
    there = [
        stored.item.id
        for run in store.stream(reader.session, reader.tenant_id)
        for stored in run
        if stored.item.kind in kinds and stored.item.text and stored.item.id not in known
    ]
    chosen = random.Random(0).sample(there, min(limit, len(there)))  # noqa: S311 - a sample
    return [Gold((), item=item_id) for item_id in chosen]


def fit(given: Iterable[Example]) -> dict[str, float]:
    """Return the weights under which the examples are most probable."""
    found = [example for example in given if example.senses]
    if not any(example.right for example in found):
        raise TrainingError("no name in these texts is known to stand for anything")
    table = _Table.of(found)
    prior = np.array(list(PRIOR.values()))
    bounds = [_bounds(name, weight) for name, weight in PRIOR.items()]
    best = minimize(table.loss, prior, args=(prior,), jac=True, method="L-BFGS-B", bounds=bounds)
    return {name: round(float(w), 4) for name, w in zip(PRIOR, best.x, strict=True)}


def _bounds(name: str, prior: float) -> tuple[float | None, float | None]:
    """Return where a weight may lie: nothing changes its sign."""
    if name in FIXED:
        return prior, prior
    return 0.0 if prior > 0 else None, 0.0 if prior < 0 else None


def save(weights: Mapping[str, float], path: Path) -> None:
    """Write weights for `linkage.naming.disambiguate` to read."""
    path.write_bytes(orjson.dumps({"weights": dict(weights)}, option=orjson.OPT_INDENT_2) + b"\n")


def _annotated(reader: Reader, written: str, gold: Gold) -> Iterator[Example]:
    """Every name of a fully annotated text stands for what is said, or for nothing.

    `The novel by …` about a book that is named is neither right nor wrong.
    """
    passage, weighed = reader.read(written)
    named = {m.entity for m in gold.named}
    for one in weighed:
        if one.place.cues.echo == "maker" and _right(one, named):
            continue
        start, end = passage.starts[one.place.first], passage.ends[one.place.last]
        meant = {m.entity for m in gold.named if _overlap(start, end, m.start, m.end)}
        yield Example(one.features, _right(one, meant))


def _linked(reader: Reader, item: Item, gold: Gold) -> Iterator[Example]:
    """Yield what can be told of the names in an item's text from what it is linked to.

    It begins with its own name, its creators are its own, and the words that prove a link name
    the link's target. Of most other names nothing is known.
    """
    passage, weighed = reader.read(item.text)
    proofs = [_proof(item.text, m.evidence) for m in gold.named]
    linked = {m.entity for m in gold.named}
    for one in weighed:
        start, end = passage.starts[one.place.first], passage.ends[one.place.last]
        is_proof = any(_overlap(start, end, *proof) for proof in proofs)
        own = _right(one, {item.id}) if one.place.first == 0 else frozenset()
        made = frozenset(i for i, s in enumerate(one.senses) if _is_creator_of(s, item))
        if right := own or (is_proof and _right(one, linked)) or made:
            yield Example(one.features, right)
        elif not is_proof and _names_nothing(passage, one, item, is_linked=bool(linked)):
            yield Example(one.features, frozenset())


def _names_nothing(passage: Passage, one: Weighed, item: Item, *, is_linked: bool) -> bool:
    """Tell whether a name surely stands for nothing.

    It is a plain word, a work that nothing speaks for, or a novel none of whose authors is named.
    """
    surface = passage.surface(one.place.first, one.place.last)
    if surface == surface.lower() and not (one.place.cues.echo or one.place.cues.noun):
        return True
    if is_linked or any(f.get("maker") or f.get("maker_near") for f in one.features):
        return False
    kinds = {sense.entity.kind for sense in one.senses}
    return one.place.cues.noun in _BOOKISH or not kinds & {item.kind, "person"}


def _is_creator_of(sense: Sense, item: Item) -> bool:
    return sense.is_creator and sense.entity.name in item.creators


def _right(one: Weighed, meant: Iterable[str]) -> frozenset[int]:
    wanted = set(meant)
    return frozenset(i for i, sense in enumerate(one.senses) if sense.entity.id in wanted)


def _proof(written: str, evidence: str) -> tuple[int, int]:
    start = written.find(evidence) if evidence else -1
    return (start, start + len(evidence)) if start >= 0 else (0, 0)


def _overlap(start: int, end: int, first: int | None, last: int | None) -> bool:
    return first is not None and last is not None and start < last and first < end


@dataclass(frozen=True, slots=True)
class _Table:
    """Examples as arrays: a row a sense, `place` numbers the example of each."""

    matrix: _Numbers
    place: NDArray[np.int64]
    is_right: NDArray[np.bool_]
    is_nil: NDArray[np.bool_]
    weight: _Numbers

    @classmethod
    def of(cls, given: Sequence[Example]) -> "_Table":
        rows = [[f.get(name, 0.0) for name in PRIOR] for e in given for f in e.senses]
        return cls(
            np.array(rows),
            np.repeat(np.arange(len(given)), [len(e.senses) for e in given]),
            np.array([i in e.right for e in given for i in range(len(e.senses))]),
            np.array([not e.right for e in given]),
            np.array([e.weight for e in given]),
        )

    def loss(self, weights: _Numbers, prior: _Numbers) -> tuple[float, _Numbers]:
        """Return the negative log posterior and its gradient."""
        power = np.exp(np.clip(self.matrix @ weights, -30, 30))
        whole = 1 + np.bincount(self.place, power)
        right = np.bincount(self.place, power * self.is_right) + self.is_nil
        off = (weights - prior) / SPREAD**2
        slope = power * (1 / whole[self.place] - self.is_right / right[self.place])
        slope *= self.weight[self.place]
        loss = self.weight @ (np.log(whole) - np.log(right)) + (weights - prior) @ off / 2
        return float(loss), self.matrix.T @ slope + off
