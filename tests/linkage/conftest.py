import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from linkage import builds
from linkage.embed import Encoder, Progress, Vectors
from linkage.imports import Transaction, import_records
from linkage.index import STORES, VectorStores
from linkage.items import item_from_record
from linkage.linker import Linker
from linkage.models import Base
from linkage.types import Item
from tests.linkage.pollers import FEED, Poller
from tests.web import WebServer
from workers.db import Database

TENANT = "t1"


class WordEncoder:
    """Hashes words into a vector: texts that share words are near, and nothing is to be loaded."""

    dimension = 64

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.encoded = 0

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                code = zlib.crc32(word.encode())
                vector[code % self.dimension] += 1 if code >> 16 & 1 else -1
        self.encoded += len(texts)
        if progress:
            progress(len(texts))
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest) -> str:
    """Runs a test on each kind of database."""
    return str(request.param)


def _postgres(request: pytest.FixtureRequest) -> Engine:
    engine = create_engine(request.getfixturevalue("postgres_url"))
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    return engine


def _sqlite(folder: Path) -> Engine:
    engine = create_engine(f"sqlite:///{folder / 'linkage.db'}")

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")

    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    is_postgres = "both" in request.fixturenames and request.getfixturevalue("both") != "sqlite"
    engine = _postgres(request) if is_postgres else _sqlite(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def transaction(engine: Engine) -> Transaction:
    @contextmanager
    def opened() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def transaction() -> AbstractContextManager[Session]:
        return opened()

    return transaction


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def make_item() -> Callable[..., Item]:
    def make(id: str, title: str = "A Title", kind: str = "book", **fields: Any) -> Item:  # noqa: A002
        return item_from_record({"id": id, "title": title, "kind": kind, **fields})

    return make


@pytest.fixture
def words() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "indexes"


@pytest.fixture
def stores() -> dict[str, VectorStores]:
    """Where vectors are kept; a test may add to it."""
    return dict(STORES)


@pytest.fixture
def linker(
    data_dir: Path,
    words: WordEncoder,
    stores: dict[str, VectorStores],
    monkeypatch: pytest.MonkeyPatch,
) -> Linker:
    monkeypatch.setattr("linkage.indexing.views.FRESH_SECONDS", 0.0)
    monkeypatch.setattr("linkage.feedback.FRESH_SECONDS", 0.0)
    return Linker(data_dir, encoder="words", encoders=lambda _name: words, stores=stores)


@pytest.fixture
def add(transaction: Transaction) -> Callable[..., None]:
    def add(*items: Item, tenant: str = TENANT) -> None:
        import_records(transaction, tenant, items)

    return add


@pytest.fixture
def reindex(
    transaction: Transaction,
    data_dir: Path,
    words: WordEncoder,
    stores: dict[str, VectorStores],
) -> Callable[..., builds.Build]:
    def reindex(kind: str = "flat", tenant: str = TENANT) -> builds.Build:
        with transaction() as session:
            build_id = builds.start(session, tenant, encoder="words", kind=kind)  # type: ignore[arg-type]
        return builds.run(
            transaction, tenant, build_id, data_dir=data_dir, encoders=lambda _name: words,
            stores=stores,
        )  # fmt: skip

    return reindex


@pytest.fixture
def queued(transaction: Transaction) -> str:
    with transaction() as session:
        return builds.start(session, "t1", encoder="words")


@pytest.fixture
def work(
    transaction: Transaction, data_dir: Path, words: WordEncoder
) -> Callable[..., builds.Build]:
    """Work on a build."""

    def work(
        build_id: str, encoder: Encoder = words, tenant: str = "t1", **options: Any
    ) -> builds.Build:
        return builds.run(
            transaction, tenant, build_id, data_dir=data_dir, encoders=lambda _name: encoder,
            **options,
        )  # fmt: skip

    return work


@pytest.fixture
def run(
    work: Callable[..., builds.Build], queued: str, words: WordEncoder
) -> Callable[..., builds.Build]:
    """Work on a build that is queued."""

    def run(encoder: Encoder = words, build_id: str = queued, **options: Any) -> builds.Build:
        return work(build_id, encoder, **options)

    return run


@pytest.fixture
def many(add: Callable[..., None], make_item: Callable[..., Item]) -> None:
    add(*(make_item(str(n), f"Title {n}") for n in range(35)))


@pytest.fixture
def poller(database: Database) -> Poller:
    return Poller(database)


@pytest.fixture
def feed(web: WebServer) -> str:
    web.put("/feed", FEED, "application/rss+xml", headers={"ETag": '"v1"'})
    return f"{web.url}/feed"


@pytest.fixture
def site(web: WebServer) -> WebServer:
    """A site of three pages, with an index of two sitemaps, one of them packed."""
    for name in "abc":
        web.put(f"/{name}", f"<html><head><title>Page {name}</title></head><body>x</body></html>")
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    one = f"{head}<url><loc>{web.url}/a</loc><lastmod>2024-01-01</lastmod></url><url><loc>{web.url}/b</loc></url><url><loc>https://else.example/x</loc></url></urlset>"
    two = f"{head}<url><loc>{web.url}/c</loc></url></urlset>"
    web.put("/1.xml", one, "application/xml")
    web.put("/2.xml.gz", gzip.compress(two.encode()), "application/gzip")
    web.put(
        "/sitemap.xml",
        f"<sitemapindex><sitemap><loc>{web.url}/1.xml</loc></sitemap>"
        f"<sitemap><loc>{web.url}/2.xml.gz</loc></sitemap></sitemapindex>",
        "application/xml",
    )
    return web
