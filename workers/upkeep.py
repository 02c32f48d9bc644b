"""What a process that answers does for itself from time to time, so that no request has to.

Python's garbage collector looks at every object it knows whenever a quarter as many have come,
while all threads wait: a third of a second where 100,000 items are held ready. Here what is new is
looked at every few seconds and then set aside, and all of it once an hour.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from workers.allocator import trim

SECONDS = 10.0
_BETWEEN_FULL = 360
"""After so many times everything is looked at: what was set aside may be garbage by then."""
_NEVER = 2**30


@contextmanager
def kept_up(seconds: float = SECONDS) -> Iterator[None]:
    """Look after garbage and freed memory from time to time while the block runs."""
    is_over, before = Event(), gc.get_threshold()

    def work() -> None:
        times = 0
        while not is_over.wait(seconds):
            times += 1
            if times % _BETWEEN_FULL == 0:
                gc.unfreeze()
            set_aside()
            trim()

    set_aside()
    gc.set_threshold(*before[:2], _NEVER)
    thread = Thread(target=work, name="upkeep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        gc.set_threshold(*before)
        gc.unfreeze()


def set_aside() -> None:
    """Free what is garbage among new objects, and have the collector pass over the others."""
    gc.collect()
    gc.freeze()
