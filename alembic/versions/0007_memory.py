"""Glossaries and translation memories."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "glossaries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_glossaries_tenant_id_name"),
    )
    op.create_table(
        "glossary_terms",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("glossary_id", sa.String(length=40), nullable=False),
        sa.Column("source_language", sa.String(length=35), nullable=False),
        sa.Column("target_language", sa.String(length=35), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("target", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["glossary_id"], ["glossaries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "glossary_id", "source_language", "target_language", "source", name="uq_glossary_terms"
        ),
    )
    op.create_table(
        "memory_units",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("source_language", sa.String(length=35), nullable=False),
        sa.Column("target_language", sa.String(length=35), nullable=False),
        sa.Column("domain", sa.String(length=100), nullable=False),
        sa.Column("tuid", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("is_correction", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "tenant_id", "source_language", "target_language", "domain", "tuid",
            name="uq_memory_units",
        ),
    )  # fmt: skip
    op.create_index(
        "ix_memory_units_key",
        "memory_units",
        ["tenant_id", "source_language", "target_language", "key"],
    )
    op.create_table(
        "memory_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("band", "unit_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("memory_bands")
    op.drop_index("ix_memory_units_key", "memory_units")
    op.drop_table("memory_units")
    op.drop_table("glossary_terms")
    op.drop_table("glossaries")
