from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from linkage.embed import DEFAULT_ENCODER, Encoder, load_encoder
from translate.engine import CTranslate2Engine, shipped_model
from translate.translator import Translator
from workers import accounts
from workers.accounts import SCOPES, Scope
from workers.runtime import Runtime
from workers.settings import Settings

MakeClient = Callable[..., TestClient]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(DEFAULT_ENCODER)


@pytest.fixture(scope="session")
def translator() -> Translator:
    return Translator(CTranslate2Engine(shipped_model(), threads=1))


@pytest.fixture
def runtime(
    database_url: str, tmp_path: Path, encoder: Encoder, translator: Translator
) -> Iterator[Runtime]:
    """A runtime on a database of the test's own, with models loaded once for all tests."""
    runtime = Runtime(
        Settings(data_dir=tmp_path, database_url=database_url, max_body_bytes=2**20, _env_file=None)
    )
    vars(runtime).update(_encoders={DEFAULT_ENCODER: encoder}, _translator=translator)
    yield runtime
    runtime.close()


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return create_app(runtime)


@pytest.fixture
def make_client(app: FastAPI, runtime: Runtime) -> MakeClient:
    """Make a client with a key of a tenant's own."""

    def make(tenant: str = "alpha", scopes: tuple[Scope, ...] = SCOPES) -> TestClient:
        with runtime.database.transaction() as session:
            key = accounts.create_key(session, tenant, "test", scopes)
        return TestClient(
            app,
            headers={"Authorization": f"Bearer {key.secret}"},
            raise_server_exceptions=False,
        )

    return make


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client()
