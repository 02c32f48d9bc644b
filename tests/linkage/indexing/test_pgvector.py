"""What only vectors in PostgreSQL can meet: rights, and tables that are gone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from linkage.indexing.pgvector import SCHEMA, PgVectorStores

SAMPLE = np.eye(4, dtype=np.float32)


@pytest.fixture
def administrator(postgres_url: str) -> Iterator[Engine]:
    """A database of the test's own, and the role `nobody`, who may create nothing in it."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    statements = ("CREATE DATABASE unprepared", "CREATE ROLE nobody LOGIN")
    url = make_url(postgres_url).set(database="unprepared")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        yield engine
    finally:
        engine.dispose()
        with server.connect() as connection:
            for statement in ("DROP DATABASE unprepared WITH (FORCE)", "DROP ROLE nobody"):
                connection.execute(text(statement))
        server.dispose()


def test_missing_rights_are_told_with_what_an_administrator_does_once(
    administrator: Engine, tmp_path: Path
) -> None:
    url = administrator.url.set(username="nobody").render_as_string(hide_password=False)
    stores = PgVectorStores(url)
    with pytest.raises(ValueError, match=r"permission denied.*CREATE EXTENSION vector"):
        stores.writer("b", tmp_path, "pgvector", SAMPLE)
    with administrator.connect() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
        connection.execute(text(f"CREATE SCHEMA {SCHEMA} AUTHORIZATION nobody"))
    writer = stores.writer("b", tmp_path, "pgvector", SAMPLE)
    writer.add(np.arange(4), SAMPLE, np.zeros((4, 4), dtype=np.int32))
    writer.close()
    assert stores.open("b", tmp_path, ((), (), ())).count == 4
    stores.drop("b")
    stores.close()
