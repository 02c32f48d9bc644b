"""Tables of the linkage domain."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

BIG_KEY = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the key is spelled INTEGER."""


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which drops time zones, gets it back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        """Attach UTC to what a driver returns without a zone."""
        del dialect
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """The domain's metadata."""


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


class SeenRow(Base):
    """A feedback event that was counted: a digest of its tenant and id, and the day it came."""

    __tablename__ = "feedback_seen"
    __table_args__ = (Index("ix_feedback_seen_day", "day"), {"sqlite_with_rowid": False})

    digest: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    day: Mapped[int] = mapped_column(Integer)
    """Since 1970."""


class FeedbackRow(Base):
    """How often a link was shown at a position (0: not known), clicked, bought and dismissed."""

    __tablename__ = "feedback_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    source_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    target_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    impressions: Mapped[int] = mapped_column(BigInteger)
    clicks: Mapped[int] = mapped_column(BigInteger)
    purchases: Mapped[int] = mapped_column(BigInteger)
    dismissals: Mapped[int] = mapped_column(BigInteger)


class CoClickRow(Base):
    """How strongly clicks tie a target to a source; see `feedback` for the unit."""

    __tablename__ = "co_clicks"
    __table_args__ = (
        Index("ix_co_clicks_tenant_id_target_key", "tenant_id", "target_key"),
        {"sqlite_with_rowid": False},
    )

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    source_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    target_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    clicked: Mapped[float] = mapped_column(Float)
    dismissed: Mapped[float] = mapped_column(Float)


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


class WorkRow(Base):
    """A work: the items that are the same thing. One that was merged is the alias of another."""

    __tablename__ = "works"
    __table_args__ = (
        Index("ix_works_tenant_id_id", "tenant_id", "id", unique=True),
        Index("ix_works_tenant_id_number", "tenant_id", "number"),
        Index("ix_works_merged_into", "merged_into"),
    )

    number: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    """Grows with each work founded: the lesser number is the older work."""
    tenant_id: Mapped[str] = mapped_column(String(64))
    id: Mapped[str] = mapped_column(String(40))
    merged_into: Mapped[int | None] = mapped_column(BigInteger)


class WorkItemRow(Base):
    """Which work an item is of; none until the first grouping that it takes part in."""

    __tablename__ = "work_items"
    __table_args__ = (
        Index("ix_work_items_tenant_id_work", "tenant_id", "work"),
        {"sqlite_with_rowid": False},
    )

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    item_id: Mapped[str] = mapped_column(String(200))
    """The owner's id: a key may be given to another item after this one is deleted."""
    work: Mapped[int | None] = mapped_column(BigInteger)


class WorkBlockRow(Base):
    """An item in a block: items of one block are compared with each other."""

    __tablename__ = "work_blocks"
    __table_args__ = (
        Index("ix_work_blocks_tenant_id_key", "tenant_id", "key"),
        {"sqlite_with_rowid": False},
    )

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class WorkEdgeRow(Base):
    """Two items, `one` below `other`, and the probability that they are one work."""

    __tablename__ = "work_edges"
    __table_args__ = (
        Index("ix_work_edges_tenant_id_other", "tenant_id", "other"),
        {"sqlite_with_rowid": False},
    )

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    one: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    other: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    probability: Mapped[float] = mapped_column(Float)


class WorkStateRow(Base):
    """How far the works of a catalogue follow it: up to (`revision`, `key`)."""

    __tablename__ = "work_states"

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[int] = mapped_column(BigInteger)
    is_rebuilding: Mapped[bool]
    """Items are compared first and grouped at the end, all at once."""
    claim: Mapped[str | None] = mapped_column(String(40))
    """The run that is at it, until `lease_until`."""
    lease_until: Mapped[datetime | None] = mapped_column(Instant)


