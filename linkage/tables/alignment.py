"""Two tables of different make, brought to one form: title, creators, year, details, identifiers.

Columns are told by their names, else by the values they share. What both tables say in the same
way (a season's number, a price, a genre) becomes details; what only one says stays as text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from linkage import identifiers, text
from linkage.errors import InvalidItemError
from linkage.tables.compare import Schema
from linkage.tables.records import Record

SCHEMA = Schema(head=("title",), fields=("title", "creators", "year", "details"))
"""Of the records that `align` returns; their `text` is compared as words only."""

_ROLES: Mapping[str, frozenset[str]] = {
    "title": frozenset({"title", "name", "song name", "label", "product", "product name"}),
    "creators": frozenset({
        "creators", "creator", "authors", "author", "artist", "artists", "artist name", "director",
        "directors", "by", "brand", "manufacturer", "maker",
    }),
    "year": frozenset({
        "year", "published at", "published", "publication year", "original publication year",
        "release year", "released", "release date", "start year", "date", "publication date",
    }),
}  # fmt: skip
_SCHEMES = identifiers.KNOWN | {"ean", "gtin", "upc"}
_WORDS_OF_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_YEAR = re.compile(r"(?<!\d)(?:1[4-9]\d\d|20\d\d)(?!\d)")
_WORDY = re.compile(r"^(?!\w+://).*[^\W\d_]{2}", re.DOTALL)
"""What is said in words: neither a number nor a web address."""
_SAMPLE = 5_000
_LEAST_SHARED = 0.2
"""Share of its distinct values that a column must have in common with another of another name."""
_LONGEST_DETAIL = 40


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which columns of either table are what."""

    titles: tuple[tuple[str, ...], tuple[str, ...]]
    creators: tuple[tuple[str, ...], tuple[str, ...]]
    years: tuple[tuple[str, ...], tuple[str, ...]]
    details: tuple[tuple[str, str], ...]

    def shape(self, record: Record, side: int) -> Record:
        """Return a record of one side in the common form."""
        values = record.values
        title = _first(values, self.titles[side])
        creators = ", ".join(filter(None, (values.get(name) for name in self.creators[side])))
        year = _YEAR.search(_first(values, self.years[side]))
        details = [
            word
            for place, pair in enumerate(self.details)
            for word in _marked(place, values.get(pair[side], ""))
        ]
        used = {*self.titles[side][:1], *self.creators[side], *self.years[side]}
        rest = (v for n, v in values.items() if n not in used and _WORDY.search(v))
        shaped = {
            "title": title, "creators": creators, "year": year[0] if year else "",
            "details": " ".join(details), "text": " ".join(rest),
        }  # fmt: skip
        return Record(record.id, shaped)


def align(left: Sequence[Record], right: Sequence[Record]) -> Alignment:
    """Return what the columns of two tables are to each other."""
    columns = _Columns.of(left), _Columns.of(right)
    titles = tuple(side.named("title") or side.most_telling() for side in columns)
    creators = tuple(side.named("creators") for side in columns)
    free = [
        [name for name in side.values if name not in (*titles[i], *creators[i])]
        for i, side in enumerate(columns)
    ]
    pairs = _matched(*columns, *free)
    year = next(
        (p for p in pairs if all(c.is_year(n) for c, n in zip(columns, p, strict=True))), None
    )
    years = tuple((year[i],) if year else side.named("year")[:1] for i, side in enumerate(columns))
    details = tuple(pair for pair in pairs if pair != year)
    return Alignment(titles, creators, years, details)  # type: ignore[arg-type]  # pairs all


def known_identifiers(record: Record) -> frozenset[tuple[str, str]]:
    """Return the valid identifiers a record holds in columns named for their schemes."""
    found: set[tuple[str, str]] = set()
    for name, value in record.values.items():
        scheme = _plain(name).replace(" ", "")
        if scheme in _SCHEMES and value:
            try:
                found.update(identifiers.normalise({scheme: value}).items())
            except InvalidItemError:
                continue
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The distinct values of each column of a table, folded."""

    values: Mapping[str, frozenset[str]]
    filled: Mapping[str, int]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "_Columns":
        names = dict.fromkeys(name for record in records for name in record.values)
        cells = {n: [r.values.get(n, "") for r in records[:_SAMPLE]] for n in names}
        return cls(
            {name: frozenset(filter(None, map(text.key, own))) for name, own in cells.items()},
            {name: sum(map(bool, own)) for name, own in cells.items()},
        )

    def named(self, role: str) -> tuple[str, ...]:
        """Return the columns whose names say that they play a role."""
        return tuple(name for name in self.values if _plain(name) in _ROLES[role])

    def most_telling(self) -> tuple[str, ...]:
        """Return the column of text whose values differ the most."""
        texts = {n: v for n, v in self.values.items() if sum(" " in x for x in v) * 2 > len(v)}
        return (max(texts, key=lambda name: len(texts[name])),) if texts else ()

    def is_year(self, name: str) -> bool:
        """Tell whether a column is named for a year or date, and holds them."""
        return _plain(name) in _ROLES["year"] and any(map(_YEAR.search, self.values[name]))


def _matched(
    left: _Columns, right: _Columns, lefts: Iterable[str], rights: Iterable[str]
) -> list[tuple[str, str]]:
    """Return pairs of columns that say the same: those of one name, then by shared values."""
    ranked = sorted(
        (-_kinship(left, right, one, other), place, one, other)
        for place, (one, other) in enumerate(product(lefts, rights))
    )
    taken: set[tuple[int, str]] = set()
    pairs = []
    for kinship, _, one, other in ranked:
        if kinship <= -_LEAST_SHARED and not {(0, one), (1, other)} & taken:
            taken |= {(0, one), (1, other)}
            pairs.append((one, other))
    return pairs


def _kinship(left: _Columns, right: _Columns, one: str, other: str) -> float:
    values, others = left.values[one], right.values[other]
    fewer = min(len(values), len(others))
    if not fewer or _is_long(values) or _is_long(others):
        return 0.0
    shared = len(values & others) / fewer
    return shared + (_plain(one) == _plain(other))


def _is_long(values: frozenset[str]) -> bool:
    return sum(map(len, values)) > _LONGEST_DETAIL * len(values)


def _plain(name: str) -> str:
    """Return a column's name as words: `releaseDate` of a web address, `release_date` alike."""
    return " ".join(_WORDS_OF_NAME.findall(re.split(r"[/#]", name)[-1])).lower()


def _first(values: Mapping[str, str], names: Iterable[str]) -> str:
    return next((value for name in names if (value := values.get(name))), "")


def _marked(place: int, value: str) -> Iterator[str]:
    """Yield the words of a detail, each marked with the column it is of."""
    for word in text.words(value):
        yield f"c{place}v{word.lstrip('0') or '0'}"
