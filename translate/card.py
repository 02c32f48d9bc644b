"""The card of a model folder: what it is, what it can do, and the checksums of its files."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Self

from translate.errors import ModelError
from translate.types import PLACEHOLDERS, Direction, tag

CARD = "weft-model.json"
REMEDY = "fetch it again, or make it again with `weft train translator`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """What stands around the pieces of a segment: tokens, in which languages are filled in.

    `before` and `after` frame what the encoder reads, `begin` is what every answer starts with.
    """

    before: tuple[str, ...] = ("{target}",)
    after: tuple[str, ...] = ("</s>",)
    begin: tuple[str, ...] = ("{target}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What `weft-model.json` says. `files` maps names in the folder to their SHA-256.

    `max_pieces` is the longest segment the model was trained on, without what frames it. `tags`
    are the tokens of languages, where they are not of the form `__de__`; `formality` maps `more`
    and `less` to tokens, where the model was taught them. `repetition_penalty` is CTranslate2's: a
    weak model repeats itself less with a little more than 1.
    """

    name: str
    version: str
    max_pieces: int
    languages: tuple[str, ...]
    directions: tuple[Direction, ...]
    made_from: Mapping[str, Any]
    files: Mapping[str, str]
    framing: Framing = field(default_factory=Framing)
    tags: Mapping[str, str] = field(default_factory=dict)
    placeholders: tuple[str, ...] = PLACEHOLDERS
    formality: Mapping[str, str] = field(default_factory=dict)
    repetition_penalty: float = 1.0

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the card of a model folder; raise `ModelError` when there is none."""
        try:
            fields = json.loads((folder / CARD).read_text(encoding="utf-8"))
            fields["languages"] = tuple(fields["languages"])
            has_formality = bool(fields.get("formality"))
            fields["directions"] = tuple(
                Direction(**(each | {"has_formality": has_formality}))
                for each in fields["directions"]
            )
            framing = fields.get("framing", {})
            fields["framing"] = Framing(**{key: tuple(each) for key, each in framing.items()})
            fields.pop("source_tag", None)  # said before `framing` was written down
            fields["placeholders"] = tuple(fields.get("placeholders", PLACEHOLDERS))
            return cls(**fields)
        except FileNotFoundError as error:
            inner = folder / "model"
            remedy = f"name {inner}" if (inner / CARD).exists() else REMEDY
            raise ModelError(folder, f"has no {CARD}; {remedy}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(folder, f"its {CARD} cannot be read ({error}); {REMEDY}") from error

    def tag(self, language: str) -> str:
        """Return the token of a language."""
        return self.tags.get(language) or tag(language)

    def write(self, folder: Path) -> None:
        """Write the card into its folder."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False)
        (folder / CARD).write_text(text + "\n", encoding="utf-8")

    def verify(self, folder: Path) -> None:
        """Raise `ModelError` unless every file is there, as it was when the card was written."""
        for name, expected in self.files.items():
            if not (folder / name).is_file():
                raise ModelError(folder, f"{name} is missing; {REMEDY}")
            if checksum(folder / name) != expected:
                raise ModelError(folder, f"{name} is damaged or was changed; {REMEDY}")


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def language_pairs(languages: Sequence[str], *, direct: bool = False) -> list[tuple[str, str]]:
    """Return English with each language; with `direct`, those among each other after it."""
    others = [language for language in languages if language != "en"]
    pairs = [("en", other) for other in others]
    return [*pairs, *combinations(others, 2)] if direct else pairs


def both_ways(pairs: Iterable[tuple[str, str]]) -> tuple[Direction, ...]:
    """Return the directions of a model trained on pairs of languages."""
    return tuple(Direction(*way) for pair in pairs for way in (pair, pair[::-1]))
