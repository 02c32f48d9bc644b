"""How the fields of a file become those of an item: `--map`, `--set` and their companions."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal
from urllib.parse import quote

from linkage.errors import InvalidItemError, MappingError
from linkage.identifiers import KNOWN
from linkage.items import item_from_record
from linkage.types import Item, RecordError, partial

_FIELDS = frozenset(f.name for f in fields(Item))
_OPEN_FIELDS = ("identifiers.", "attributes.")
LISTS = ("creators", "subjects")
_DISPENSABLE = (
    "url", "published_at", "language", "popularity", "creators", "subjects", "identifiers",
    "attributes",
)  # fmt: skip
"""What is left out rather than the item: not `hidden` and `expires_at`, or it showed for good."""
_NOTHING: tuple[object, ...] = (None, "", [], (), {})
_MARKETPLACE = re.compile(r"(?:www\.)?amazon(?:\.[a-z]{2,4}){1,2}")
MAX_REMEMBERED = 1_000_000
"""Ids of a file that are remembered, about 150 bytes each, to tell where one comes again."""
_TEMPLATE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a caller says about a file.

    `columns` names the file's own column for a field of the item, or holds a template such as
    `https://shop.example/{sku}`; a field not in it is taken from the column of the same name.
    `constants` gives a field one value for the whole file. Fields are those of an item, the
    schemes of identifiers, `identifiers.NAME` and `attributes.NAME`.
    `id_prefix` goes before each id with a hyphen, so that two files' ids can share a catalogue.
    `separator` splits one text into several creators or subjects. With `keep`, a field that a
    record lacks or leaves empty keeps what the catalogue's item has. `max_bytes` bounds what a file
    may unpack to, and `until` (of `time.monotonic()`) when the pages of an archive are to be read.
    Raises MappingError.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    id_prefix: str = ""
    separator: str | None = None
    default_kind: str | None = None
    default_source: str = "catalogue"
    max_bytes: int | None = None
    until: float = field(default=math.inf, repr=False)  # another moment is no other import
    marketplace: str | None = None
    keep: bool = False
    seen: dict[int, int] | None = field(default=None, repr=False, compare=False)
    """Of a file that is being read: the places of its ids, by their hashes."""

    def __post_init__(self) -> None:
        if self.marketplace and not _MARKETPLACE.fullmatch(self.marketplace):
            raise MappingError(f"{self.marketplace!r} is no marketplace such as www.amazon.de")
        for name in (*self.columns, *self.constants):
            if name not in _FIELDS | KNOWN and not name.startswith(_OPEN_FIELDS):
                raise MappingError(
                    f"{name!r} is not a field of an item: {', '.join(sorted(_FIELDS))}"
                )

    def items(
        self, record: Mapping[str, Any], line: int, *, unit: Literal["line", "record"] = "line"
    ) -> Iterator[Item | RecordError]:
        """Yield the item of a record, or why there is none.

        An optional field that cannot be used is left out, and a warning follows the item: a wrong
        check digit should not cost a catalogue its book. So does one for an id that the file had
        before.
        """
        arranged = self._arranged(record)
        warnings: list[RecordError] = []
        given_id = shown(arranged.get("id"))
        while True:
            try:
                item = item_from_record(
                    arranged, default_kind=self.default_kind, default_source=self.default_source
                )
            except InvalidItemError as error:
                is_warning = _drop(arranged, error.field)
                warnings.append(
                    RecordError(line, str(error), given_id, is_warning=is_warning, unit=unit)
                )
                if is_warning:
                    continue
                warnings = warnings[-1:]
            else:
                yield partial(item, _given(arranged)) if self.keep else item
                if (first := self._place_before(item.id, line)) is not None:
                    reason = f"the id is that of {unit} {first} too; this one, the later, counts"
                    warnings.append(RecordError(line, reason, item.id, is_warning=True, unit=unit))
            yield from warnings
            return

    def _place_before(self, item_id: str, line: int) -> int | None:
        """Return where the id was last, and note where it is now."""
        if self.seen is None:
            return None
        known = hash(item_id)
        before = self.seen.get(known)
        if before is not None or len(self.seen) < MAX_REMEMBERED:
            self.seen[known] = line
        return before

    def prefixed(self, given_id: object) -> str:
        """Return the id that an item of this id has in the catalogue."""
        return f"{self.id_prefix}-{given_id}" if self.id_prefix else str(given_id)

    def needed(self, name: str) -> tuple[str, ...]:
        """Return the columns that a mapped field is made of."""
        column = self.columns.get(name, name)
        return tuple(_TEMPLATE.findall(column)) or (column,)

    def columns_read(self) -> set[str]:
        """Return the columns that a field is taken from, if they are there."""
        fields = (_FIELDS | KNOWN | self.columns.keys()) - self.constants.keys()
        return {column for name in fields for column in self.needed(name)}

    def _arranged(self, record: Mapping[str, Any]) -> dict[str, Any]:
        arranged = dict(record)
        taken = {name: self._taken(record, name) for name in self.columns}
        for name, value in {**taken, **self.constants}.items():
            _put(arranged, name, value)
        for name in LISTS:
            if self.separator and isinstance(arranged.get(name), str):
                arranged[name] = arranged[name].split(self.separator)
        if self.marketplace and not arranged.get("url"):
            arranged["url"] = self._page_of(arranged)
        if self.id_prefix and arranged.get("id") not in (None, ""):
            arranged["id"] = self.prefixed(arranged["id"])
        return arranged

    def _page_of(self, record: Mapping[str, Any]) -> str | None:
        own = record.get("identifiers")
        asin = record.get("asin") or (own.get("asin") if isinstance(own, Mapping) else None)
        return (
            f"https://{self.marketplace}/dp/{quote(str(asin).strip(), safe='')}" if asin else None
        )

    def _taken(self, record: Mapping[str, Any], name: str) -> object:
        column, parts = self.columns[name], self.needed(name)
        if column in parts:
            return record.get(column)
        if any(record.get(part) in (None, "") for part in parts):
            return None
        return _TEMPLATE.sub(lambda found: str(record[found[1]]), column)


def shown(given_id: object) -> str | None:
    """Return an id to report, whatever it was: bytes that were no text become question marks."""
    return str(given_id)[:200].encode(errors="replace").decode() if given_id else None


def _given(record: Mapping[str, Any]) -> frozenset[str]:
    """Return the item's fields that a record fills."""
    filled = {name for name, value in record.items() if value not in _NOTHING}
    return frozenset(filled & _FIELDS | ({"identifiers"} if filled & KNOWN else set()))


def assignments(given: Iterable[str]) -> dict[str, str]:
    """Return what `field=column` or `field=value`, as a command line repeats them, assign."""
    pairs: dict[str, str] = {}
    for assignment in given:
        name, equals, value = (part.strip() for part in assignment.partition("="))
        if not (name and equals and value):
            raise MappingError(f"{assignment!r} is not of the form field=column")
        if name in pairs:
            raise MappingError(f"{name!r} is assigned twice")
        pairs[name] = value
    return pairs


def _put(record: dict[str, Any], name: str, value: object) -> None:
    if not name.startswith(_OPEN_FIELDS):
        record[name] = value
    elif value not in (None, ""):
        outer, _, inner = name.partition(".")
        held = record.get(outer)
        record[outer] = {**(held if isinstance(held, Mapping) else {}), inner: value}


def _drop(record: dict[str, Any], name: str) -> bool:
    """Take out a field that an item can do without; return whether it was one."""
    outer, _, scheme = name.partition(".")
    if outer == "identifiers" and scheme:
        held = record.get("identifiers")
        record["identifiers"] = {k: v for k, v in dict(held or {}).items() if k != scheme}
        record.pop(scheme, None)
        return True
    return outer in _DISPENSABLE and record.pop(outer, None) is not None
