"""Values that cross the translation domain."""

from dataclasses import dataclass, field
from typing import Literal

PLACEHOLDERS = tuple(f"⟦{index}⟧" for index in range(10))
"""Tokens the shipped models were taught to copy: what must survive travels as one of these."""

Status = Literal["done", "needs_review", "failed"]


def tag(language: str) -> str:
    """Return the vocabulary's token for a language, `__de__` for `de`."""
    return f"__{language}__"


@dataclass(frozen=True, slots=True)
class Translation:
    """One translated text: what came out, from which language, how sure, and what was checked.

    `checks` names the checks that failed. A failed translation carries the text it was given and
    the `reason`; `source` is None where the language could not be told, or was not needed.
    """

    text: str
    source: str | None
    target: str
    status: Status
    confidence: float
    checks: tuple[str, ...] = ()
    model: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an engine returns for one segment: the text and its mean log-probability a token."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Direction:
    """A source and a target language a model was trained for, and how well it measured."""

    source: str
    target: str
    chrf: float | None = field(default=None, compare=False)
