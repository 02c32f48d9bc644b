"""Vectors in PostgreSQL. The only module that knows pgvector.

Each build has a table of its own, with the columns that filters look at beside the vectors, and an
HNSW index. Few items that pass a filter are compared one by one; among many the index is walked on
until enough are found (pgvector's iterative scan). Tombstones are kept by each process.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pgvector.psycopg import register_vector
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, NotSupportedError, ProgrammingError

from linkage.embed import Vectors
from linkage.index import Kind, VectorStore, VectorWriter
from linkage.indexing.columns import Names, Rows, conditions
from linkage.indexing.vectorlog import Keys
from linkage.lexical import Hit
from linkage.types import Filters

SCHEMA = "weft_vectors"
"""Apart from the tables of the migrations, which do not know these."""
_COLUMNS = ("kind", "language", "source")
_SCAN_SHARE, _SCAN_COUNT = 0.1, 1_000
"""Below this share of entries that pass, or this number, comparing each is faster."""
_LINKS, _CONSTRUCTION_DEPTH, _SEARCH_DEPTH = 16, 128, 128
_BUILD_MEMORY = "1GB"
_DIMENSION = """
SELECT atttypmod FROM pg_attribute
WHERE attrelid = CAST(:name AS regclass) AND attname = 'vector'
"""


class PgVectorStores:
    """VectorStores in a PostgreSQL database that has the extension `vector`."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(
            make_url(url), isolation_level="AUTOCOMMIT", pool_size=20, max_overflow=20,
            pool_pre_ping=True,
        )  # fmt: skip
        event.listen(self._engine, "connect", _prepare)

    def writer(
        self, build: str, folder: Path, kind: Kind, sample: Vectors, base: Path | None = None
    ) -> VectorWriter:
        """Return a writer into a new table."""
        del folder, kind, base
        return PgVectorWriter(self._engine, _table(build), sample.shape[1])

    def open(self, build: str, folder: Path, names: Names) -> VectorStore:
        """Open a table that a writer made; ValueError when it is gone."""
        del folder
        try:
            with self._engine.connect() as connection:
                count = connection.scalar(text(f"SELECT count(*) FROM {_table(build)}"))
                dimension = connection.scalar(text(_DIMENSION), {"name": _table(build)})
        except DBAPIError as error:
            raise ValueError(f"its table cannot be read: {error.orig}") from error
        return PgVectors(self._engine, _table(build), names, int(count or 0), int(dimension or 0))

    def drop(self, build: str) -> None:
        """Drop the table of a build."""
        with self._engine.connect() as connection:
            connection.execute(text(f"DROP TABLE IF EXISTS {_table(build)}"))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


class PgVectorWriter:
    """Makes the table of one build."""

    def __init__(self, engine: Engine, table: str, dimension: int) -> None:
        self._engine = engine
        self._table = table
        with engine.connect() as connection:
            _install(connection)
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
            connection.execute(
                text(
                    f"CREATE TABLE {table} (key bigint PRIMARY KEY, kind int, language int,"
                    f" source int, year int, vector vector({dimension}))"
                )
            )

    def add(self, keys: Keys, vectors: Vectors, rows: Rows) -> None:
        """Add unit vectors and the rows of their columns."""
        with self._engine.connect() as connection:
            _register(connection)
            driver: Any = connection.connection.driver_connection
            statement = f"COPY {self._table} FROM STDIN WITH (FORMAT BINARY)"
            with driver.cursor() as cursor, cursor.copy(statement) as copy:
                copy.set_types(["int8", "int4", "int4", "int4", "int4", "vector"])
                for key, row, vector in zip(keys.tolist(), rows.tolist(), vectors, strict=True):
                    copy.write_row((key, *row, vector))

    def close(self) -> None:
        """Index the table."""
        with self._engine.connect() as connection:
            connection.execute(text(f"SET maintenance_work_mem = '{_BUILD_MEMORY}'"))
            connection.execute(
                text(
                    f"CREATE INDEX ON {self._table} USING hnsw (vector vector_ip_ops)"
                    f" WITH (m = {_LINKS}, ef_construction = {_CONSTRUCTION_DEPTH})"
                )
            )
            connection.execute(text("RESET maintenance_work_mem"))
            connection.execute(text(f"ANALYZE {self._table}"))


