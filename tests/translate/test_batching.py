import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from translate.batching import Batcher, Row


def rows(*names: str, kind: str = "a", size: int = 1) -> list[Row]:
    return [Row([name], kind, size) for name in names]


class Decoder:
    """Answers with the names in capitals; remembers its batches; may be held up."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.may_go = Event()
        self.may_go.set()
        self.at_once = self.most_at_once = 0
        self.lock = Lock()

    def __call__(self, batch: Sequence[Row]) -> list[str]:
        with self.lock:
            self.batches.append([row.tokens[0] for row in batch])
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.may_go.wait(10)
        with self.lock:
            self.at_once -= 1
        if any(row.tokens[0] == "bad" for row in batch):
            raise ValueError("bad")
        return [row.tokens[0].upper() for row in batch]


def wait_for(decoder: Decoder, batches: int) -> None:
    until = time.monotonic() + 10
    while len(decoder.batches) < batches:
        assert time.monotonic() < until
        time.sleep(0.002)


def test_answers_are_in_the_order_of_the_rows_whatever_their_kinds() -> None:
    decoder = Decoder()
    batcher = Batcher(decoder, slots=1, batch_size=2)
    mixed = [*rows("a", "b"), *rows("c", kind="z"), *rows("d")]
    assert batcher.decode(mixed, is_urgent=False) == ["A", "B", "C", "D"]
    assert sorted(decoder.batches) == [["a", "b"], ["c"], ["d"]]
    assert batcher.decode([], is_urgent=True) == []


def test_a_row_larger_than_a_batch_is_decoded_alone() -> None:
    decoder = Decoder()
    batcher = Batcher(decoder, slots=1, batch_size=4)
    batcher.decode([*rows("a", size=9), *rows("b", size=3)], is_urgent=False)
    assert decoder.batches == [["a"], ["b"]]


def test_rows_of_callers_who_wait_are_decoded_together() -> None:
    decoder = Decoder()
    decoder.may_go.clear()
    batcher = Batcher(decoder, slots=1, batch_size=100)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(batcher.decode, rows("first"), is_urgent=False)
        wait_for(decoder, 1)
        others = [pool.submit(batcher.decode, rows(f"x{n}"), is_urgent=False) for n in range(5)]
        while batcher.waiting < 5:
            time.sleep(0.002)
        decoder.may_go.set()
        assert first.result() == ["FIRST"]
        assert [each.result() for each in others] == [[f"X{n}"] for n in range(5)]
    assert [len(batch) for batch in decoder.batches] == [1, 5]


def test_urgent_rows_are_decoded_beside_a_bulk_batch_and_before_the_next() -> None:
    decoder = Decoder()
    decoder.may_go.clear()
    batcher = Batcher(decoder, slots=1, batch_size=2)
    with ThreadPoolExecutor(4) as pool:
        bulk = pool.submit(batcher.decode, rows("a", "b", "c", "d"), is_urgent=False)
        wait_for(decoder, 1)
        urgent = pool.submit(batcher.decode, rows("now"), is_urgent=True)
        wait_for(decoder, 2)
        assert decoder.batches == [["a", "b"], ["now"]]
        decoder.may_go.set()
        assert (urgent.result(), len(bulk.result())) == (["NOW"], 4)


@pytest.mark.parametrize("slots", [1, 3])
def test_no_more_batches_than_slots_and_the_reserve_are_decoded_at_once(slots: int) -> None:
    decoder = Decoder()
    batcher = Batcher(decoder, slots=slots, batch_size=1)
    with ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(batcher.decode, rows(*"abcdef"), is_urgent=bool(n % 2))
                for n in range(16)]  # fmt: skip
        assert all(job.result() == list("ABCDEF") for job in jobs)
    assert decoder.most_at_once <= slots + 1
    assert sum(map(len, decoder.batches)) == 16 * 6


def test_an_error_reaches_its_callers_and_leaves_the_slots_free() -> None:
    batcher = Batcher(Decoder(), slots=1, batch_size=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="bad"):
            batcher.decode(rows("bad", "good"), is_urgent=True)
    assert batcher.decode(rows("good"), is_urgent=False) == ["GOOD"]
