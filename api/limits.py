"""Rate limits per key, in a sliding window."""

import math
import time

import structlog
from limits import parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

PAUSE = 5.0
"""Seconds for which a storage that does not answer is not asked again."""
_WAIT = 1.0
"""Seconds to wait for Redis."""
log = structlog.get_logger()


class RateLimiter:
    """Counts the requests of each key against one limit such as `6000/minute`.

    While its storage does not answer all may pass: to be there is worth more than to count.
    """

    def __init__(self, limit: str, storage_url: str) -> None:
        self._limit = parse(limit)
        self._limiter = MovingWindowRateLimiter(
            storage_from_string(storage_url, wrap_exceptions=True, **_waits(storage_url))
        )
        self._paused_until = 0.0

    def seconds_to_wait(self, key_id: str) -> int:
        """Count one request; return 0 when it may pass, else the whole seconds to wait."""
        if time.monotonic() < self._paused_until:
            return 0
        try:
            return self._seconds(key_id)
        except StorageError as error:
            self._paused_until = time.monotonic() + PAUSE
            log.warning("rate_limits_off", error=str(error), seconds=PAUSE)
            return 0

    def _seconds(self, key_id: str) -> int:
        if self._limiter.hit(self._limit, key_id):
            return 0
        window = self._limiter.get_window_stats(self._limit, key_id)
        return max(1, math.ceil(window.reset_time - time.time()))


def _waits(url: str) -> dict[str, float]:
    is_redis = url.startswith("redis")
    return {"socket_timeout": _WAIT, "socket_connect_timeout": _WAIT} if is_redis else {}