class PgVectors:
    """A VectorStore that is a table."""

    def __init__(
        self, engine: Engine, table: str, names: Names, count: int, dimension: int
    ) -> None:
        self.count = count
        self._dimension = dimension
        self._engine = engine
        self._table = table
        self._names = names
        self._buried: set[int] = set()
        self._passing: dict[tuple[object, ...], int] = {}

    def search(self, vector: Vectors, limit: int, filters: Filters) -> list[Hit]:
        """Return the (key, cosine) nearest to a unit vector that pass, best first."""
        where, values = self._where(filters)
        passing = self._count(where, values) if where else self.count
        if passing > max(_SCAN_COUNT, _SCAN_SHARE * self.count):
            hits = self._nearest(vector, limit, where, values)
            if len(hits) >= min(limit, passing - len(self._buried)):
                return hits
        return self._nearest(vector, limit, where, values, is_exact=True)

    def vectors(self, keys: Sequence[int]) -> tuple[Keys, Vectors]:
        """Return those of the keys there are and not buried, and their vectors."""
        wanted = [key for key in keys if key not in self._buried]
        with self._engine.connect() as connection:
            _register(connection)
            rows = connection.execute(
                text(
                    f"SELECT key, vector FROM unnest(CAST(:keys AS bigint[])) WITH ORDINALITY"
                    f" AS wanted (key, place) JOIN {self._table} USING (key) ORDER BY place"
                ),
                {"keys": wanted},
            ).all()
        vectors = np.empty((len(rows), self._dimension), dtype=np.float32)
        for place, row in enumerate(rows):
            vectors[place] = row.vector.to_numpy()
        return np.array([row.key for row in rows], dtype=np.int64), vectors

    def bury(self, keys: Iterable[int]) -> None:
        """Never return these keys again: they were deleted or have a newer version elsewhere."""
        self._buried |= set(keys)

    def _where(self, filters: Filters) -> tuple[list[str], dict[str, Any]]:
        """Return the conditions of filters, and their values."""
        passing, year = conditions(self._names, filters)
        where = [f"{_COLUMNS[column]} = ANY(:{_COLUMNS[column]})" for column in passing]
        values: dict[str, Any] = {_COLUMNS[column]: codes for column, codes in passing.items()}
        if year is not None:
            where, values = [*where, "year >= :year"], values | {"year": year}
        return where, values

    def _count(self, where: list[str], values: dict[str, Any]) -> int:
        """Return how many rows pass, buried ones too; the table never changes."""
        known = (*where, *map(str, values.values()))
        if known not in self._passing:
            statement = f"SELECT count(*) FROM {self._table} WHERE {' AND '.join(where)}"
            with self._engine.connect() as connection:
                self._passing[known] = int(connection.scalar(text(statement), values) or 0)
        return self._passing[known]

    def _nearest(
        self,
        vector: Vectors,
        limit: int,
        where: list[str],
        values: dict[str, Any],
        *,
        is_exact: bool = False,
    ) -> list[Hit]:
        if self._buried:
            where, values = [*where, "key <> ALL(:buried)"], values | {"buried": list(self._buried)}
        # an expression that the index does not know has every row that passes compared
        order = "(vector <#> :vector) + 0" if is_exact else "vector <#> :vector"
        statement = (
            f"SELECT key, -(vector <#> :vector) AS score FROM {self._table}"
            f"{' WHERE ' + ' AND '.join(where) if where else ''} ORDER BY {order} LIMIT :limit"
        )
        with self._engine.connect() as connection:
            _register(connection)
            rows = connection.execute(
                text(statement), values | {"vector": vector, "limit": limit}
            ).all()
        return [(row.key, float(row.score)) for row in rows]


def _table(build: str) -> str:
    """Return the name of a build's table; a build's id is a hexadecimal number."""
    if not build.isalnum():
        raise ValueError(f"{build!r} is not the id of a build")
    return f'{SCHEMA}."{build}"'


def _install(connection: Connection) -> None:
    """Create the extension and our schema where they lack; ValueError when that is not allowed."""
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": SCHEMA}) is None:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    except (NotSupportedError, ProgrammingError) as error:
        raise ValueError(
            f"{str(error.orig).splitlines()[0]}: an administrator has to run"
            f" `CREATE EXTENSION vector` and `CREATE SCHEMA {SCHEMA} AUTHORIZATION` our user"
        ) from error


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection
    """Set how a new connection searches; unknown to servers that lack the extension so far."""
    connection.autocommit = True
    for setting, value in (
        ("hnsw.ef_search", str(_SEARCH_DEPTH)),
        ("hnsw.iterative_scan", "strict_order"),
    ):
        connection.execute("SELECT set_config(%s, %s, false)", (setting, value))


def _register(connection: Connection) -> None:
    """Teach a connection the type `vector`, once it exists."""
    driver: Any = connection.connection.driver_connection
    if connection.info.get("knows_vectors") is None:
        register_vector(driver)
        connection.info["knows_vectors"] = True
