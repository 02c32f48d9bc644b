"""Training pairs as numbers: bags of pieces, pairs of bags, and the batches made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, cycle, islice
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from linkage.learn.pairs import ENGLISH, Pair
from linkage.learn.recipe import EncoderRecipe

MAX_PIECES = 128
_PART = 20_000
_FINISH = 1_000_000
"""The number of the pass that ends a training; no other comes so far."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bags:
    """The piece ids of many texts, one after the other; text i has offsets[i]:offsets[i + 1]."""

    ids: NDArray[np.uint32]
    offsets: Rows

    @classmethod
    def of(cls, texts: Sequence[str], tokenizer: Tokenizer) -> Self:
        """Encode texts, each cut to its first pieces; a text without any holds the unknown one."""
        parts: list[NDArray[np.uint32]] = []
        lengths: list[int] = []
        for start in range(0, len(texts), _PART):
            encodings = tokenizer.encode_batch_fast(texts[start : start + _PART])
            bags = [encoding.ids[:MAX_PIECES] or [0] for encoding in encodings]
            lengths.extend(map(len, bags))
            parts.append(np.fromiter((i for bag in bags for i in bag), dtype=np.uint32))
        return cls(np.concatenate(parts), np.concatenate([[0], np.cumsum(lengths)]))

    def take(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return the ids of the chosen texts, one after the other, and each one's length."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        begins = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) + np.repeat(starts - begins, lengths)
        return self.ids[places].astype(np.int64), lengths


@dataclass(frozen=True, slots=True)
class PairTable:
    """Pairs as rows of a list of texts. `weights` says how often each is seen in a pass."""

    english: Rows
    other: Rows
    language: NDArray[np.uint8]
    weights: NDArray[np.float32]

    def batches(self, recipe: EncoderRecipe, number: int) -> list[Rows]:
        """Return the rows of each batch of pass `number`; a batch is of one language.

        Texts of one language are the hardest to tell apart: nothing but their meaning helps.
        """
        rng = np.random.default_rng([recipe.seed, number])
        weights = self._balanced(recipe.balance)
        seen = np.floor(weights + rng.random(len(weights))).astype(np.int64)
        batches: list[Rows] = []
        for language in np.unique(self.language):
            rows = np.flatnonzero(self.language == language)
            rows = rng.permutation(np.repeat(rows, seen[rows]))
            cuts = np.arange(recipe.batch, len(rows), recipe.batch)
            batches.extend(part for part in np.split(rows, cuts) if len(part) > 1)
        return [batches[i] for i in rng.permutation(len(batches))]

    def alternated(self, recipe: EncoderRecipe) -> list[Rows]:
        """Return `recipe.finish` batches, by turns of catalogue texts and of translations."""
        batches = self.batches(recipe, _FINISH)
        catalogue = [rows for rows in batches if self.language[rows[0]] == 0]
        translations = [rows for rows in batches if self.language[rows[0]] > 0]
        turns = [cycle(kind) for kind in (catalogue, translations) if kind]
        return list(islice(chain.from_iterable(zip(*turns, strict=False)), recipe.finish))

    def _balanced(self, balance: float) -> NDArray[np.float64]:
        """Return the weights, those of a translation larger where its language has little."""
        sizes = np.bincount(self.language, self.weights)
        factors = (sizes.max() / np.maximum(sizes, 1)) ** balance
        factors[0] = 1  # catalogue texts are no language of their own
        scaled: NDArray[np.float64] = self.weights * factors[self.language]
        return scaled


def index_pairs(pairs: Iterable[Pair], recipe: EncoderRecipe) -> tuple[list[str], PairTable]:
    """Return the distinct texts of the pairs, and the pairs as rows of them."""
    known: dict[str, int] = {}
    languages = {language: code for code, language in enumerate((ENGLISH, *recipe.languages))}
    rows = [
        (known.setdefault(pair.english, len(known)), known.setdefault(pair.other, len(known)),
         languages[pair.language], recipe.domains.get(pair.domain, 1.0))
        for pair in pairs
    ]  # fmt: skip
    english, other, language, weights = zip(*rows, strict=True)
    return list(known), PairTable(
        np.array(english, dtype=np.int64),
        np.array(other, dtype=np.int64),
        np.array(language, dtype=np.uint8),
        np.array(weights, dtype=np.float32),
    )


def most_paired(pairs: PairTable, limit: int) -> Rows:
    """Return the rows of the English texts that are seen most beside a translation."""
    is_translation = pairs.language > 0
    counts = np.bincount(pairs.english[is_translation], pairs.weights[is_translation])
    order = np.argsort(-counts, kind="stable")
    return order[: min(limit, int((counts > 0).sum()))]
