"""Items, what is known beside them, and how far a catalogue is."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from linkage.models.schema import BIG_KEY, Base, Instant


class CatalogueState(Base):
    """One row a tenant: the revision of its catalogue and the build that is live.

    Writers bump `revision` in the transaction of the change and hold the row until they commit,
    so revisions become visible in order; swapping an index is an update of `live_build`.
    """

    __tablename__ = "catalogue_states"

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    live_build: Mapped[str | None] = mapped_column(String(40))


class ItemRow(Base):
    """An item. `key` is ours and numbers vectors; (`tenant_id`, `id`) is the owner's."""

    __tablename__ = "items"
    __table_args__ = (
        Index("ix_items_tenant_id_id", "tenant_id", "id", unique=True),
        Index("ix_items_tenant_id_key", "tenant_id", "key"),
        Index("ix_items_tenant_id_revision", "tenant_id", "revision", "key"),
    )

    key: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Text)
    creators: Mapped[list[str]] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(35))
    subjects: Mapped[list[str]] = mapped_column(JSON)
    identifiers: Mapped[dict[str, str]] = mapped_column(JSON)
    url: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[str | None] = mapped_column(String(40))
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    popularity: Mapped[float] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String(100))
    hidden: Mapped[bool]
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class ReadingRow(Base):
    """How an item reads in another language; `digest` is that of the title and text it is of."""

    __tablename__ = "item_readings"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tenant_id: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(35))
    language: Mapped[str] = mapped_column(String(35))
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(32))


class AttributeRow(Base):
    """A value of an attribute by which an item can be found."""

    __tablename__ = "item_attributes"
    __table_args__ = (
        Index("ix_item_attributes_key", "key"),
        {"sqlite_with_rowid": False},
    )

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class EntityRow(Base):
    """A thing of a knowledge base that texts may name. `key` is ours, `id` the owner's.

    `revision` is the catalogue's, so that one number tells readers of changed names of both.
    """

    __tablename__ = "entities"
    __table_args__ = (
        Index("ix_entities_tenant_id_id", "tenant_id", "id", unique=True),
        Index("ix_entities_tenant_id_key", "tenant_id", "key"),
        Index("ix_entities_tenant_id_revision", "tenant_id", "revision", "key"),
    )

    key: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    identifiers: Mapped[dict[str, str]] = mapped_column(JSON)
    aliases: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    description: Mapped[dict[str, str]] = mapped_column(JSON)
    creators: Mapped[list[str]] = mapped_column(JSON)
    published_at: Mapped[str | None] = mapped_column(String(40))
    popularity: Mapped[float] = mapped_column(Float)
    content_hash: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(Instant)
