"""Properties of items and entities that others' tables may have columns for, and their values."""

from collections.abc import Mapping

from rapidfuzz import fuzz

from linkage import dates, identifiers, text
from linkage.errors import InvalidItemError
from linkage.naming.gazetteer import written_names
from linkage.types import Item

NAMES: Mapping[str, str] = {
    "creator": "Creator",
    "year": "Year",
    "subject": "Subject",
    "isbn13": "ISBN-13",
    "asin": "ASIN",
    "imdb": "IMDb",
    "wikidata": "Wikidata",
    "doi": "DOI",
}
"""What each property is called; all but the first three are schemes of identifiers."""
DESCRIBED = ("name", "creator", "year", "subject")
_ALIKE = 85
"""Of 100 from which on two names are spellings of one."""


def values_of(item: Item, name: str) -> tuple[str, ...]:
    """Return what an item has of a property; nothing of one that is not known."""
    if name == "name":
        return tuple(written_names(item).values())
    if name == "creator":
        return item.creators
    if name == "subject":
        return item.subjects
    if name == "year":
        year = dates.year(item.published_at)
        return () if year is None else (str(year),)
    found = item.identifiers.get(name)
    return (found,) if found else ()


def given(names_and_values: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """Return the fields of an item that has these values; what cannot be read is left out."""
    known: dict[str, str] = {}
    for scheme, values in names_and_values.items():
        if scheme in NAMES and scheme not in DESCRIBED and values:
            known |= _identifier(scheme, values[0])
    return {
        "creators": names_and_values.get("creator", ()),
        "subjects": names_and_values.get("subject", ()),
        "published_at": next(map(_date, names_and_values.get("year", ())), None),
        "identifiers": known,
    }


def has(item: Item, name: str, value: str, *, is_exact: bool = False) -> bool:
    """Tell whether an item has a value of a property.

    Names are compared without case and accents. Unless it is to be exact, they may be spelled a
    little differently, and a year be the one before or after.
    """
    return any(_agree(name, value, there, is_exact=is_exact) for there in values_of(item, name))


def _agree(name: str, value: str, there: str, *, is_exact: bool) -> bool:
    if name == "year":
        asked = dates.year(_date(value))
        return asked is not None and abs(asked - int(there)) <= (0 if is_exact else 1)
    if name not in DESCRIBED:
        return _identifier(name, value).get(name) == there
    one, other = text.name_key(value), text.name_key(there)
    return one == other or (not is_exact and fuzz.token_sort_ratio(one, other) >= _ALIKE)


def _identifier(scheme: str, value: str) -> dict[str, str]:
    try:
        return identifiers.normalise({scheme: value})
    except InvalidItemError:
        return {}


def _date(value: str) -> str | None:
    try:
        return dates.iso(value)
    except ValueError:
        return None
