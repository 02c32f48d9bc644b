"""What an index build records of its checks."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("index_builds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stage", sa.String(20), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("promotes", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(sa.Column("base", sa.String(40), nullable=True))
        batch_op.add_column(sa.Column("gold", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("report", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("index_builds", schema=None) as batch_op:
        for column in ("report", "gold", "base", "promotes", "stage"):
            batch_op.drop_column(column)
