"""Rate limits per key, in a sliding window."""

import math
import threading
import time
from collections import defaultdict, deque
from typing import Protocol

from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

IN_MEMORY = "memory://"


class _Window(Protocol):
    """Counts the requests of each key."""

    def seconds_to_wait(self, key_id: str) -> float:
        """Count one request and return 0, or return how long until one may pass."""


class RateLimiter:
    """Counts the requests of each key against one limit such as `6000/minute`.

    Within one process by itself: the library's storage in memory starts a thread for almost each
    request and copies all that it counted. Of several processes by the library, at `storage_url`.
    """

    def __init__(self, limit: str, storage_url: str) -> None:
        parsed = parse(limit)
        self._window: _Window = (
            _Times(parsed) if storage_url == IN_MEMORY else _Shared(parsed, storage_url)
        )

    def seconds_to_wait(self, key_id: str) -> int:
        """Count one request; return 0 when it may pass, else the whole seconds to wait."""
        wait = self._window.seconds_to_wait(key_id)
        return max(1, math.ceil(wait)) if wait else 0


class _Times:
    """Keeps the time of each request of the window. Safe for many threads."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._most, self._seconds = limit.amount, limit.get_expiry()
        self._lock = threading.Lock()
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def seconds_to_wait(self, key_id: str) -> float:
        now = time.monotonic()
        with self._lock:
            times = self._times[key_id]
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) >= self._most:
                return times[0] + self._seconds - now
            times.append(now)
        return 0.0


class _Shared:
    """Has the library count, in a storage that processes share."""

    def __init__(self, limit: RateLimitItem, storage_url: str) -> None:
        self._limit = limit
        self._limiter = MovingWindowRateLimiter(storage_from_string(storage_url))

    def seconds_to_wait(self, key_id: str) -> float:
        if self._limiter.hit(self._limit, key_id):
            return 0.0
        reset = self._limiter.get_window_stats(self._limit, key_id).reset_time
        return max(1.0, reset - time.time())
