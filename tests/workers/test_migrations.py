import pytest
from alembic import command
from sqlalchemy import create_engine

from workers.migrations import alembic_config, is_current, migrate


def test_the_migrations_make_exactly_the_tables_of_the_models(database_url: str) -> None:
    command.check(alembic_config(database_url))


@pytest.mark.parametrize("start", ["base", "0009"])
def test_migrating_down_and_up_again_ends_where_it_began(database_url: str, start: str) -> None:
    command.downgrade(alembic_config(database_url), start)
    migrate(database_url)
    migrate(database_url)
    command.check(alembic_config(database_url))


def test_a_database_is_current_only_with_all_migrations(database_url: str) -> None:
    engine = create_engine(database_url)
    assert is_current(engine)
    for start in ("0009", "base"):
        command.downgrade(alembic_config(database_url), start)
        assert not is_current(engine)
    engine.dispose()
