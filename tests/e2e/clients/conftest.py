"""One running server for all the clients that other services' users have."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Deployment, environment_of
from workers import accounts
from workers.accounts import SCOPES
from workers.db import Database


@dataclass(frozen=True)
class Server:
    url: str
    key: str


@pytest.fixture(scope="session")
def server(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("clients")
    path = folder / "weft.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    url = f"sqlite:///{path}"
    database = Database(url)
    with database.transaction() as session:
        key = accounts.create_key(session, "default", "clients", SCOPES).secret
    deployment = Deployment(environment_of(folder, url), folder, database, key)
    client: httpx.Client = deployment.serve()
    deployment.start("worker")
    yield Server(str(client.base_url).rstrip("/"), key)
    deployment.close()
