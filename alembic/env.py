"""Runs migrations over one connection; the tables of all domains are one schema."""

from alembic import context
from sqlalchemy import engine_from_config, pool

import linkage.models
import translate.models
import workers.accounts
from workers.settings import settings_from_environment

METADATA = [
    workers.accounts.Base.metadata,
    linkage.models.Base.metadata,
    translate.models.Base.metadata,
]


def _render(kind: str, value: object, _: object) -> str | bool:
    """Spell our own column types by what they are in the database."""
    if kind == "type" and type(value).__name__ == "Instant":
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate the database of the `sqlalchemy.url` option, else of the settings."""
    url = context.config.get_main_option("sqlalchemy.url")
    section = {"sqlalchemy.url": url or settings_from_environment().resolved_database_url}
    engine = engine_from_config(section, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=_render,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
