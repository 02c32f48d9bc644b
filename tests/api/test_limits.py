from threading import Thread

from api.limits import RateLimiter


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
