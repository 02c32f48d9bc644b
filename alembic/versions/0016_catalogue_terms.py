"""A catalogue's language has a glossary, a document the key that pays for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("localisations", sa.Column("glossary", sa.String(length=200), nullable=True))
    op.add_column(
        "translation_documents",
        sa.Column("key_id", sa.String(length=64), server_default="", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("translation_documents", "key_id")
    op.drop_column("localisations", "glossary")
