from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.indexing.vectorlog import VectorLog


def vectors(count: int, value: float = 0.0) -> np.ndarray:
    return np.full((count, 4), value, dtype=np.float32)


def test_the_last_vector_of_a_key_counts(tmp_path: Path) -> None:
    log = VectorLog(tmp_path, 4)
    log.append([5, 3], vectors(2, 1.0))
    log.append([9, 5], vectors(2, 2.0))
    keys, positions = log.latest()
    assert keys.tolist() == [3, 5, 9]
    assert log.read(positions)[:, 0].tolist() == [1.0, 2.0, 2.0]


@given(st.integers(0, 9), st.integers(0, 17))
def test_what_was_half_written_is_cut_off_and_the_rest_kept(
    tmp_path_factory, lost_keys: int, lost_vectors: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    VectorLog(folder, 4).append([1, 2, 3], vectors(3, 7.0))
    for name, lost in (("keys.log", lost_keys), ("vectors.log", lost_vectors)):
        path = folder / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size - lost])
    log = VectorLog(folder, 4)
    assert log.count == min(3 - -(-lost_keys // 8), 3 - -(-lost_vectors // 16))
    log.append([8], vectors(1, 8.0))
    keys, positions = log.latest()
    assert keys.tolist() == [*range(1, log.count), 8]
    assert log.read(positions)[-1, 0] == 8.0


@given(st.lists(st.integers(0, 19)))
def test_vectors_are_read_in_any_order(tmp_path_factory, positions: list[int]) -> None:
    log = VectorLog(tmp_path_factory.mktemp("log"), 4)
    log.append(list(range(20)), np.arange(80, dtype=np.float32).reshape(20, 4))
    found = log.read(np.array(positions, dtype=np.int64))
    assert found[:, 0].tolist() == [4 * position for position in positions]


def test_blocks_hold_all_vectors_in_order(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("linkage.indexing.vectorlog.BLOCK", 2)
    log = VectorLog(tmp_path, 4)
    for key in range(5):
        log.append([key], vectors(1, float(key)))
    blocks = list(log.blocks(np.arange(5)))
    assert [len(block) for block in blocks] == [2, 2, 1]
    assert np.concatenate(blocks)[:, 0].tolist() == [0, 1, 2, 3, 4]
