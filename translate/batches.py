"""Streams, a run at a time (`itertools.batched` of Python 3.12)."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Yield the items in runs of `size`; the last may be shorter."""
    stream = iter(items)
    while run := tuple(islice(stream, size)):
        yield run
