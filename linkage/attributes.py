"""Attributes that items can be filtered by: a row for each value, kept with the items."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from more_itertools import batched
from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from linkage.models import IN_LIST, AttributeRow, ItemRow
from linkage.types import Item

MAX_NAME = 100
"""Longer names are told about an item, not filtered by."""
MAX_VALUE = 200
"""Longer values are told about an item, not filtered by."""


def keep(session: Session, tenant_id: str, items: Mapping[int, Item]) -> None:
    """Add the rows of items that have none yet."""
    rows = [
        {"tenant_id": tenant_id, "name": name, "value": value, "key": key}
        for key, item in items.items()
        for name, value in _pairs(item.attributes)
    ]
    if rows:
        session.execute(insert(AttributeRow), rows)


def drop(session: Session, keys: Iterable[int]) -> None:
    """Delete the rows of items that change or go."""
    for chunk in batched(keys, IN_LIST):
        session.execute(
            delete(AttributeRow)
            .where(AttributeRow.key.in_(chunk))
            .execution_options(synchronize_session=False)
        )


def having(tenant_id: str, wanted: Iterable[tuple[str, str]]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions on items that have one of the wanted values of each name."""
    for name, any_of in by_name(wanted).items():
        yield ItemRow.key.in_(
            select(AttributeRow.key).where(
                AttributeRow.tenant_id == tenant_id,
                AttributeRow.name == name,
                AttributeRow.value.in_(any_of),
            )
        )


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


def _pairs(attributes: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (name, value)
        for name, attribute in attributes.items()
        if len(name) <= MAX_NAME
        for value in values(attribute)
    }
