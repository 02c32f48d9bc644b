"""What readers did with links."""

from sqlalchemy import BigInteger, Float, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.models.schema import Base


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
    __table_args__ = (
        Index("ix_feedback_counts_tenant_id_target_key", "tenant_id", "target_key"),
        {"sqlite_with_rowid": False},
    )

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
