"""Bring a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).resolve().parent.parent / "alembic"


def migrate(database_url: str, revision: str = "head") -> None:
    """Apply every migration that the database lacks, up to `revision`."""
    command.upgrade(alembic_config(database_url), revision)


def is_current(engine: Engine) -> bool:
    """Tell whether a database has all tables of this version; those of a later one will do."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    ours = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]
    return found is not None and found not in ours[1:]


def alembic_config(database_url: str) -> Config:
    """Return alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    # a percent sign of a password would be read as an interpolation
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config
