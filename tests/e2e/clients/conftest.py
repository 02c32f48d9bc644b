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


def limited_key(server: Server, characters: int) -> str:
    """Return a new key that may have so many characters translated a month."""
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        wanted = {"name": "limited", "scopes": ["read", "write"]}
        key = client.post("/v1/admin/keys", json=wanted).raise_for_status().json()
        quota = {"characters": characters}
        client.put(f"/v1/usage/keys/{key['id']}", json=quota).raise_for_status()
    secret: str = key["secret"]
    return secret
