"""Works: what is the same thing."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "works",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            primary_key=True,
        ),
        sa.Column("tenant_id", sa.String(64), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_works_tenant_id_id", "works", ["tenant_id", "id"], unique=True)
    op.create_index("ix_works_tenant_id_number", "works", ["tenant_id", "number"])
    op.create_index("ix_works_merged_into", "works", ["merged_into"])
    op.create_table(
        "work_items",
        sa.Column("tenant_id", sa.String(64), primary_key=True),
        sa.Column("key", sa.BigInteger(), primary_key=True),
        sa.Column("item_id", sa.String(200), nullable=False),
        sa.Column("work", sa.BigInteger(), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_work_items_tenant_id_work", "work_items", ["tenant_id", "work"])
    op.create_table(
        "work_blocks",
        sa.Column("tenant_id", sa.String(64), primary_key=True),
        sa.Column("block", sa.BigInteger(), primary_key=True),
        sa.Column("key", sa.BigInteger(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_work_blocks_tenant_id_key", "work_blocks", ["tenant_id", "key"])
    op.create_table(
        "work_edges",
        sa.Column("tenant_id", sa.String(64), primary_key=True),
        sa.Column("one", sa.BigInteger(), primary_key=True),
        sa.Column("other", sa.BigInteger(), primary_key=True),
        sa.Column("probability", sa.Float(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_work_edges_tenant_id_other", "work_edges", ["tenant_id", "other"])
    op.create_table(
        "work_states",
        sa.Column("tenant_id", sa.String(64), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("is_rebuilding", sa.Boolean(), nullable=False),
        sa.Column("claim", sa.String(40), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    for table in ("work_states", "work_edges", "work_blocks", "work_items", "works"):
        op.drop_table(table)
