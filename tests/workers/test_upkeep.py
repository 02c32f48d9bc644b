import gc
import resource
import sys
import weakref
from pathlib import Path

import pytest

from tests.support import wait_until
from workers.upkeep import kept_up


class Ring:
    """What only the garbage collector frees: it holds itself."""

    def __init__(self) -> None:
        self.own = self


def test_garbage_is_freed_though_the_collector_no_longer_looks_at_everything() -> None:
    with kept_up(0.01):
        ring = weakref.ref(Ring())
        wait_until(lambda: ring() is None, 10, "the garbage is still there")


def test_what_lives_is_set_aside_until_the_end() -> None:
    kept = gc.get_threshold()
    with kept_up():
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[2] > kept[2]
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, kept)


def test_what_was_set_aside_and_is_garbage_by_now_is_freed_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workers.upkeep._BETWEEN_FULL", 3)
    held = [Ring()]
    ring = weakref.ref(held[0])
    with kept_up(0.05):
        held.clear()
        wait_until(lambda: ring() is None, 10, "the garbage is still there")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_what_is_freed_goes_back_to_the_system() -> None:
    blocks = [bytearray(100_000) for _ in range(1000)]
    last = bytearray(100_000)
    full = resident()
    blocks.clear()
    with kept_up(0.01):
        wait_until(lambda: resident() < full - 80 * 2**20, 10, "nothing was given back")
    assert last


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
