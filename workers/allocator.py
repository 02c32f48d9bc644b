"""The C library's allocator, told to keep what is freed in few places, and not for long.

glibc gives threads arenas of their own, eight a core, and what was once needed in one stays in it:
a service whose requests wander over many threads grows long after its objects have stopped to.
Without glibc nothing of this happens.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

ARENAS = 2
TRIM_SECONDS = 30
_VARIABLE = "MALLOC_ARENA_MAX"
_M_ARENA_MAX = -8  # of <malloc.h>


def limit_arenas() -> None:
    """Have this process keep two arenas, unless its environment says how many.

    Call it before any thread starts.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt and _VARIABLE not in os.environ:
        mallopt(_M_ARENA_MAX, ARENAS)


def trim() -> None:
    """Give back to the system all pages that hold nothing."""
    if release := getattr(ctypes.CDLL(None), "malloc_trim", None):
        release(0)


@contextmanager
def trimmed(seconds: float = TRIM_SECONDS) -> Iterator[None]:
    """Trim from time to time while the block runs."""
    is_over = Event()

    def work() -> None:
        while not is_over.wait(seconds):
            trim()

    thread = Thread(target=work, name="trim", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
