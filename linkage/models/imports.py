"""Runs of files into a catalogue."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from linkage.models.schema import BIG_KEY, Base, Instant


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
