"""Segments into the tokens a model reads, and its answers into text: SentencePiece and a card."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import sentencepiece

from translate.card import ModelCard
from translate.types import PLACEHOLDERS, Alignment, Request

SOURCE, TARGET = "vocabulary.model", "target.model"
"""Names of the vocabularies in a model's folder; a shared one is only `SOURCE`."""
_FRAMES = 1024
"""Frames that are remembered, of directions in use."""

_CHARACTERS = 4096
"""Characters of which is remembered whether the model knows them."""


class Tokenizer:
    """The vocabulary of a model, or the two of it, and how the card says to frame a segment."""

    def __init__(self, folder: Path, card: ModelCard) -> None:
        self._card = card
        self._source = _load(folder / SOURCE)
        self._target = _load(folder / TARGET) if (folder / TARGET).exists() else self._source
        self.reads = lru_cache(maxsize=_CHARACTERS)(self._reads)
        self._filled = lru_cache(maxsize=_FRAMES)(self._fill)
        self._changed = [
            (ours, theirs)
            for ours, theirs in zip(PLACEHOLDERS, card.placeholders, strict=True)
            if ours != theirs
        ]

    def count(self, segment: str) -> int:
        """Return how many pieces a segment has."""
        return len(self._source.encode(self._as_read(segment)))

    def _reads(self, character: str) -> bool:
        """Tell whether a character is in the vocabulary, and not only its bytes."""
        pieces = self._source.encode(self._as_read(character))
        return not any(self._source.is_unknown(each) or self._source.is_byte(each)
                       for each in pieces)  # fmt: skip

    def rows(self, requests: Sequence[Request]) -> list[list[str]]:
        """Return the tokens of each segment, framed."""
        texts = [self._as_read(request.text) for request in requests]
        pieces: list[list[str]] = self._source.encode(texts, out_type=str)
        return [
            [*self._before(request), *row, *self._framed(self._card.framing.after, request)]
            for request, row in zip(requests, pieces, strict=True)
        ]

    def begin(self, request: Request) -> tuple[str, ...]:
        """Return what every answer to a request starts with."""
        return self._framed(self._card.framing.begin, request)

    def text(self, pieces: Sequence[str]) -> str:
        """Return the text of an answer's pieces."""
        return self._as_ours(self._target.decode(list(pieces)))

    def aligned(
        self, request: Request, pieces: Sequence[str], attention: Sequence[Sequence[float]]
    ) -> tuple[str, Alignment]:
        """Return the text of an answer's pieces, and what each of them came from.

        `attention` has a row for each piece, over all tokens of the request's row.
        """
        answer = self._target.decode(list(pieces), return_type="offset_mapping")
        source = self._source.encode(self._as_read(request.text), return_type="offset_mapping")
        first, size = len(self._before(request)), len(source["pieces"])
        alignment = Alignment(
            _begins(source["pieces"], source["offsets"]),
            _begins(pieces, answer["offsets"]),
            [row[first : first + size] for row in attention],
        )
        return self._as_ours(answer["text"]), alignment

    def _before(self, request: Request) -> list[str]:
        formality = self._card.formality.get(request.formality or "")
        before = self._framed(self._card.framing.before, request)
        return [*before, formality] if formality else [*before]

    def _framed(self, templates: tuple[str, ...], request: Request) -> tuple[str, ...]:
        return self._filled(templates, request.source, request.target)

    def _fill(self, templates: tuple[str, ...], source: str, target: str) -> tuple[str, ...]:
        tags = {"source": self._card.tag(source), "target": self._card.tag(target)}
        return tuple(each.format(**tags) for each in templates)

    def _as_read(self, text: str) -> str:
        """Return a segment with the tokens that this model copies, each as long as ours."""
        for ours, theirs in self._changed:
            text = text.replace(ours, theirs)
        return text

    def _as_ours(self, text: str) -> str:
        for ours, theirs in self._changed:
            text = text.replace(theirs, ours)
        return text


def _load(path: Path) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def _begins(pieces: Sequence[str], offsets: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Return where the pieces' first letters are, behind the space that some begin with."""
    return tuple(
        min(begin + piece.startswith("▁"), end) if begin else begin
        for piece, (begin, end) in zip(pieces, offsets, strict=True)
    )
