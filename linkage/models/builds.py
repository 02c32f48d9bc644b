"""Generations of an index."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from linkage.models.schema import Base, Instant


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
