"""Bring a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).resolve().parent.parent / "alembic"


def migrate(database_url: str, revision: str = "head") -> None:
    """Apply every migration that the database lacks, up to `revision`."""
    command.upgrade(alembic_config(database_url), revision)


def alembic_config(database_url: str) -> Config:
    """Return alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    # a percent sign of a password would be read as an interpolation
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config
