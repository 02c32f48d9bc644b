"""Works, and what was compared to find them."""

from datetime import datetime

from sqlalchemy import BigInteger, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.models.schema import BIG_KEY, Base, Instant


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
