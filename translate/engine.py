"""Decoding: the one module that knows CTranslate2 at run time."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Protocol

from translate.batching import Batcher, Row
from translate.card import REMEDY, ModelCard
from translate.errors import ModelError
from translate.lexis import FILE as LEXIS
from translate.lexis import Lexis
from translate.tokens import Tokenizer
from translate.types import Decoded, Direction, Request

BATCH_TOKENS = 2048
"""Positions a decoding batch, padding included; more gain nothing on a CPU."""
SHORTEST = 16
"""Rows are batched by length, to the next power of two from here on, and sorted in each class: how
wide its batch is padded moves the last digits of a row's scores (docs/decisions/0054)."""
SPARE = 4
"""An answer may have twice the pieces of its row's length class, and this many more."""
REPETITION_PENALTY = 1.2
"""What a careful decoding takes from pieces that are in the answer already. With it a greedy second
try mends more than a beam of 4 without it, in a third of the time (docs/decisions/0032)."""


class Engine(Protocol):
    """Translates segments that fit, each on its own.

    What shares a batch with a segment changes what it becomes only by how wide the batch is padded,
    which moves the last digits of scores: of 512 segments one came out with other words than alone.
    """

    @property
    def name(self) -> str:
        """Name and version, as stored with each translation."""
        ...

    @property
    def directions(self) -> Sequence[Direction]:
        """What it translates from and to."""
        ...

    def warm(self) -> None:
        """Load now what would load at first use; raise `ModelError` when it cannot be used."""
        ...

    def fits(self, segment: str) -> bool:
        """Tell whether a segment is short enough to be translated whole."""
        ...

    def reads(self, character: str) -> bool:
        """Tell whether the model has a piece for a character, rather than bytes or nothing."""
        ...

    def knows(self, word: str, language: str) -> bool:
        """Tell whether a word was met often enough in training; true where nobody knows."""
        ...

    def translate(self, requests: Sequence[Request], *, is_urgent: bool = False) -> list[Decoded]:
        """Translate segments; the answers are in their order. Urgent ones come before others."""
        ...


class _Kind(NamedTuple):
    """What rows of one batch have in common: their length class, and how they are decoded."""

    length: int
    begin: tuple[str, ...]
    beam: int
    hypotheses: int
    is_careful: bool
    is_aligned: bool


class _Parts(NamedTuple):
    """What is loaded of a model's folder."""

    tokenizer: Tokenizer
    translator: Any
    lexis: Lexis


