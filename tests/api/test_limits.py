import time
from threading import Thread

import pytest

from api.limits import IN_MEMORY, RateLimiter


def test_so_many_may_pass_in_a_window() -> None:
    limiter = RateLimiter("2/minute", IN_MEMORY)
    waits = [limiter.seconds_to_wait("a") for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert 58 <= waits[2] <= 60
    assert limiter.seconds_to_wait("b") == 0, "each key has a window of its own"


def test_the_window_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    limiter = RateLimiter("2/minute", IN_MEMORY)
    found = []
    for seconds in (0, 40, 50, 61, 70, 101):
        monkeypatch.setattr("api.limits.time.monotonic", lambda seconds=seconds: now + seconds)
        found.append(limiter.seconds_to_wait("a"))
    assert found == [0, 0, 10, 0, 30, 0]


def test_threads_are_counted_together() -> None:
    limiter, passed = RateLimiter("100/hour", IN_MEMORY), []

    def ask() -> None:
        passed.extend(limiter.seconds_to_wait("a") == 0 for _ in range(50))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 100


def test_processes_share_a_storage_by_the_library() -> None:
    limiter = RateLimiter("1/hour", "memory://of-the-library")
    assert [limiter.seconds_to_wait("a") > 0 for _ in range(2)] == [False, True]
