from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.embed import Vectors
from linkage.index import (
    FaissStores,
    Kind,
    VectorStore,
    VectorStores,
    kind_for,
    training_size,
)
from linkage.indexing.columns import ColumnsWriter
from linkage.indexing.delta import GrowingVectors
from linkage.indexing.pgvector import PgVectorStores
from linkage.indexing.vectorlog import Keys
from linkage.types import Filters, Item


def unit(count: int, dimension: int = 16, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def items(count: int) -> list[Item]:
    return [
        Item(
            id=str(n), title="t", kind="film" if n % 10 == 0 else "book",
            language=("en-GB", "de", None)[n % 3], published_at=str(1900 + n % 100),
        )
        for n in range(count)
    ]  # fmt: skip


Make = Callable[..., VectorStore]
KINDS = ["flat", "hnsw", "ivfpq"]


@pytest.fixture(params=[*KINDS, "delta", "pgvector"])
def kind(request: pytest.FixtureRequest) -> str:
    """Runs a test on every kind of VectorStore."""
    return str(request.param)


@pytest.fixture
def stores(request: pytest.FixtureRequest) -> Iterator[VectorStores]:
    """Where the vectors of the test's kind are kept."""
    kind = request.getfixturevalue("kind") if "kind" in request.fixturenames else "flat"
    is_postgres = kind == "pgvector"
    kept = PgVectorStores(request.getfixturevalue("postgres_url")) if is_postgres else FaissStores()
    yield kept
    kept.drop("b")
    kept.close()


@pytest.fixture
def make(tmp_path: Path, stores: VectorStores) -> Make:
    """Make a store of a kind with keys 10, 12, 14 …"""

    def make(vectors: Vectors, kind: str) -> VectorStore:
        keys = np.arange(len(vectors), dtype=np.int64) * 2 + 10
        if kind == "delta":
            growing = GrowingVectors(vectors.shape[1])
            growing.add(dict(zip(keys.tolist(), items(len(vectors)), strict=True)), vectors)
            return growing
        return written(stores, tmp_path, keys, vectors, kind)

    return make


def written(
    stores: VectorStores, folder: Path, keys: Keys, vectors: Vectors, kind: Kind,
    base: Path | None = None,
) -> VectorStore:  # fmt: skip
    columns = ColumnsWriter()
    writer = stores.writer("b", folder, kind, vectors[: training_size(len(vectors))], base)
    every = items(len(vectors))
    for start in range(0, len(vectors), 100):
        run = slice(start, start + 100)
        writer.add(keys[run], vectors[run], columns.rows(every[run]))
    writer.close()
    return stores.open("b", folder, columns.names)


def test_nearest_is_the_vector_itself(make: Make, kind: str) -> None:
    vectors = unit(500)
    hits = make(vectors, kind).search(vectors[7], 3, Filters())
    assert hits[0] == (24, pytest.approx(1.0, abs=1e-2 if kind == "ivfpq" else 1e-5))
    assert [score for _, score in hits] == sorted((s for _, s in hits), reverse=True)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(kinds=frozenset({"film"})), 100),
        (Filters(languages=frozenset({"EN"})), 334),
        (Filters(languages=frozenset({"en-gb"}), kinds=frozenset({"film"})), 34),
        (Filters(published_after="1990-05-01"), 100),
        (Filters(kinds=frozenset({"game"})), 0),
        (Filters(sources=frozenset({"catalogue"})), 1_000),
    ],
)
def test_filter_finds_all_that_pass_and_nothing_else(
    make: Make, kind: str, filters: Filters, count: int
) -> None:
    vectors = unit(1_000)
    hits = make(vectors, kind).search(vectors[0], 1_000, filters)
    assert len(hits) == count
    assert len({key for key, _ in hits}) == count


