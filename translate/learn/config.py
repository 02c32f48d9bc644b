"""The recipe of a training run, read from a TOML file."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from translate.card import language_pairs
from translate.errors import RecipeError


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what a training run makes.

    Paths are relative to the folder the command runs in. `minutes` is time spent training,
    summed over resumes; the learning rate falls to zero at its end.
    """

    name: str
    languages: tuple[str, ...]
    corpora: str = ""
    """A folder of `en-XX.tsv` or `en-XX.tsv.zst`."""
    mission: str = ""
    """A hand-written parallel TSV with a column per language."""
    exclude: tuple[str, ...] = ()
    """Glob patterns of benchmark files whose lines are never trained on."""
    domains: dict[str, float] = field(default_factory=dict)
    """How often a pair of a domain is seen in one pass; 1 when not named."""
    fragments: float = 0.3
    """Factor on pairs that are no sentences (menu strings, head-words)."""
    shares: dict[str, float] = field(default_factory=dict)
    """Factor on all pairs of a language, to spend a short run on some; 1 when not named.

    A language with a factor of 0 is in the vocabulary, but no direction of the model.
    """
    direct: float = 0.0
    """Factor on pairs of two languages that share an English text, learnt without it (0: none)."""
    temperature: float = 2.0
    """Languages are sampled in proportion to size ** (1 / temperature)."""
    pairs_limit: int = 0
    """Read no more than so many pairs a language (0: all)."""
    vocabulary: int = 8000
    width: int = 256
    feed_forward: int = 1024
    heads: int = 4
    encoder_layers: int = 6
    decoder_layers: int = 2
    dropout: float = 0.0
    smoothing: float = 0.1
    batch_tokens: int = 4096
    rate: float = 2e-3
    warmup: int = 400
    minutes: float = 60.0
    steps: int = 0
    """Stop after so many steps instead of `minutes` (0: by time)."""
    threads: int = 0
    """CPU threads (0: all cores)."""
    repetition_penalty: float = 1.0
    """What the model is decoded with; see `ModelCard`."""
    checkpoint_minutes: float = 5.0
    seed: int = 17

    @property
    def taught(self) -> tuple[str, ...]:
        """The languages that the model is meant to translate."""
        return tuple(each for each in self.languages if self.shares.get(each, 1.0) > 0)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the pairs of languages that the model is meant to translate between."""
        return language_pairs(self.taught, direct=self.direct > 0)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe; raise `RecipeError` that names the file and the faulty key."""
        try:
            table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RecipeError(path, f"cannot be read: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(path, f"is not TOML: {error}") from error
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(table) - known):
            raise RecipeError(path, f"has unknown keys {unknown}; known are {sorted(known)}")
        if missing := {"name", "languages"} - set(table):
            raise RecipeError(path, f"lacks {sorted(missing)}")
        for key in ("languages", "exclude"):
            if key in table:
                table[key] = tuple(table[key])
        return cls(**table)