class CTranslate2Engine:
    """A model folder with a `weft-model.json`, decoded in up to `threads` batches at a time.

    Each segment is the best of `beam_size` answers that are followed at once. The folder's card is
    read at once; the weights are verified and loaded at first use, since CTranslate2 does not
    survive a fork. Safe to share between threads, whose segments are decoded in common batches.
    """

    def __init__(self, folder: Path, *, threads: int = 1, beam_size: int = 1) -> None:
        self._folder = folder
        self._threads = threads
        self._beam_size = beam_size
        self._card = ModelCard.read(folder)
        self._loading = Lock()
        self._batcher = Batcher(self._decode, slots=threads, batch_size=BATCH_TOKENS)

    @property
    def name(self) -> str:
        """Name and version of the model, and the beam it is decoded with."""
        beam = f"+beam{self._beam_size}" if self._beam_size > 1 else ""
        return f"{self._card.name}@{self._card.version}{beam}"

    @property
    def directions(self) -> Sequence[Direction]:
        """The directions the model was trained for, each with its measured quality."""
        return self._card.directions

    def warm(self) -> None:
        """Verify and load the model now; raise `ModelError` when it cannot be used."""
        assert self._parts

    def fits(self, segment: str) -> bool:
        """Tell whether a segment has no more pieces than the model was trained on."""
        limit = self._card.max_pieces
        # no piece is shorter than a byte, so most need no counting
        if len(segment) < limit // 4 or len(segment.encode()) < limit:
            return True
        return self._tokenizer.count(segment) <= limit

    def reads(self, character: str) -> bool:
        """Tell whether the vocabulary has a piece for a character, rather than bytes or nothing."""
        return self._tokenizer.reads(character)

    def knows(self, word: str, language: str) -> bool:
        """Tell whether a word is in the lexis of the model, if it has one."""
        return self._parts.lexis.has(word, language)

    def translate(self, requests: Sequence[Request], *, is_urgent: bool = False) -> list[Decoded]:
        """Translate segments; raise `ValueError` for one twice as long as fits."""
        rows = [
            self._row(request, tokens)
            for request, tokens in zip(requests, self._tokenizer.rows(requests), strict=True)
        ]
        results = self._batcher.decode(rows, is_urgent=is_urgent)
        return [
            self._read(request, row.kind, result)
            for request, row, result in zip(requests, rows, results, strict=True)
        ]

    def _row(self, request: Request, tokens: list[str]) -> Row[_Kind]:
        if len(tokens) > 2 * self._card.max_pieces:
            raise ValueError("a segment is longer than the model has positions; ask `fits` first")
        length = max(1 << (len(tokens) - 1).bit_length(), SHORTEST)
        beam = max(self._beam_size, request.alternatives + 1)
        kind = _Kind(
            length,
            self._tokenizer.begin(request),
            beam,
            request.alternatives + 1,
            request.is_careful,
            # second tries are few: those that need no alignment share the batches of those that do
            request.is_aligned or request.is_careful,
        )
        return Row(tokens, kind, length)

    def _decode(self, rows: Sequence[Row[_Kind]]) -> Sequence[Any]:
        """Decode a batch; the longest answer it may give depends on its kind alone."""
        kind = rows[0].kind
        results: Sequence[Any] = self._translator.translate_batch(
            [row.tokens for row in rows],
            target_prefix=[list(kind.begin)] * len(rows),
            max_input_length=0,
            max_decoding_length=self._longest(kind),
            beam_size=kind.beam,
            num_hypotheses=kind.hypotheses,
            no_repeat_ngram_size=4 if kind.is_careful else 0,
            repetition_penalty=self._penalty(kind),
            return_scores=True,
            return_attention=kind.is_aligned,
        )
        return results

    def _penalty(self, kind: _Kind) -> float:
        usual = self._card.repetition_penalty
        return max(usual, REPETITION_PENALTY) if kind.is_careful else usual

    def _longest(self, kind: _Kind) -> int:
        return 2 * min(kind.length + SPARE, self._card.max_pieces)

    def _read(self, request: Request, kind: _Kind, result: Any) -> Decoded:  # noqa: ANN401 - no types
        first, *others = (
            self._answer(request, kind, result, number) for number in range(kind.hypotheses)
        )
        return replace(first, alternatives=tuple(others)) if others else first

    def _answer(self, request: Request, kind: _Kind, result: Any, number: int) -> Decoded:  # noqa: ANN401
        tokens, prefix = result.hypotheses[number], len(kind.begin)
        text, alignment = "", None
        if request.is_aligned:
            attention = result.attention[number][prefix:]
            text, alignment = self._tokenizer.aligned(request, tokens[prefix:], attention)
        else:
            text = self._tokenizer.text(tokens[prefix:])
        is_cut = len(tokens) >= self._longest(kind)
        return Decoded(text, result.scores[number], alignment, is_cut)

    @property
    def _tokenizer(self) -> Tokenizer:
        return self._parts.tokenizer

    @property
    def _translator(self) -> Any:  # noqa: ANN401 - CTranslate2 has no types
        return self._parts.translator

    @property
    def _parts(self) -> "_Parts":
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> "_Parts":
        import ctranslate2  # noqa: PLC0415 - starts threads: never before a fork

        self._card.verify(self._folder)
        try:
            # one batch more than `threads` is decoded while something urgent comes in
            translator = ctranslate2.Translator(
                str(self._folder), inter_threads=self._threads + 1, intra_threads=1
            )
            words = Lexis.read(self._folder / LEXIS) if LEXIS in self._card.files else Lexis({})
            return _Parts(Tokenizer(self._folder, self._card), translator, words)
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(self._folder, f"cannot be loaded ({error}); {REMEDY}") from error


def shipped_model() -> Path:
    """Return the folder of the model that ships with Weft."""
    return Path(str(files("translate") / "data" / "weft-mt-small"))
