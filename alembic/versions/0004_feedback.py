"""Feedback on links, and the attributes by which items are filtered."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MAX_NAME, MAX_VALUE = 100, 200
CHUNK = 1_000


def upgrade() -> None:
    op.create_table(
        "feedback_seen",
        sa.Column("digest", sa.LargeBinary(16), primary_key=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feedback_seen_day", "feedback_seen", ["day"])
    op.create_table(
        "feedback_counts",
        sa.Column("tenant_id", sa.String(64), primary_key=True),
        sa.Column("source_key", sa.BigInteger(), primary_key=True),
        sa.Column("target_key", sa.BigInteger(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("dismissals", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "co_clicks",
        sa.Column("tenant_id", sa.String(64), primary_key=True),
        sa.Column("source_key", sa.BigInteger(), primary_key=True),
        sa.Column("target_key", sa.BigInteger(), primary_key=True),
        sa.Column("clicked", sa.Float(), nullable=False),
        sa.Column("dismissed", sa.Float(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_co_clicks_tenant_id_target_key", "co_clicks", ["tenant_id", "target_key"])
    attributes = op.create_table(
        "item_attributes",
        sa.Column("tenant_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("value", sa.String(200), primary_key=True),
        sa.Column("key", sa.BigInteger(), primary_key=True),
        sqlite_with_rowid=False,
    )
    for rows in _rows_of_items():
        op.bulk_insert(attributes, rows)
    op.create_index("ix_item_attributes_key", "item_attributes", ["key"])


def downgrade() -> None:
    for table in ("item_attributes", "co_clicks", "feedback_counts", "feedback_seen"):
        op.drop_table(table)


def _rows_of_items() -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of the items there are, a run of items at a time."""
    items = sa.table(
        "items",
        sa.column("key", sa.BigInteger()),
        sa.column("tenant_id", sa.String()),
        sa.column("attributes", sa.JSON()),
    )
    after = 0
    while found := op.get_bind().execute(
        sa.select(items).where(items.c.key > after).order_by(items.c.key).limit(CHUNK)
    ).all():  # fmt: skip
        if rows := [row for item in found for row in _rows(item)]:
            yield rows
        after = found[-1].key


def _rows(item: sa.Row[Any]) -> list[dict[str, Any]]:
    pairs = {
        (name, value)
        for name, attribute in item.attributes.items()
        if len(name) <= MAX_NAME
        for value in _values(attribute)
    }
    return [
        {"tenant_id": item.tenant_id, "name": name, "value": value, "key": item.key}
        for name, value in pairs
    ]


def _values(attribute: object) -> Iterator[str]:
    """Yield what `linkage.filters.values` did at the time of this migration."""
    for value in attribute if isinstance(attribute, list) else (attribute,):
        if isinstance(value, str | int | float):
            spelled = value if isinstance(value, str) else json.dumps(value)
            if len(spelled) <= MAX_VALUE:
                yield spelled
