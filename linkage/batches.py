"""Values a batch at a time (`itertools.batched` of Python 3.12)."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
IN_LIST = 500
"""Values in one IN list; every database takes so many."""


def batched(values: Iterable[T], size: int = IN_LIST) -> Iterator[list[T]]:
    """Yield the values in order, `size` at a time and the rest at the end."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch
