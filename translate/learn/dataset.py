"""Encoded training pairs and the batches made of them.

A pair is stored once, as piece ids, and used in both directions. Batches have a few fixed
shapes, because CPU kernels are built per shape: variable ones train five times slower.
"""

import hashlib
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from translate.errors import CorpusError
from translate.learn.config import Recipe
from translate.learn.corpora import (
    MISSION,
    cleaned,
    is_sentence,
    read_exclusions,
    read_mission,
    with_direct,
)
from translate.learn.noise import with_noise
from translate.learn.readers import ENGLISH, Pair, corpus_files, read_corpus
from translate.learn.vocabulary import EOS, PAD
from translate.types import tag

EXAMPLES = "examples.npz"
"""Their file in the folder of a run."""

LENGTHS = (12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128)
"""Padded lengths of batches, in pieces with the tags; longer pairs are left out."""

REPORT_EVERY = 5_000
IGNORED = -100
"""The label that the loss passes over."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs as flat arrays: `ids[starts[2i]:starts[2i+1]]` is a text, the next run its other side.

    Their languages are the recipe's at `bases[i]` (English, but for direct pairs) and at
    `languages[i]`.
    `origin` is the `fingerprint` of what they were made from.
    """

    origin: str
    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]
    bases: NDArray[np.uint8]
    languages: NDArray[np.uint8]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.languages)

    def save(self, path: Path) -> None:
        """Write the arrays, uncompressed, to an `.npz`, whole or not at all."""
        fresh = path.with_suffix(".new.npz")
        try:
            np.savez(fresh, origin=np.array(self.origin), ids=self.ids, starts=self.starts,
                     bases=self.bases, languages=self.languages, weights=self.weights)  # fmt: skip
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> "Examples":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(str(file["origin"]), file["ids"], file["starts"], file["bases"],
                       file["languages"], file["weights"])  # fmt: skip

    @staticmethod
    def origin_of(path: Path) -> str:
        """Return what a file says it was made from; empty where there is no such file, or part."""
        if not zipfile.is_zipfile(path):
            return ""
        with np.load(path, allow_pickle=False) as file:
            return str(file["origin"]) if "origin" in file else ""


def read_pairs(recipe: Recipe) -> Iterator[Pair]:
    """Yield every clean training pair of the recipe's corpora, then the hand-written ones.

    Direct pairs come among them, where the recipe wants any. Raises `CorpusError`, also where a
    language that is to be taught has no pair.
    """
    pairs = _english_pairs(recipe)
    return with_direct(pairs, random.Random(recipe.seed)) if recipe.direct else pairs  # noqa: S311


def _english_pairs(recipe: Recipe) -> Iterator[Pair]:
    missing = {language for language in recipe.taught if language != ENGLISH}
    for pair in _sources(recipe):
        missing.discard(pair.language)
        yield pair
    if missing:
        raise CorpusError(
            Path(recipe.corpora or recipe.mission),
            f"has nothing to learn from for {', '.join(sorted(missing))}: none of its pairs is"
            " clean; docs/training.md tells what is left out",
        )


def _sources(recipe: Recipe) -> Iterator[Pair]:
    exclude = read_exclusions(_excluded(recipe))
    others = _others(recipe)
    if recipe.corpora:
        for language in others:
            pairs = cleaned(read_corpus(Path(recipe.corpora), language), exclude)
            yield from islice(pairs, recipe.pairs_limit or None)
    if recipe.mission:
        yield from read_mission(Path(recipe.mission), others, "train")


def fingerprint(recipe: Recipe, vocabulary: Path) -> str:
    """Return a hash of all that decides what is encoded: files by size and time, and settings."""
    corpora = Path(recipe.corpora)
    files = [vocabulary, *_excluded(recipe)]
    files += [Path(recipe.mission)] if recipe.mission else []
    if recipe.corpora:
        files += [path for each in _others(recipe) for path in corpus_files(corpora, each)]
    known = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    settings = (recipe.languages, recipe.domains, recipe.fragments, recipe.temperature,
                recipe.direct, recipe.pairs_limit, recipe.seed)  # fmt: skip
    return hashlib.sha256(json.dumps([known, settings]).encode()).hexdigest()


def _others(recipe: Recipe) -> list[str]:
    return [language for language in recipe.languages if language != ENGLISH]


def _excluded(recipe: Recipe) -> list[Path]:
    return [path for pattern in recipe.exclude for path in _matching(pattern)]


def _matching(pattern: str) -> list[Path]:
    path = Path(pattern)
    found = sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor or "."))))
    if not found:
        raise CorpusError(path, "is to be excluded, and is no file: mend `exclude` in the recipe")
    return found


