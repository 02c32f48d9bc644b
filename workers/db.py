"""The database: one engine, and the two kinds of session that requests and tasks use."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

BUSY_SECONDS = 30


class Database:
    """A SQLAlchemy engine and its sessions; SQLite runs in WAL mode with foreign keys on.

    An SQLite transaction that reads first and writes later can fail at the write, when another
    process wrote in between. `transaction` therefore takes the write lock at its beginning.
    """

    def __init__(self, url: str) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _server_engine(url)
        self._watcher: PoolProxiedConnection | None = None
        self._watching = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session; commit at the end, roll back on an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.connection(execution_options={"begin": "IMMEDIATE"})
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session for reading only; it never waits for a writer on SQLite."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def check(self) -> None:
        """Raise when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def changes(self) -> int | None:
        """Return a number that is another once anybody has committed anything; None if unknown.

        SQLite tells it of the file in a few microseconds, to a connection that writes nothing.
        """
        if not self.is_sqlite:
            return None
        with self._watching:
            try:
                if self._watcher is None:
                    self._watcher = self.engine.raw_connection()
                    self._watcher.detach()  # it is no session's
                connection: Any = self._watcher.dbapi_connection
                found: int = connection.execute("PRAGMA data_version").fetchone()[0]
            except (sqlite3.Error, DBAPIError):
                return None
            return found

    def close(self) -> None:
        """Close all connections."""
        with self._watching:
            if self._watcher:
                self._watcher.close()
                self._watcher = None
        self.engine.dispose()


def lacks_tables(error: Exception) -> bool:
    """Tell whether an error is that of a database nobody ran `weft migrate` for."""
    reason = str(error.orig) if isinstance(error, DBAPIError) else ""
    return "no such table" in reason or ("relation" in reason and "does not exist" in reason)


def _server_engine(url: str) -> Engine:
    return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}, pool_size=20,
        max_overflow=20,
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI object
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', '')}")

    return engine
