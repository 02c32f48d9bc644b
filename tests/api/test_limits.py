from threading import Thread

import pytest
from structlog.testing import capture_logs

from api.limits import RateLimiter
from tests.support import free_port


def test_so_many_may_pass_in_a_window() -> None:
    limiter = RateLimiter("2/minute", "memory://")
    waits = [limiter.seconds_to_wait("a") for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert 58 <= waits[2] <= 60
    assert limiter.seconds_to_wait("b") == 0, "each key has a window of its own"


def test_threads_are_counted_together() -> None:
    limiter, passed = RateLimiter("100/hour", "memory://"), []

    def ask() -> None:
        passed.extend(limiter.seconds_to_wait("a") == 0 for _ in range(50))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 100


@pytest.fixture
def stranded() -> RateLimiter:
    """Counts in a Redis that is not there."""
    return RateLimiter("1/minute", f"redis://127.0.0.1:{free_port()}/1")


def test_all_may_pass_while_redis_is_down(stranded: RateLimiter) -> None:
    assert [stranded.seconds_to_wait("a") for _ in range(3)] == [0, 0, 0]


def test_a_redis_that_is_down_is_warned_of_once_in_a_while(stranded: RateLimiter) -> None:
    with capture_logs() as logs:
        for _ in range(20):
            stranded.seconds_to_wait("a")
    assert [entry["event"] for entry in logs] == ["rate_limits_off"]


def test_requests_are_counted_in_redis(redis_url: str) -> None:
    limiter = RateLimiter("1/minute", redis_url)
    assert limiter.seconds_to_wait("counted") == 0
    assert limiter.seconds_to_wait("counted") > 0
