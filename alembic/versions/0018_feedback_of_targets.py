"""What clicks said of a deleted item is found by its key as a target too, and deleted with it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEX = "ix_feedback_counts_tenant_id_target_key"


def upgrade() -> None:
    op.create_index(INDEX, "feedback_counts", ["tenant_id", "target_key"])


def downgrade() -> None:
    op.drop_index(INDEX, "feedback_counts")