def test_few_that_pass_are_answered_exactly(make: Make, kind: str) -> None:
    vectors, query = unit(1_000), unit(1, seed=5)[0]
    hits = make(vectors, kind).search(query, 10, Filters(published_after="1995"))
    passing = [n for n in range(1_000) if n % 100 >= 95]
    expected = sorted(passing, key=lambda n: -float(vectors[n] @ query))[:10]
    found = [(key - 10) // 2 for key, _ in hits]
    assert len(set(found) & set(expected)) >= (9 if kind == "ivfpq" else 10)


def test_buried_keys_are_not_found_again(make: Make, kind: str) -> None:
    vectors = unit(50)
    index = make(vectors, kind)
    index.bury([10, 12, 99_999])
    hits = index.search(vectors[0], 50, Filters())
    assert {10, 12}.isdisjoint(key for key, _ in hits)
    assert len(hits) == 48
    assert index.vectors([10, 14])[0].tolist() == [14]


def test_vectors_are_returned_for_the_keys_there_are(make: Make, kind: str) -> None:
    vectors = unit(20)
    keys, found = make(vectors, kind).vectors([48, 11, 10])
    assert keys.tolist() == [48, 10]
    assert np.allclose(found, vectors[[19, 0]], atol=1e-2 if kind == "ivfpq" else 0)


@pytest.mark.parametrize("kind", ["flat", "pgvector"])
def test_empty_index_finds_nothing(make: Make, kind: str) -> None:
    index = make(unit(0), kind)
    assert index.search(unit(1)[0], 5, Filters()) == []
    assert index.vectors([1])[0].tolist() == []


@pytest.mark.parametrize("kind", ["hnsw", "ivfpq", "pgvector"])
def test_nearly_all_true_neighbours_are_found(make: Make, kind: str) -> None:
    centres = unit(60, seed=3)
    vectors = np.repeat(centres, 50, axis=0) + unit(3_000, seed=4) * 0.7
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index, found = make(vectors, kind), 0
    for query in vectors[::60]:
        least = np.sort(vectors @ query)[-10]
        hits = index.search(query, 10, Filters())
        found += sum(vectors[(key - 10) // 2] @ query >= least - 1e-5 for key, _ in hits)
    assert found / 500 > 0.9


def test_what_lists_learned_is_used_again_and_vectors_become_the_same_codes(
    tmp_path: Path,
) -> None:
    keys, vectors = np.arange(3_000), unit(3_000)
    first = written(FaissStores(), tmp_path, keys, vectors, "ivfpq")
    again = tmp_path / "again"
    again.mkdir()
    _, kept = first.vectors(keys.tolist())
    second = written(FaissStores(), again, keys, kept, "ivfpq", tmp_path)
    assert np.allclose(second.vectors(keys.tolist())[1], kept, atol=1e-6)


@pytest.mark.parametrize(
    ("wanted", "count", "kind"),
    [("auto", 500, "flat"), ("auto", 50_000, "ivfpq"), ("hnsw", 3, "hnsw"), ("ivfpq", 3, "flat"),
     ("ivfpq", 5_000, "ivfpq")],
)  # fmt: skip
def test_kind_follows_the_number_of_vectors(wanted: Kind, count: int, kind: Kind) -> None:
    assert kind_for(wanted, count) == kind


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 600), st.integers(1, 30), st.integers(0, 1_000))
def test_delta_agrees_with_sorting_all(count: int, limit: int, seed: int) -> None:
    vectors, query = unit(count, seed=seed), unit(1, seed=seed + 1)[0]
    growing = GrowingVectors(16)
    for n, item in enumerate(items(count)):
        growing.add({n: item}, vectors[n : n + 1])
    hits = growing.search(query, limit, Filters())
    expected = np.sort(vectors @ query)[::-1][:limit]
    assert [score for _, score in hits] == pytest.approx(expected.tolist(), abs=1e-5)


def test_newer_vector_takes_the_place_of_the_older() -> None:
    vectors, growing = unit(3), GrowingVectors(16)
    one, two = items(2)
    growing.add({5: one, 6: two}, vectors[:2])
    growing.add({5: one}, vectors[2:])
    assert [key for key, _ in growing.search(vectors[0], 9, Filters())].count(5) == 1
    assert np.array_equal(growing.vectors([5])[1], vectors[2:])


def test_a_delta_does_not_keep_older_vectors_for_ever() -> None:
    vectors, growing, many = unit(300), GrowingVectors(16), dict(enumerate(items(300)))
    searched = growing
    for _ in range(20):
        growing.add(many, vectors)
        growing = growing.compacted()
    assert growing.count <= 2 * len(many)
    assert growing.vectors([7])[1] == pytest.approx(vectors[7:8])
    kinds = Filters(kinds=frozenset({many[0].kind}))
    assert 0 in [key for key, _ in growing.search(vectors[0], 1, kinds)]
    assert len(searched.vectors(list(many))[0]) == len(many)
