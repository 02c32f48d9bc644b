"""Columns: what filters look at beside vectors, a row of small numbers for each item."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage import dates
from linkage.lexical import language_tags
from linkage.types import Filters, Item

Mask = NDArray[np.bool_]
Rows = NDArray[np.int32]
Codes = NDArray[np.int16] | NDArray[np.int32]
Names = tuple[tuple[str, ...], ...]
"""The kinds, the languages and the sources; a code is a place in its list."""

YEAR = 3
NO_YEAR = -(2**15)
_SMALL = 2**15


@dataclass(frozen=True, slots=True)
class Columns:
    """Codes of kind, language and source, and the year; one row an item."""

    codes: Codes
    names: Names

    def mask(self, filters: Filters) -> Mask | None:
        """Return which rows pass, or None when all do."""
        passing, year = conditions(self.names, filters)
        masks = [_is_any(self.codes[:, column], codes) for column, codes in passing.items()]
        if year is not None:
            masks.append(self.codes[:, YEAR] >= year)
        return np.logical_and.reduce(masks) if masks else None


class ColumnsWriter:
    """Makes rows of Columns, and learns the names they stand for."""

    def __init__(self) -> None:
        self._names: tuple[dict[str, int], ...] = ({}, {}, {})

    @property
    def names(self) -> Names:
        """The kinds, languages and sources so far."""
        return tuple(tuple(names) for names in self._names)

    def rows(self, items: Iterable[Item]) -> Rows:
        """Return a row for each item."""
        return np.array([self._row(item) for item in items], dtype=np.int32).reshape(-1, 4)

    def _row(self, item: Item) -> tuple[int, ...]:
        values = (item.kind, (item.language or "").lower(), item.source.lower())
        year = dates.year(item.published_at)
        codes = (
            names.setdefault(value, len(names))
            for names, value in zip(self._names, values, strict=True)
        )
        return (*codes, NO_YEAR if year is None else year)


def packed(rows: Rows) -> Codes:
    """Return rows in numbers of two bytes where they fit."""
    return rows.astype(np.int16) if rows.size and rows.max() < _SMALL else rows


def conditions(names: Names, filters: Filters) -> tuple[dict[int, list[int]], int | None]:
    """Return the codes that pass, for each column that is filtered, and the least year."""
    wanted = enumerate((filters.kinds, filters.languages, filters.sources))
    passing = {column: _codes(names[column], values) for column, values in wanted if values}
    return passing, dates.year(dates.earliest(filters.published_after))


def _is_any(values: Codes, wanted: Iterable[int]) -> Mask:
    """Return what `np.isin` does, many times as fast for the few codes of a filter."""
    found = np.zeros(len(values), dtype=np.bool_)
    for code in wanted:
        found |= values == code
    return found


def _codes(names: Sequence[str], wanted: Iterable[str]) -> list[int]:
    lower = {value.lower() for value in wanted}
    return [code for code, name in enumerate(names) if lower & {name, *language_tags(name)}]
