"""Usage, quotas and webhooks of translation."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNTS = {"rejected": sa.Integer(), "characters": sa.BigInteger(), "charged": sa.BigInteger()}


def upgrade() -> None:
    with op.batch_alter_table("translation_jobs") as batch_op:
        batch_op.add_column(
            sa.Column("key_id", sa.String(length=16), nullable=False, server_default="")
        )
        for name, kind in COUNTS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_translation_chunks_state_lease_until", "translation_chunks")
    op.create_index(
        "ix_translation_chunks_job_id_state", "translation_chunks", ["job_id", "state", "id"]
    )
    op.create_table(
        "translation_rejections",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["translation_jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "line"),
    )
    op.create_table(
        "translation_webhooks",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["translation_jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index(
        "ix_translation_webhooks_state_next_at", "translation_webhooks", ["state", "next_at"]
    )
    for name, columns in (
        ("translation_usage", [sa.Column("day", sa.Date(), nullable=False)]),
        ("translation_quotas", []),
    ):
        op.create_table(
            name,
            sa.Column("tenant_id", sa.String(length=64), nullable=False),
            sa.Column("key_id", sa.String(length=16), nullable=False),
            *columns,
            sa.Column("characters", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("tenant_id", "key_id", *(column.name for column in columns)),
        )


def downgrade() -> None:
    for name in ("translation_quotas", "translation_usage", "translation_webhooks",
                 "translation_rejections"):  # fmt: skip
        op.drop_table(name)
    op.drop_index("ix_translation_chunks_job_id_state", "translation_chunks")
    op.create_index(
        "ix_translation_chunks_state_lease_until", "translation_chunks", ["state", "lease_until"]
    )
    with op.batch_alter_table("translation_jobs") as batch_op:
        for name in ("received_at", *reversed(COUNTS), "key_id"):
            batch_op.drop_column(name)
