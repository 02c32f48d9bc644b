"""Decoding: the one module that knows CTranslate2 and SentencePiece at run time."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from translate.card import REMEDY, ModelCard
from translate.errors import ModelError
from translate.types import Alignment, Decoded, Direction, Request, tag

BATCH_TOKENS = 2048
"""Positions a decoding batch, padding included; more gain nothing on a CPU."""
_END = "</s>"


class Engine(Protocol):
    """Translates segments that fit, each on its own: no batch changes what a segment becomes."""

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

    def translate(self, requests: Sequence[Request]) -> list[Decoded]:
        """Translate segments; the answers are in their order."""
        ...


class CTranslate2Engine:
    """A model folder with a `weft-model.json`, decoded in `threads` parallel workers.

    The folder's card is read at once; the weights are verified and loaded at first use, since
    CTranslate2 does not survive a fork. Safe to share between threads.
    """

    def __init__(self, folder: Path, *, threads: int = 1, beam_size: int = 1) -> None:
        self._folder = folder
        self._threads = threads
        self._beam_size = beam_size
        self._card = ModelCard.read(folder)
        self._loading = Lock()
        self._directions = self._card.directions

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return f"{self._card.name}@{self._card.version}"

    @property
    def directions(self) -> Sequence[Direction]:
        """The directions the model was trained for, each with its measured quality."""
        return self._directions

    def warm(self) -> None:
        """Verify and load the model now; raise `ModelError` when it cannot be used."""
        assert self._parts

    def fits(self, segment: str) -> bool:
        """Tell whether a segment has no more pieces than the model was trained on."""
        limit = self._card.max_pieces
        # no piece is shorter than a byte, so most need no counting
        if len(segment) < limit // 4 or len(segment.encode()) < limit:
            return True
        return len(self._processor.encode(segment)) <= limit

    def translate(self, requests: Sequence[Request]) -> list[Decoded]:
        """Translate segments; raise `ValueError` for one twice as long as fits."""
        rows = [self._row(request) for request in requests]
        if any(len(row) > 2 * self._card.max_pieces for row in rows):
            raise ValueError("a segment is longer than the model has positions; ask `fits` first")
        decoded: list[Decoded] = [Decoded("", 0.0)] * len(rows)
        running = [
            (places, self._start([rows[place] for place in places], requests[places[0]]))
            for places in _batches(requests, rows)
        ]
        for places, results in running:
            for place, result in zip(places, results, strict=True):
                decoded[place] = self._read(requests[place], result.result())
        return decoded

    def _row(self, request: Request) -> list[str]:
        pieces: list[str] = self._processor.encode(request.text, out_type=str)
        return [tag(request.target), *pieces, _END]

    def _start(self, rows: list[list[str]], request: Request) -> list[Any]:
        """Queue rows of like length; the longest answer they can have is in proportion."""
        options: dict[str, Any] = {"beam_size": self._beam_size}
        if request.is_careful:
            options = {"beam_size": 4, "no_repeat_ngram_size": 4}
        results: list[Any] = self._translator.translate_batch(
            rows,
            target_prefix=[row[:1] for row in rows],
            asynchronous=True,
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
            max_input_length=0,
            max_decoding_length=2 * min(max(map(len, rows)) + 4, self._card.max_pieces),
            return_scores=True,
            return_attention=request.is_aligned,
            **options,
        )
        return results

    def _read(self, request: Request, result: Any) -> Decoded:  # noqa: ANN401 - no types
        pieces = result.hypotheses[0][1:]
        if not request.is_aligned:
            return Decoded(self._processor.decode(pieces), result.scores[0])
        answer = self._processor.decode(pieces, return_type="offset_mapping")
        source = self._processor.encode(request.text, return_type="offset_mapping")
        alignment = Alignment(
            _begins(source["pieces"], source["offsets"]),
            _begins(pieces, answer["offsets"]),
            # without the tag before, and the end mark after
            [row[1:-1] for row in result.attention[0][1:]],
        )
        return Decoded(answer["text"], result.scores[0], alignment)

    @property
    def _processor(self) -> Any:  # noqa: ANN401 - SentencePiece has no types
        return self._parts[0]

    @property
    def _translator(self) -> Any:  # noqa: ANN401 - CTranslate2 has no types
        return self._parts[1]

    @property
    def _parts(self) -> tuple[Any, Any]:
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        import ctranslate2  # noqa: PLC0415 - starts threads: never before a fork
        import sentencepiece  # noqa: PLC0415

        self._card.verify(self._folder)
        try:
            processor = sentencepiece.SentencePieceProcessor(
                model_file=str(self._folder / "vocabulary.model")
            )
            translator = ctranslate2.Translator(
                str(self._folder), inter_threads=self._threads, intra_threads=1
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(self._folder, f"cannot be loaded ({error}); {REMEDY}") from error
        return processor, translator


def _begins(pieces: Sequence[str], offsets: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Return where the pieces' first letters are, behind the space that some begin with."""
    return tuple(
        min(begin + piece.startswith("▁"), end) if begin else begin
        for piece, (begin, end) in zip(pieces, offsets, strict=True)
    )


def _batches(requests: Sequence[Request], rows: Sequence[Sequence[str]]) -> Iterator[list[int]]:
    """Yield the places of the rows that are decoded alike, in groups of like length."""

    def shape(place: int) -> tuple[bool, bool, int]:
        request = requests[place]
        length = max((len(rows[place]) - 1).bit_length(), 4)
        return request.is_careful, request.is_aligned, length

    for _, places in groupby(sorted(range(len(rows)), key=shape), key=shape):
        yield list(places)


def shipped_model() -> Path:
    """Return the folder of the model that ships with Weft."""
    return Path(str(files("translate") / "data" / "weft-mt-small"))
