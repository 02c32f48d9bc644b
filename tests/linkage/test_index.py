from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.embed import Vectors
from linkage.index import ColumnsWriter, Kind, VectorIndex, recall
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


def made(vectors: Vectors, kind: Kind = "flat") -> VectorIndex:
    columns = ColumnsWriter()
    columns.add(items(len(vectors)))
    keys = np.arange(len(vectors), dtype=np.int64) * 2 + 10
    return VectorIndex.of(keys, vectors, columns.columns(), kind=kind)


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_nearest_is_the_vector_itself(kind: Kind) -> None:
    vectors = unit(500)
    hits = made(vectors, kind).search(vectors[7], 3, Filters())
    assert hits[0] == (24, pytest.approx(1.0, abs=1e-5))
    assert [score for _, score in hits] == sorted((s for _, s in hits), reverse=True)


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
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
    kind: Kind, filters: Filters, count: int
) -> None:
    vectors = unit(1_000)
    hits = made(vectors, kind).search(vectors[0], 1_000, filters)
    assert len(hits) == count
    assert len({key for key, _ in hits}) == count


def test_buried_keys_are_not_found_again() -> None:
    vectors = unit(50)
    index = made(vectors)
    index.bury([10, 12, 99_999])
    assert {10, 12}.isdisjoint(key for key, _ in index.search(vectors[0], 50, Filters()))
    assert index.vectors([10, 14])[0].tolist() == [14]


def test_vectors_are_returned_for_the_keys_there_are() -> None:
    vectors = unit(20)
    keys, found = made(vectors).vectors([48, 11, 10])
    assert keys.tolist() == [48, 10]
    assert np.array_equal(found, vectors[[19, 0]])


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_saved_index_answers_alike(tmp_path: Path, kind: Kind) -> None:
    vectors = unit(300)
    index = made(vectors, kind)
    loaded = VectorIndex.load(tmp_path, index.save(tmp_path))
    filters = Filters(kinds=frozenset({"film"}))
    assert loaded.search(vectors[3], 10, filters) == index.search(vectors[3], 10, filters)
    assert loaded.search(vectors[3], 10, Filters()) == index.search(vectors[3], 10, Filters())


def test_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = made(unit(0))
    loaded = VectorIndex.load(tmp_path, index.save(tmp_path))
    assert loaded.search(unit(1)[0], 5, Filters()) == []
    assert loaded.vectors([1])[0].tolist() == []


def test_hnsw_finds_nearly_all_true_neighbours() -> None:
    assert recall(made(unit(2_000), "hnsw")) > 0.9


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.integers(1, 30), st.integers(0, 1_000))
def test_flat_search_agrees_with_sorting_all(count: int, limit: int, seed: int) -> None:
    vectors, query = unit(count, seed=seed), unit(1, seed=seed + 1)[0]
    hits = made(vectors).search(query, limit, Filters())
    expected = np.sort(vectors @ query)[::-1][:limit]
    assert [score for _, score in hits] == pytest.approx(expected.tolist(), abs=1e-5)
