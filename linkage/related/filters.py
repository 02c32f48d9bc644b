"""Filters against an item as it is now; an index may know an older one."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from linkage import dates
from linkage.lexical import language_tags
from linkage.types import Filters, Item

MAX_VALUE = 200
"""Longer attribute values are told about an item, not filtered by."""


def sieve(filters: Filters) -> Callable[[Item], bool]:
    """Return what tells whether an item passes."""
    languages = {language.lower() for language in filters.languages}
    wanted = by_name(filters.attributes)

    def passes(item: Item) -> bool:
        return (
            item.id not in filters.exclude
            and (not filters.kinds or item.kind in filters.kinds)
            and (not filters.sources or item.source in filters.sources)
            and (not languages or not languages.isdisjoint(language_tags(item.language)))
            and dates.is_after(item.published_at, filters.published_after)
            and (not wanted or _has_all(item.attributes, wanted))
        )

    return passes


def by_name(attributes: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the values asked for of each attribute."""
    wanted: dict[str, set[str]] = {}
    for name, value in attributes:
        wanted.setdefault(name, set()).add(value)
    return wanted


def values(attribute: object) -> Iterator[str]:
    """Yield what an attribute can be filtered by: its text, or the JSON of a number or boolean.

    A list has the values of its elements; objects and long texts have none.
    """
    for value in attribute if isinstance(attribute, list | tuple) else (attribute,):
        if isinstance(value, str | int | float):
            spelled = value if isinstance(value, str) else json.dumps(value)
            if len(spelled) <= MAX_VALUE:
                yield spelled


def _has_all(attributes: Mapping[str, Any], wanted: Mapping[str, set[str]]) -> bool:
    return all(not any_of.isdisjoint(values(attributes.get(n))) for n, any_of in wanted.items())
