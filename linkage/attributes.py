"""Attributes that items can be filtered by: a row for each value, kept with the items."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from more_itertools import batched
from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from linkage.models import IN_LIST, AttributeRow, ItemRow
from linkage.related.filters import by_name, values
from linkage.types import Item

MAX_NAME = 100
"""Longer names are told about an item, not filtered by."""


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


def _pairs(attributes: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (name, value)
        for name, attribute in attributes.items()
        if len(name) <= MAX_NAME
        for value in values(attribute)
    }
