"""Matcher: are two records the same thing, and how surely? Trees over the features of `compare`.

A matcher is a folder: `trees-N.txt.gz` (LightGBM's own text), `matcher.json` (schema, calibration,
threshold, figures), `background.jsonl.gz` (the records it was trained on, against which likeness
is judged; not in what ships) or `rarity.json.gz` (word weights of a matcher that judges each pair
alone), and a card. The only module that knows LightGBM's models.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from linkage.errors import MatcherError
from linkage.tables.compare import Described, Rarity, Schema, compare, feature_names
from linkage.tables.neighbourhood import Neighbourhood, Pairs, standing_names
from linkage.tables.records import Record, distinct

FORMAT = 1
DESCRIPTION, RARITY, CARD = "matcher.json", "rarity.json.gz", "README.md"
BACKGROUND = "background.jsonl.gz"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map of raw scores to probabilities: straight lines between points, both ascending."""

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __call__(self, scores: Floats) -> Floats:
        """Return the probability of each raw score."""
        return np.interp(scores, self.scores, self.probabilities)


class Tables:
    """Two tables side by side, ready for their pairs to be compared."""

    def __init__(
        self,
        left: Sequence[Record],
        right: Sequence[Record],
        schema: Schema,
        *,
        background: tuple[Sequence[Record], Sequence[Record]] = ((), ()),
    ) -> None:
        self._schema = schema
        self.left = [Described(record, schema) for record in left]
        self.right = [Described(record, schema) for record in right]
        self._around = tuple(
            [Described(r, schema) for r in distinct([*own, *others])[len(distinct(own)) :]]
            for own, others in zip((left, right), background, strict=True)
        )

    @cached_property
    def rarity(self) -> Rarity:
        """How rare words and codes are in the tables."""
        return Rarity.of([*self.left, *self.right, *self._around[0], *self._around[1]])

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """The tables as vectors."""
        left, right = (
            [(one.title, one.whole) for one in (*own, *around)]
            for own, around in zip((self.left, self.right), self._around, strict=True)
        )
        return Neighbourhood(left, right)

    def features(self, pairs: Pairs) -> Floats:
        """Return (pairs, features), the columns being `Matcher.names`."""
        if not pairs:
            return np.empty((0, 0))
        rows = [compare(self.left[i], self.right[j], self.rarity) for i, j in pairs]
        return np.hstack([np.array(rows, dtype=np.float64), self.neighbourhood.standing(pairs)])


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """A trained matcher of records of one schema."""

    trees: Sequence[str]
    schema: Schema
    calibration: Calibration
    threshold: float
    """The probability from which on two records are taken to be one."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    rarity: Rarity | None = None
    """How rare words are, for a matcher that judges each pair alone; None for one of tables."""
    background: tuple[Sequence[Record], Sequence[Record]] = ((), ())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load what `save` wrote; MatcherError tells what is wrong with a folder."""
        try:
            held = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            if held["format"] != FORMAT:
                raise MatcherError(folder, f"is of format {held['format']}, not {FORMAT}")
            return cls(
                trees=[_unpacked(path) for path in sorted(folder.glob("trees-*.txt.gz"))],
                schema=Schema(tuple(held["head"]), tuple(held["fields"])),
                calibration=Calibration(tuple(held["scores"]), tuple(held["probabilities"])),
                threshold=held["threshold"],
                figures=held["figures"],
                rarity=_read_rarity(folder / RARITY),
                background=_read_background(folder / BACKGROUND),
            )
        except OSError as error:
            raise MatcherError(folder, f"is no matcher: {error.strerror}") from error
        except (KeyError, TypeError, ValueError, EOFError, zlib.error) as error:
            raise MatcherError(folder, f"is no matcher: {error}") from error

    def save(self, folder: Path, card: str) -> None:
        """Write the matcher and its card into a folder, in place of one that is there."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("trees-*.txt.gz"):
            old.unlink()
        for number, trees in enumerate(self.trees):
            (folder / f"trees-{number:02}.txt.gz").write_bytes(
                gzip.compress(trees.encode(), mtime=0)
            )
        held = {
            "format": FORMAT, **asdict(self.schema), "threshold": self.threshold,
            **asdict(self.calibration), "figures": dict(self.figures),
        }  # fmt: skip
        (folder / DESCRIPTION).write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
        (folder / CARD).write_text(card, encoding="utf-8")
        if self.rarity:
            counts = {"count": self.rarity.count, "words": dict(self.rarity.words)}
            (folder / RARITY).write_bytes(gzip.compress(json.dumps(counts).encode(), mtime=0))
        if any(self.background):
            _write_background(folder / BACKGROUND, self.background)

    @property
    def names(self) -> list[str]:
        """What the columns of the features stand for."""
        standing = () if self.rarity else standing_names()
        return [*feature_names(self.schema), *standing]

    def tables(self, left: Sequence[Record], right: Sequence[Record]) -> Tables:
        """Return two tables as this matcher compares them."""
        return Tables(left, right, self.schema, background=self.background)

    def alone(self, pairs: Iterable[tuple[Described, Described]]) -> Floats:
        """Return the features of pairs by a matcher that judges each pair alone."""
        assert self.rarity
        rows = [compare(left, right, self.rarity) for left, right in pairs]
        return np.array(rows, dtype=np.float64)

    def probabilities(self, features: Floats) -> Floats:
        """Return for each row of features how likely the two are one."""
        if not len(features):
            return np.empty(0)
        raw = [booster.predict(features, num_threads=1) for booster in self._boosters]
        return self.calibration(np.mean(raw, axis=0))

    @cached_property
    def _boosters(self) -> list[Any]:
        from lightgbm import Booster  # noqa: PLC0415 - loads slowly

        return [Booster(model_str=trees) for trees in self.trees]


@lru_cache(maxsize=2)
def shipped_matcher(name: str = "weft-matcher") -> Matcher:
    """Return a matcher that is installed with Weft: by default that for tables of any kind."""
    return Matcher.load(Path(str(resources.files("linkage") / "data" / name)))


def _unpacked(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def _read_rarity(path: Path) -> Rarity | None:
    if not path.exists():
        return None
    held = json.loads(_unpacked(path))
    return Rarity(held["count"], held["words"], {})


def _write_background(path: Path, background: tuple[Sequence[Record], ...]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for side, records in enumerate(background):
            for record in records:
                file.write(json.dumps([side, dict(record.values)], ensure_ascii=False) + "\n")


def _read_background(path: Path) -> tuple[list[Record], list[Record]]:
    sides: tuple[list[Record], list[Record]] = ([], [])
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file):
                side, values = json.loads(line)
                sides[side].append(Record(str(number), values))
    return sides
