"""A file taken apart: bytes that stay, and passages to translate between them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from translate.markup import Markup

Render = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a reader is told: the languages, and which fields of a table are to be translated.

    `columns` are names (of a CSV file's header, of JSON members) or, without a header, numbers from
    1. `is_thorough` translates again what a bilingual file has a translation of.
    """

    target: str
    source: str | None = None
    columns: tuple[str, ...] = ()
    is_thorough: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to translate: how it is marked up (None: plain text), and where it stands."""

    text: str
    place: str
    markup: Markup | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a translation goes: `original` stays unless there is one, which `render` writes.

    `render` raises `UnicodeEncodeError` for what the file's encoding cannot hold.
    """

    passage: Passage
    original: bytes
    render: Render


@dataclass(frozen=True, slots=True)
class Document:
    """A file as pieces, in order. `finish` makes the file of them where joining does not.

    `source` is the language that the file says it is in.
    """

    pieces: Sequence[bytes | Slot]
    source: str | None = None
    finish: Callable[[Sequence[bytes]], bytes] = field(default=b"".join)

    @property
    def passages(self) -> list[Passage]:
        """Return what is to be translated, in the file's order."""
        return [slot.passage for slot in self.slots]

    @property
    def slots(self) -> list[Slot]:
        """Return where the translations go, in the file's order."""
        return [piece for piece in self.pieces if isinstance(piece, Slot)]

    def with_translations(self, texts: Iterable[str | None]) -> bytes:
        """Return the file with a text in place of each passage; None leaves the place as it was."""
        given = iter(texts)
        return self.finish([
            _written(piece, next(given)) if isinstance(piece, Slot) else piece
            for piece in self.pieces
        ])  # fmt: skip


def _written(slot: Slot, text: str | None) -> bytes:
    return slot.original if text is None else slot.render(text)


def replacing(passage: Passage, original: bytes, render: Render) -> Slot:
    """Return a slot of a file in one language: a text that did not change keeps its bytes."""
    return Slot(passage, original, lambda text: original if text == passage.text else render(text))
