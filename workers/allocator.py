"""The C library's allocator, told to keep what is freed in few places, and not for long.

glibc gives threads arenas of their own, eight a core, and what was once needed in one stays in it:
a service whose requests wander over many threads grows long after its objects have stopped to.
Without glibc nothing of this happens.
"""

import ctypes
import os

ARENAS = 2
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
