"""The recipe of a training run, read from a TOML file."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, get_type_hints

from translate.card import language_pairs
from translate.errors import RecipeError
from translate.learn.base import SIZES, read_base

_MORE_THAN_NOTHING = (
    "temperature", "vocabulary", "width", "feed_forward", "heads", "encoder_layers",
    "decoder_layers", "batch_tokens", "rate", "warmup", "repetition_penalty",
)  # fmt: skip
GENTLE_RATE = 5e-4
"""For weights that were trained before: at 1.2e-3 they forgot much of what they knew."""
_MOST_PIECES = 65_535
"""Ids are kept in 16 bits."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what a training run makes.

    Paths are relative to the folder the command runs in. `minutes` is time spent training,
    summed over resumes; the learning rate falls to zero at its end.
    """

    name: str
    languages: tuple[str, ...]
    base: str = ""
    """A model to train further: the folder of one that `weft train` made, or "shipped".

    It decides the sizes and the vocabulary; `languages` are some or all of its own.
    """
    corpora: str = ""
    """A folder of `en-XX.NAME.SUFFIX`: TSV, TMX, PO, MO or XLIFF."""
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
    """Pieces at most; texts too few for so many give fewer."""
    width: int = 256
    feed_forward: int = 1024
    heads: int = 4
    encoder_layers: int = 6
    decoder_layers: int = 2
    dropout: float = 0.0
    smoothing: float = 0.1
    batch_tokens: int = 4096
    rate: float = 2e-3
    """The highest learning rate, after `warmup` steps; 5e-4 where there is a `base`."""
    warmup: int = 400
    minutes: float = 60.0
    steps: int = 0
    """Stop after so many steps instead of `minutes` (0: by time)."""
    average: float = 0.0
    """Share of the budget at whose end weights are averaged, and the mean converted (0: none)."""
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
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(path, f"is not TOML: {error}") from error
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(table) - known):
            raise RecipeError(path, f"has unknown keys {unknown}; known are {sorted(known)}")
        kinds = get_type_hints(cls)
        for key, value in table.items():
            if not _is_of(value, kinds[key]):
                raise RecipeError(path, f"{key} = {value!r} is not {_KINDS[kinds[key]]}")
            table[key] = tuple(value) if isinstance(value, list) else value
        if table.get("base"):
            table = _grown(path, table)
        if missing := {"name", "languages"} - set(table):
            raise RecipeError(path, f"lacks {sorted(missing)}")
        recipe = cls(**table)
        if fault := next(_faults(recipe), None):
            raise RecipeError(path, fault)
        return recipe


def _grown(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe filled in from its base."""
    if taken := sorted(set(SIZES) & set(table)):
        raise RecipeError(path, f"sets {taken}, which its base decides: leave them out")
    card = read_base(table["base"])
    recipe = card.made_from["recipe"]
    asked = table.get("languages", card.languages)
    if lacking := sorted(set(asked) - set(card.languages)):
        raise RecipeError(
            path,
            f"asks for {lacking}, of which its base knows nothing, only {sorted(card.languages)};"
            " a language more takes a recipe without a base",
        )
    learnt = {
        "languages": card.languages,
        "repetition_penalty": card.repetition_penalty,
        "rate": GENTLE_RATE,
    }
    return learnt | {key: recipe[key] for key in SIZES} | table


_KINDS = {
    str: "a text", int: "a whole number", float: "a number",
    tuple[str, ...]: "a list of texts", dict[str, float]: "a table of numbers",
}  # fmt: skip


def _is_of(value: object, kind: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, list):
        return kind == tuple[str, ...] and all(isinstance(each, str) for each in value)
    if isinstance(value, dict):
        return kind == dict[str, float] and all(_is_of(each, float) for each in value.values())
    return type(value) is kind or (kind is float and isinstance(value, int))


def _faults(recipe: Recipe) -> Iterator[str]:
    """Yield what no training could be made of."""
    for key in _MORE_THAN_NOTHING:
        if getattr(recipe, key) <= 0:
            yield f"{key} must be more than 0"
    if "en" not in recipe.languages or not [each for each in recipe.taught if each != "en"]:
        yield 'languages must name "en" and another one'
    if not recipe.corpora and not recipe.mission:
        yield "names no texts: set corpora to a folder of them"
    if recipe.steps <= 0 and recipe.minutes <= 0:
        yield "has no budget: set minutes or steps"
    if recipe.vocabulary > _MOST_PIECES:
        yield f"vocabulary can be at most {_MOST_PIECES}"
    if not 0 <= recipe.average <= 1:
        yield "average must be between 0 and 1"
    if recipe.width % recipe.heads:
        yield f"width must be a multiple of heads ({recipe.heads})"
