"""What reading a file passes over without a fault in any record: told once, at the file's end."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from linkage.sources.options import LISTS, ReadOptions
from linkage.types import RecordError

SEPARATORS = (";", "|")
MANY = 0.1
"""From this share of its cells on, a field's separators are no part of a name."""
MAX_NAMES = 20
"""Names of columns that are told."""


class Overlooked:
    """Collects the columns that no field takes, and the lists that no separator divides."""

    def __init__(self, options: ReadOptions) -> None:
        self._used = options.columns_read()
        self._unused: dict[str, int] = {}
        self._lists = {} if options.separator else {n: options.needed(n)[0] for n in LISTS}
        self._filled: Counter[str] = Counter()
        self._joined: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], int] = {}

    def names(self, columns: Collection[str], line: int) -> None:
        """Note the columns of a header or of a record at a line."""
        for name in columns:
            if name and name not in self._used and len(self._unused) <= MAX_NAMES:
                self._unused.setdefault(name, line)

    def cells(self, record: Mapping[str, Any], line: int) -> None:
        """Note what the lists of a record hold."""
        for name, column in self._lists.items():
            if not isinstance(cell := record.get(column), str) or not cell:
                continue
            self._filled[name] += 1
            for separator in SEPARATORS:
                if separator in cell:
                    self._joined[name, separator] += 1
                    self._first.setdefault((name, separator), line)

    def warnings(self) -> Iterator[RecordError]:
        """Yield a warning for each kind of thing that was passed over, at its first line."""
        if self._unused:
            told = ", ".join(list(self._unused)[:MAX_NAMES])
            told += " and others" if len(self._unused) > MAX_NAMES else ""
            reason = f"columns not used: {told}; map them with --map FIELD=COLUMN"
            yield _warning(min(self._unused.values()), reason)
        for (name, separator), count in self._joined.items():
            if count >= MANY * self._filled[name]:
                reason = (
                    f"{name} hold {separator!r} in {count:,} of {self._filled[name]:,} records and"
                    f" are taken whole; --separator {separator!r} divides them"
                )
                yield _warning(self._first[name, separator], reason)


def _warning(line: int, reason: str) -> RecordError:
    return RecordError(line, reason.encode(errors="replace").decode(), is_warning=True)
