"""An index build knows how many of its runs died in a row."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "index_builds", sa.Column("deaths", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("index_builds", "deaths")
