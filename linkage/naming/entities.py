"""From what a caller sends to an Entity: every rule about an entity's fields is here."""

from collections.abc import Mapping
from typing import Any

from linkage.errors import InvalidItemError
from linkage.items import clean_text, item_from_record, language_tag, name_list
from linkage.types import Entity

MAX_ALIASES = 2_000
MAX_DESCRIPTION = 2_000
MAX_LANGUAGES = 500
UNKNOWN = ""
"""Stands where the language of a name or a description is not known."""


def entity_from_record(record: Mapping[str, Any], *, default_kind: str = "thing") -> Entity:
    """Return the valid, normalised Entity of a record; InvalidItemError names what is wrong.

    `aliases` and `description` are by language, or a list and a text of no known language. Fields
    that an item has too obey its rules; fields beyond those of an Entity are ignored.
    """
    shared = ("id", "kind", "identifiers", "creators", "published_at", "popularity")
    fields = {name: record[name] for name in shared if name in record}
    if record.get("name") in (None, ""):
        raise InvalidItemError("name", "is required")
    try:
        item = item_from_record({**fields, "title": record["name"]}, default_kind=default_kind)
    except InvalidItemError as error:
        raise InvalidItemError(error.field.replace("title", "name"), error.reason) from None
    return Entity(
        id=item.id,
        name=item.title,
        kind=item.kind,
        identifiers=item.identifiers,
        aliases=_aliases(record.get("aliases")),
        description=_description(record.get("description")),
        creators=item.creators,
        published_at=item.published_at,
        popularity=item.popularity,
    )


def _aliases(value: object) -> dict[str, tuple[str, ...]]:
    given = _by_language("aliases", value if isinstance(value, Mapping) else {UNKNOWN: value})
    found = {tag: name_list("aliases", names) for tag, names in given.items()}
    if sum(map(len, found.values())) > MAX_ALIASES:
        raise InvalidItemError("aliases", f"more than {MAX_ALIASES} names")
    return {tag: names for tag, names in found.items() if names}


def _description(value: object) -> dict[str, str]:
    given = value if isinstance(value, Mapping) else {UNKNOWN: value}
    told = {
        tag: clean_text("description", text, MAX_DESCRIPTION).strip()
        for tag, text in _by_language("description", given).items()
        if text is not None
    }
    return {tag: text for tag, text in told.items() if text}


def _by_language(field: str, given: Mapping[Any, Any]) -> dict[str, Any]:
    if len(given) > MAX_LANGUAGES:
        raise InvalidItemError(field, f"more than {MAX_LANGUAGES} languages")
    try:
        return {language_tag(tag) if tag else UNKNOWN: value for tag, value in given.items()}
    except ValueError as error:
        raise InvalidItemError(field, str(error)) from None
