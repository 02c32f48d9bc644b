"""Rate limits per key, in a sliding window."""

import math
import time

from limits import parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter


class RateLimiter:
    """Counts the requests of each key against one limit such as `6000/minute`."""

    def __init__(self, limit: str, storage_url: str) -> None:
        self._limit = parse(limit)
        self._limiter = MovingWindowRateLimiter(storage_from_string(storage_url))

    def seconds_to_wait(self, key_id: str) -> int:
        """Count one request; return 0 when it may pass, else the whole seconds to wait."""
        if self._limiter.hit(self._limit, key_id):
            return 0
        window = self._limiter.get_window_stats(self._limit, key_id)
        return max(1, math.ceil(window.reset_time - time.time()))
