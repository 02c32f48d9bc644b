"""Encoded training pairs and the batches made of them.

A pair is stored once, as piece ids, and used in both directions. Batches have a few fixed
shapes, because CPU kernels are built per shape: variable ones train five times slower.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from translate.learn.config import Recipe
from translate.learn.corpora import (
    ENGLISH,
    Pair,
    cleaned,
    is_sentence,
    read_exclusions,
    read_mission,
    read_tsv,
)
from translate.learn.vocabulary import EOS, PAD
from translate.types import PLACEHOLDERS, tag

LENGTHS = (12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128)
"""Padded lengths of batches, in pieces with the tags; longer pairs are left out."""

_COPIED = re.compile(
    r"(?:https?://\S+|[\w.+-]+@[\w-]+\.\w+|\b\d[\d.,:/-]*\d\b|\b[A-Z]\w*[A-Z0-9]\w*)"
)
IGNORED = -100
"""The label that the loss passes over."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs as flat arrays: `ids[starts[2i]:starts[2i+1]]` is English, the next run the other."""

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]
    languages: NDArray[np.uint8]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.languages)

    def save(self, path: Path) -> None:
        """Write the arrays, uncompressed, to an `.npz`."""
        np.savez(path, ids=self.ids, starts=self.starts, languages=self.languages,
                 weights=self.weights)  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> "Examples":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["ids"], file["starts"], file["languages"], file["weights"])


def corpus_path(recipe: Recipe, language: str) -> Path:
    """Return the corpus file of a language, compressed or plain."""
    folder = Path(recipe.corpora)
    plain = folder / f"{ENGLISH}-{language}.tsv"
    return plain if plain.exists() else folder / f"{ENGLISH}-{language}.tsv.zst"


def read_pairs(recipe: Recipe) -> Iterator[Pair]:
    """Yield every clean training pair of the recipe's corpora, then the hand-written ones."""
    exclude = read_exclusions(path for glob in recipe.exclude for path in sorted(_glob(glob)))
    others = [language for language in recipe.languages if language != ENGLISH]
    if recipe.corpora:
        for language in others:
            pairs = cleaned(read_tsv(corpus_path(recipe, language), language), exclude)
            for count, pair in enumerate(pairs):
                if recipe.pairs_limit and count >= recipe.pairs_limit:
                    break
                yield pair
    if recipe.mission:
        yield from read_mission(Path(recipe.mission), others, "train")


def _glob(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    return Path(path.anchor or ".").glob(str(path.relative_to(path.anchor or ".")))


def with_noise(pair: Pair, rng: random.Random) -> Pair:
    """Return the pair as it may also come in: without its full stop, or with placeholders."""
    english, other = pair.english, pair.other
    if rng.random() < 0.1 and english.endswith(".") and other.endswith("."):  # noqa: PLR2004
        english, other = english[:-1], other[:-1]
    if rng.random() < 0.3:  # noqa: PLR2004
        english, other = _masked(english, other, rng)
    return Pair(pair.language, pair.domain, english, other)


def _masked(english: str, other: str, rng: random.Random) -> tuple[str, str]:
    """Replace what both sides copy (numbers, addresses, codes) by placeholder tokens."""
    numbers = rng.sample(range(len(PLACEHOLDERS)), 3)
    for word in dict.fromkeys(_COPIED.findall(english)):
        if numbers and english.count(word) == 1 and other.count(word) == 1:
            token = PLACEHOLDERS[numbers.pop()]
            english, other = english.replace(word, token), other.replace(word, token)
    return english, other


def encode(
    recipe: Recipe, processor: sentencepiece.SentencePieceProcessor, pairs: Iterator[Pair]
) -> Examples:
    """Encode pairs, dropping those longer than the longest batch shape."""
    rng = random.Random(recipe.seed)  # noqa: S311
    ids: list[NDArray[np.uint16]] = []
    lengths: list[int] = []
    languages: list[int] = []
    weights: list[float] = []
    for clean in pairs:
        pair = with_noise(clean, rng)
        # one text a call: a list makes the library start a pool of threads each time
        english, other = processor.encode(pair.english), processor.encode(pair.other)
        if max(len(english), len(other)) + 2 > LENGTHS[-1]:
            continue
        ids += [np.array(english, np.uint16), np.array(other, np.uint16)]
        lengths += [len(english), len(other)]
        languages.append(recipe.languages.index(pair.language))
        weights.append(_weight(recipe, clean))
    by_language = np.array(languages, np.uint8)
    return Examples(
        np.concatenate(ids),
        np.concatenate([[0], np.cumsum(lengths)]),
        by_language,
        _tempered(np.array(weights, np.float32), by_language, recipe.temperature),
    )


def _weight(recipe: Recipe, pair: Pair) -> float:
    weight = recipe.domains.get(pair.domain, 1.0)
    whole = pair.domain == "mission" or is_sentence(pair.english)
    return weight if whole else weight * recipe.fragments


def _tempered(
    weights: NDArray[np.float32], languages: NDArray[np.uint8], temperature: float
) -> NDArray[np.float32]:
    """Scale weights so that a language's share goes with size ** (1 / temperature)."""
    totals = {code: float(weights[languages == code].sum()) for code in np.unique(languages)}
    mean = sum(totals.values()) / len(totals)
    for code, total in totals.items():
        weights[languages == code] *= (total / mean) ** (1 / temperature - 1)
    return weights


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
        self._english = recipe.languages.index(ENGLISH)
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
        weights = np.repeat(self._examples.weights * shares[self._examples.languages], 2)
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
            english, other = (self._side(2 * pair), self._side(2 * pair + 1))
            code = int(self._examples.languages[pair])
            text, answer, language = (
                (other, english, self._english) if reverse else (english, other, code)
            )
            mark = self._tags[language]
            source[row, : len(text) + 2] = [mark, *text, EOS]
            target[row, : len(answer) + 2] = [EOS, mark, *answer]
            labels[row, 1 : len(answer) + 2] = [*answer, EOS]
        return Batch(source, target, labels)

    def _side(self, position: int) -> NDArray[np.uint16]:
        begin, end = self._examples.starts[position : position + 2]
        return self._examples.ids[begin:end]
