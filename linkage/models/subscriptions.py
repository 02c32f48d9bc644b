"""What is polled of the web, and which items came of it."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from linkage.models.schema import BIG_KEY, Base, Instant


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
