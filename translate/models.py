"""Tables of the translation domain."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
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


class JobRow(Base):
    """A batch of texts to translate into one or more languages."""

    __tablename__ = "translation_jobs"
    __table_args__ = (
        UniqueConstraint("tenant_id", "idempotency_key", name="uq_translation_jobs_idempotency"),
        Index("ix_translation_jobs_tenant_id_created_at", "tenant_id", "created_at", "id"),
        Index("ix_translation_jobs_state", "state"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(16), default="")
    """The API key that pays for it; empty for the command line."""
    state: Mapped[str] = mapped_column(String(20))
    """receiving, queued, running, done, failed or cancelled."""
    targets: Mapped[list[str]] = mapped_column(JSON)
    source: Mapped[str | None] = mapped_column(String(35))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    total: Mapped[int] = mapped_column(Integer)
    """Items times targets."""
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    """Records of its file that are no items."""
    characters: Mapped[int] = mapped_column(BigInteger, default=0)
    """Of all its items, times targets."""
    charged: Mapped[int] = mapped_column(BigInteger, default=0)
    """Of those, what has been translated and counted as used."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the last items of its file came in."""
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class ChunkRow(Base):
    """A run of a job's items in one target language: what a worker claims and completes whole.

    A claim holds until `lease_until`; `claim` tells the holder, so that a late worker whose
    lease ran out cannot write over the one that took the chunk after it.
    """

    __tablename__ = "translation_chunks"
    __table_args__ = (
        UniqueConstraint("job_id", "target", "first", name="uq_translation_chunks_place"),
        Index("ix_translation_chunks_job_id_state", "job_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("translation_jobs.id", ondelete="CASCADE"))
    target: Mapped[str] = mapped_column(String(35))
    first: Mapped[int] = mapped_column(Integer)
    """Position of its first item in the job's input."""
    count: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20))
    """pending, running, done or cancelled."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    claim: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    done: Mapped[int] = mapped_column(Integer, default=0)
    needs_review: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)


class JobItemRow(Base):
    """One text of a job's input, at its position."""

    __tablename__ = "translation_job_items"

    job_id: Mapped[str] = mapped_column(
        ForeignKey("translation_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    item_id: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(35))


class ResultRow(Base):
    """The translation of one item into one language, written once with its chunk's completion."""

    __tablename__ = "translation_results"

    job_id: Mapped[str] = mapped_column(
        ForeignKey("translation_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[str] = mapped_column(String(35), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    status: Mapped[str] = mapped_column(String(20))
    """done, needs_review or failed."""
    text: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(35))
    confidence: Mapped[float | None] = mapped_column(Float)
    reason: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str] = mapped_column(String(100))


class GlossaryRow(Base):
    """A tenant's named collection of terms; `version` grows with every change."""

    __tablename__ = "glossaries"
    __table_args__ = (UniqueConstraint("tenant_id", "name", name="uq_glossaries_tenant_id_name"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class TermRow(Base):
    """A glossary's term in one language and its translation into another."""

    __tablename__ = "glossary_terms"
    __table_args__ = (
        UniqueConstraint(
            "glossary_id", "source_language", "target_language", "source", name="uq_glossary_terms"
        ),
    )

    id: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    glossary_id: Mapped[str] = mapped_column(ForeignKey("glossaries.id", ondelete="CASCADE"))
    source_language: Mapped[str] = mapped_column(String(35))
    target_language: Mapped[str] = mapped_column(String(35))
    source: Mapped[str] = mapped_column(String(500))
    target: Mapped[str] = mapped_column(String(500))


class UnitRow(Base):
    """A unit of a tenant's translation memory: a text and how a person or a file translates it.

    `key` is a hash of the text without case, punctuation, numbers and placeholders.
    """

    __tablename__ = "memory_units"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "source_language", "target_language", "domain", "tuid",
            name="uq_memory_units",
        ),
        Index("ix_memory_units_key", "tenant_id", "source_language", "target_language", "key"),
        Index("ix_memory_units_newest", "tenant_id", "target_language", "domain", "updated_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    source_language: Mapped[str] = mapped_column(String(35))
    target_language: Mapped[str] = mapped_column(String(35))
    domain: Mapped[str] = mapped_column(String(100))
    """Empty for a unit that serves every domain."""
    tuid: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    key: Mapped[int] = mapped_column(BigInteger)
    is_correction: Mapped[bool]
    updated_at: Mapped[datetime] = mapped_column(Instant)


class BandRow(Base):
    """A piece of a unit's fingerprint: units with one in common are candidates of each other.

    There is no foreign key: bands are found again from a unit's text, and one that is left over
    only makes a candidate that scores badly.
    """

    __tablename__ = "memory_bands"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's way

    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class DocumentRow(Base):
    """A file to translate: what came in, and what became of it. It is deleted at `expires_at`."""

    __tablename__ = "translation_documents"
    __table_args__ = (
        Index("ix_translation_documents_state_lease_until", "state", "lease_until"),
        Index("ix_translation_documents_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(64), server_default="")
    """Whose characters are used; empty for no key."""
    name: Mapped[str] = mapped_column(String(255))
    target: Mapped[str] = mapped_column(String(35))
    source: Mapped[str | None] = mapped_column(String(35))
    glossary: Mapped[str | None] = mapped_column(String(200))
    columns: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20))
    """queued, running, done or failed."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    claim: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    result: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    passages: Mapped[int] = mapped_column(Integer, default=0)
    needs_review: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    characters: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class RejectionRow(Base):
    """A record of a job's file that is no item, with its line and the reason."""

    __tablename__ = "translation_rejections"

    job_id: Mapped[str] = mapped_column(
        ForeignKey("translation_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    item_id: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)


class WebhookRow(Base):
    """Whom to tell when a job has ended, and how far that is."""

    __tablename__ = "translation_webhooks"
    __table_args__ = (Index("ix_translation_webhooks_state_next_at", "state", "next_at"),)

    job_id: Mapped[str] = mapped_column(
        ForeignKey("translation_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    url: Mapped[str] = mapped_column(String(2000))
    secret: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    """waiting (for the job to end), due, delivered or failed."""
    event_id: Mapped[str] = mapped_column(String(40))
    """Of the ending that is told: the same in every attempt, another after a retry of the job."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)


class UsageRow(Base):
    """Characters of source text that a key had translated on a day (UTC)."""

    __tablename__ = "translation_usage"

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    characters: Mapped[int] = mapped_column(BigInteger)


class QuotaRow(Base):
    """Characters that a key, or with an empty key a whole tenant, may have translated a month."""

    __tablename__ = "translation_quotas"

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    characters: Mapped[int] = mapped_column(BigInteger)


class LocalisationRow(Base):
    """A language that a tenant's catalogue is kept translated into, and how far that is.

    `revision` and `last_key` are the catalogue's place up to which everything is translated.
    """

    __tablename__ = "localisations"

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    fields: Mapped[list[str]] = mapped_column(JSON)
    glossary: Mapped[str | None] = mapped_column(String(200))
    """Id of the glossary that its segments are translated with."""
    revision: Mapped[int] = mapped_column(BigInteger)
    last_key: Mapped[int] = mapped_column(BigInteger)
    memory_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the newest unit of the translation memory was made that is taken account of."""
    claim: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class LocalisedRow(Base):
    """A text of an item in another language; `digest` is that of the text it was made from.

    `pieces` are its segments as `translate.renewal.Piece` lists them.
    """

    __tablename__ = "localised_texts"

    tenant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    field: Mapped[str] = mapped_column(String(20), primary_key=True)
    source: Mapped[str | None] = mapped_column(String(35))
    digest: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    confidence: Mapped[float] = mapped_column(Float)
    checks: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)
    pieces: Mapped[list[list[Any]]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(Instant)