def encode(
    recipe: Recipe,
    processor: sentencepiece.SentencePieceProcessor,
    pairs: Iterator[Pair],
    *,
    origin: str = "",
    report: Callable[[int], None] | None = None,
) -> Examples:
    """Encode pairs, dropping those longer than the longest batch shape; `report` their number."""
    rng = random.Random(recipe.seed)  # noqa: S311
    ids: list[NDArray[np.uint16]] = []
    lengths: list[int] = []
    bases: list[int] = []
    languages: list[int] = []
    weights: list[float] = []
    for clean in pairs:
        pair = with_noise(clean, rng)
        # one text a call: a list makes the library start a pool of threads each time
        text, other = processor.encode(pair.text), processor.encode(pair.other)
        if max(len(text), len(other)) + 2 > LENGTHS[-1]:
            continue
        ids += [np.array(text, np.uint16), np.array(other, np.uint16)]
        lengths += [len(text), len(other)]
        bases.append(recipe.languages.index(pair.base))
        languages.append(recipe.languages.index(pair.language))
        weights.append(_weight(recipe, clean))
        if report and len(weights) % REPORT_EVERY == 0:
            report(len(weights))
    between = np.array(bases, np.uint8), np.array(languages, np.uint8)
    return Examples(
        origin,
        np.concatenate(ids),
        np.concatenate([[0], np.cumsum(lengths)]),
        *between,
        _tempered(np.array(weights, np.float32), *between, recipe.temperature),
    )


def _weight(recipe: Recipe, pair: Pair) -> float:
    weight = recipe.domains.get(pair.domain, 1.0)
    if pair.base != ENGLISH:
        return weight * recipe.direct
    whole = pair.domain == MISSION or is_sentence(pair.text)
    return weight if whole else weight * recipe.fragments


def _tempered(
    weights: NDArray[np.float32],
    bases: NDArray[np.uint8],
    languages: NDArray[np.uint8],
    temperature: float,
) -> NDArray[np.float32]:
    """Scale weights so that the share of two languages goes with size ** (1 / temperature)."""
    between = np.sort(np.stack([bases, languages]), axis=0).astype(np.int64)
    _, kind = np.unique(between[0] << 8 | between[1], return_inverse=True)
    totals = np.bincount(kind, weights)
    scale = np.array((totals / totals.mean()) ** (1 / temperature - 1), np.float32)
    scaled: NDArray[np.float32] = weights * scale[kind]
    return scaled


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded ids, each (rows, length): encoder input, decoder input, labels."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    labels: NDArray[np.int64]


class Batches:
    """One pass over the examples in both directions: weighted, shuffled, of fixed shapes."""

    def __init__(
        self,
        examples: Examples,
        recipe: Recipe,
        processor: sentencepiece.SentencePieceProcessor,
        epoch: int,
    ) -> None:
        self._examples = examples
        self._tags = [processor.piece_to_id(tag(language)) for language in recipe.languages]
        self._plan = self._draw(recipe, np.random.default_rng([recipe.seed, epoch]))

    def __len__(self) -> int:
        return len(self._plan)

    def __getitem__(self, index: int) -> Batch:
        return self._build(*self._plan[index])

    def _draw(
        self, recipe: Recipe, rng: np.random.Generator
    ) -> list[tuple[int, NDArray[np.int64]]]:
        """Repeat each directed example by its weight and cut the shuffled lot into batches."""
        shares = np.array([recipe.shares.get(each, 1.0) for each in recipe.languages], np.float32)
        taught = shares[self._examples.bases] * shares[self._examples.languages]
        weights = np.repeat(self._examples.weights * taught, 2)
        counts = (weights + rng.random(len(weights))).astype(np.int64)
        directed = rng.permutation(np.repeat(np.arange(len(weights)), counts))
        sizes = np.diff(self._examples.starts).reshape(-1, 2).max(axis=1) + 2
        shapes = np.searchsorted(LENGTHS, sizes[directed // 2])
        plan: list[tuple[int, NDArray[np.int64]]] = []
        for shape, length in enumerate(LENGTHS):
            members = directed[shapes == shape]
            rows = max(recipe.batch_tokens // length, 1)
            full = len(members) // rows * rows
            plan += [(length, part) for part in members[:full].reshape(-1, rows)]
        order = rng.permutation(len(plan))
        return [plan[position] for position in order]

    def _build(self, length: int, members: NDArray[np.int64]) -> Batch:
        source = np.full((len(members), length), PAD, np.int64)
        target = source.copy()
        labels = np.full_like(source, IGNORED)
        for row, member in enumerate(members):
            pair, reverse = divmod(int(member), 2)
            text, answer = self._side(2 * pair + reverse), self._side(2 * pair + 1 - reverse)
            into = self._examples.bases if reverse else self._examples.languages
            mark = self._tags[into[pair]]
            source[row, : len(text) + 2] = [mark, *text, EOS]
            target[row, : len(answer) + 2] = [EOS, mark, *answer]
            labels[row, 1 : len(answer) + 2] = [*answer, EOS]
        return Batch(source, target, labels)

    def _side(self, position: int) -> NDArray[np.uint16]:
        begin, end = self._examples.starts[position : position + 2]
        return self._examples.ids[begin:end]
