"""Readings: how an item reads in a language that an encoder knows, where it does not know its own.

Whoever can translate keeps them here. Words are still searched in the item's own language.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from more_itertools import batched
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from linkage import catalogue, embed
from linkage.models import IN_LIST, ItemRow, ReadingRow
from linkage.types import Item


@dataclass(frozen=True, slots=True)
class Reading:
    """An item's title and text in `language`, translated from `source`."""

    source: str
    language: str
    title: str
    text: str


def keep(
    session: Session, tenant_id: str, found: Mapping[int, tuple[Item, Reading]], *, encoder: str
) -> int:
    """Keep readings of items by their keys; return how many are new or changed.

    Items for which `encoder` needs the new reading count as changed, so that they get new vectors.
    """
    rows = {key: _row(tenant_id, key, *each) for key, each in found.items()}
    known = _known(session, tenant_id, rows)
    changed = {key: row for key, row in rows.items() if known.get(key) != row}
    for chunk in batched(changed, IN_LIST):
        session.execute(delete(ReadingRow).where(ReadingRow.key.in_(chunk)))
        session.execute(insert(ReadingRow), [changed[key] for key in chunk])
    _touch(session, tenant_id, [key for key in changed if _helps(found[key][1], encoder)])
    return len(changed)


def worded(
    session: Session, tenant_id: str, items: Mapping[int, Item], *, encoder: str
) -> dict[int, Item]:
    """Return the items as an encoder should see them: those it cannot read in their readings.

    A reading of what an item said before it changed is no reading of it.
    """
    known = _known(session, tenant_id, items)
    return {
        key: _seen(item, known[key], encoder) if key in known else item
        for key, item in items.items()
    }


def forget_lost(session: Session, tenant_id: str) -> None:
    """Delete the readings of items that are no more."""
    there = select(ItemRow.key).where(ItemRow.tenant_id == tenant_id)
    lost = (ReadingRow.tenant_id == tenant_id) & ReadingRow.key.not_in(there)
    session.execute(delete(ReadingRow).where(lost))


def forget(session: Session, tenant_id: str, language: str) -> None:
    """Delete all readings in a language."""
    gone = (ReadingRow.tenant_id == tenant_id) & (ReadingRow.language == language)
    session.execute(delete(ReadingRow).where(gone))


def _helps(reading: Reading, encoder: str) -> bool:
    return embed.knows(encoder, reading.language) and not embed.knows(encoder, reading.source)


def _seen(item: Item, row: Mapping[str, object], encoder: str) -> Item:
    reading = Reading(*(str(row[name]) for name in Reading.__slots__))
    if row["digest"] != _digest(item) or not _helps(reading, encoder):
        return item
    return replace(item, title=reading.title, text=reading.text)


def _row(tenant_id: str, key: int, item: Item, reading: Reading) -> dict[str, object]:
    values = {name: getattr(reading, name) for name in Reading.__slots__}
    return {"key": key, "tenant_id": tenant_id, "digest": _digest(item), **values}


def _digest(item: Item) -> str:
    written = f"{item.title}\0{item.text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(written, digest_size=16).hexdigest()


def _known(session: Session, tenant_id: str, keys: Iterable[int]) -> dict[int, dict[str, object]]:
    columns = ReadingRow.__table__.columns
    return {
        row["key"]: dict(row)
        for chunk in batched(keys, IN_LIST)
        for row in session.execute(
            select(*columns).where(ReadingRow.tenant_id == tenant_id, ReadingRow.key.in_(chunk))
        ).mappings()
    }


def _touch(session: Session, tenant_id: str, keys: list[int]) -> None:
    """Give items a new revision, at which the index looks at them again."""
    if not keys:
        return
    revision = catalogue.hold(session, tenant_id) + 1
    for chunk in batched(keys, IN_LIST):
        session.execute(update(ItemRow).where(ItemRow.key.in_(chunk)).values(revision=revision))
    catalogue.set_revision(session, tenant_id, revision)
