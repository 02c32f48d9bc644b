"""Values that cross the translation domain."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

PLACEHOLDERS = tuple(f"⟦{index}⟧" for index in range(10))
"""Tokens the shipped models were taught to copy: what must survive travels as one of these."""

Status = Literal["done", "needs_review", "failed"]
Formality = Literal["more", "less"]


def tag(language: str) -> str:
    """Return the vocabulary's token for a language, `__de__` for `de`."""
    return f"__{language}__"


@dataclass(frozen=True, slots=True)
class AppliedTerm:
    """A glossary's term as the text has it, and what stands for it in the translation."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class MemoryMatch:
    """A unit of the translation memory that gave a translation.

    An exact match has the same words; its score is 1 where nothing else differs either. `share`
    is how much of the text was found, in characters; the match is the weakest of them.
    """

    match: Literal["exact", "fuzzy"]
    score: float
    tuid: str
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Translation:
    """One translated text: what came out, from which language, how sure, and what was checked.

    `checks` names the checks that failed; `alternatives` are other answers, the likeliest first;
    `plain_text` is what it would be without the glossary, where that was asked for. A failed
    translation carries the text it was given; `reason` tells why it failed, or needs review.
    `source` is None where the language could not be told, or was not needed.
    """

    text: str
    source: str | None
    target: str
    status: Status
    confidence: float
    checks: tuple[str, ...] = ()
    model: str = ""
    reason: str | None = None
    glossary_terms: tuple[AppliedTerm, ...] = ()
    plain_text: str | None = None
    alternatives: tuple[str, ...] = ()
    memory: MemoryMatch | None = None


@dataclass(frozen=True, slots=True)
class Decoding:
    """How all segments of one call are decoded; `is_urgent` puts them before those of others."""

    alternatives: int = 0
    formality: Formality | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One segment for an engine, and how it is to be decoded.

    `is_careful` forbids repetition; `is_aligned` asks for the alignment; `alternatives` is how many
    other answers are wanted. A formality that the model does not know changes nothing.
    """

    text: str
    source: str
    target: str
    is_careful: bool = False
    is_aligned: bool = False
    alternatives: int = 0
    formality: Formality | None = None


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which characters of a segment the decoder looked at for each piece of its answer.

    `sources` and `targets` are where the pieces of the segment and of the answer begin, in
    characters; `weights[i][j]` is how much of piece i of the answer came from piece j.
    """

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    weights: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an engine returns for one segment: the text and its mean log-probability a token.

    `is_cut` tells that decoding came to its limit before the answer came to its end.
    """

    text: str
    score: float
    alignment: Alignment | None = None
    is_cut: bool = False
    alternatives: tuple["Decoded", ...] = ()


@dataclass(frozen=True, slots=True)
class Direction:
    """A source and a target language a model was trained for, and how well it measured."""

    source: str
    target: str
    chrf: float | None = field(default=None, compare=False)
    has_formality: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of a file that could not be used: where it stands, its id if it has one, and why."""

    place: str
    reason: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. `faults` holds the first thousand; `failed` counts them all.

    `warnings` are about what came in, the first thousand of them.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