class BuildRow(Base):
    """One generation of a tenant's index: how far it is, what it holds, what became of it."""

    __tablename__ = "index_builds"
    __table_args__ = (Index("ix_index_builds_tenant_id_id", "tenant_id", "id", unique=True),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    """queued, building, candidate (verified, not live), live, old (kept to go back to), rejected
    (not verified), failed, or deleted."""
    stage: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """encoding, catching up, indexing or verifying, while it is building."""
    claim: Mapped[str | None] = mapped_column(String(40))
    """The run that is at work, until `lease_until`; one that stopped renewing it is dead."""
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    deaths: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Runs in a row that died and encoded nothing more."""
    encoder: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    """Changes up to this revision are in the build; later ones are in the delta."""
    promotes: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether it goes live by itself once it is verified."""
    base: Mapped[str | None] = mapped_column(String(40))
    """The build that this one compacts: what has not changed since is not encoded again."""
    gold: Mapped[list[list[str]]] = mapped_column(JSON, default=list, server_default="[]")
    """Pairs of item ids that it should not lose."""
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What verification found."""
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class ImportRow(Base):
    """One run of a file or body into a catalogue: how far it is and what became of its records."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_tenant_id_key", "tenant_id", "key"),
        Index("ix_imports_tenant_id_digest", "tenant_id", "digest"),
    )

    key: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(500))
    digest: Mapped[str | None] = mapped_column(String(64))
    """Of the file and how it is read: the same digest goes on where the last run stopped."""
    state: Mapped[str] = mapped_column(String(20))
    """running, done, or failed (the file could not be read to its end)."""
    claim: Mapped[str | None] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    """Records that are done with, good and bad."""
    created: Mapped[int] = mapped_column(BigInteger, default=0)
    updated: Mapped[int] = mapped_column(BigInteger, default=0)
    unchanged: Mapped[int] = mapped_column(BigInteger, default=0)
    removed: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)
    warnings: Mapped[int] = mapped_column(BigInteger, default=0)
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class ImportErrorRow(Base):
    """A record that an import could not take, or took without one of its fields."""

    __tablename__ = "import_errors"
    __table_args__ = (Index("ix_import_errors_import_key_key", "import_key", "key"),)

    key: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    import_key: Mapped[int] = mapped_column(ForeignKey("imports.key", ondelete="CASCADE"))
    line: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(10))
    item_id: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    is_warning: Mapped[bool]


class SubscriptionRow(Base):
    """A feed, sitemap or page of the web that a tenant has polled."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        Index("ix_subscriptions_tenant_id_digest", "tenant_id", "digest", unique=True),
    )

    key: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    """Of the address, which is too long for some indexes."""
    kind: Mapped[str] = mapped_column(String(20))
    url: Mapped[str] = mapped_column(Text)
    every_seconds: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(100))
    item_kind: Mapped[str | None] = mapped_column(String(40))
    keep_days: Mapped[int | None] = mapped_column(Integer)
    created: Mapped[int] = mapped_column(BigInteger, default=0)
    updated: Mapped[int] = mapped_column(BigInteger, default=0)
    removed: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)


class ResourceRow(Base):
    """An address that is fetched for a subscription: its own, or one that its sitemap lists."""

    __tablename__ = "resources"
    __table_args__ = (
        Index("ix_resources_subscription_key_digest", "subscription_key", "digest", unique=True),
        Index("ix_resources_next_at", "next_at"),
        Index("ix_resources_parent_key", "parent_key"),
    )

    key: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    subscription_key: Mapped[int] = mapped_column(ForeignKey("subscriptions.key"))
    parent_key: Mapped[int | None] = mapped_column(BigInteger)
    """The sitemap that lists it; None for the subscription's own address."""
    kind: Mapped[str] = mapped_column(String(20))
    url: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(300))
    changed_at: Mapped[str | None] = mapped_column(String(40))
    """When it last changed, as its sitemap says."""
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str | None] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(Text)
    fetched_at: Mapped[datetime | None] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)


class SourcedItemRow(Base):
    """An item that came from a subscription, through one of its resources."""

    __tablename__ = "sourced_items"
    __table_args__ = (Index("ix_sourced_items_resource_key", "resource_key"),)

    subscription_key: Mapped[int] = mapped_column(ForeignKey("subscriptions.key"), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    resource_key: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime] = mapped_column(Instant)


class OriginRow(Base):
    """A web server: one request at a time, with a pause between, and what its robots.txt says.

    It belongs to no tenant: politeness is owed by all of us together.
    """

    __tablename__ = "origins"

    origin: Mapped[str] = mapped_column(String(300), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(Instant)
    claim: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    robots: Mapped[str | None] = mapped_column(Text)
    robots_until: Mapped[datetime | None] = mapped_column(Instant)
