"""Filters against an item as it is now; an index may know an older one."""

from collections.abc import Callable, Mapping
from typing import Any

from linkage import dates
from linkage.attributes import by_name, values
from linkage.lexical import language_tags
from linkage.types import Filters, Item


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


def _has_all(attributes: Mapping[str, Any], wanted: Mapping[str, set[str]]) -> bool:
    return all(not any_of.isdisjoint(values(attributes.get(n))) for n, any_of in wanted.items())
