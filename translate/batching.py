"""Rows of many callers, decoded together: an urgent lane ahead of a bulk one.

There are no threads of its own. A caller puts its rows into their lane and, while they are not
done, decodes the next batch there is, be it its own or another's; at most `slots` do so at a time.
One slot more serves urgent rows only, and an urgent caller decodes nothing else, so that a single
sentence never waits for a batch of a million.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Condition
from typing import Any, Generic, TypeVar

Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Row(Generic[Kind]):
    """A row to decode; rows of one `kind` can share a batch, which holds so much `size` at most."""

    tokens: Sequence[str]
    kind: Kind
    size: int


@dataclass(slots=True)
class _Ticket(Generic[Kind]):
    """A row in a lane, and what became of it."""

    row: Row[Kind]
    number: int
    result: Any = None
    error: BaseException | None = None
    is_done: bool = False

    def length(self) -> int:
        return len(self.row.tokens)


@dataclass(slots=True)
class _Lane(Generic[Kind]):
    """Waiting tickets by kind, each kind in the order of arrival, those of one call by length."""

    waiting: dict[Kind, deque[_Ticket[Kind]]] = field(default_factory=dict)

    def put(self, tickets: Sequence[_Ticket[Kind]]) -> None:
        for ticket in tickets:
            self.waiting.setdefault(ticket.row.kind, deque()).append(ticket)

    def take(self, size: int) -> list[_Ticket[Kind]]:
        """Return the next batch: of the kind that waits longest, as many as there is room for."""
        if not self.waiting:
            return []
        kind = min(self.waiting, key=lambda each: self.waiting[each][0].number)
        line, room = self.waiting[kind], size
        batch: list[_Ticket[Kind]] = []
        while line and (not batch or line[0].row.size <= room):
            batch.append(line.popleft())
            room -= batch[-1].row.size
        if not line:
            del self.waiting[kind]
        return batch


class Batcher(Generic[Kind]):
    """Decodes rows in batches of one kind; safe to share between threads.

    `decode` is called with rows of one kind, by at most `slots` + 1 threads at a time.
    """

    def __init__(
        self, decode: Callable[[Sequence[Row[Kind]]], Sequence[Any]], *, slots: int, batch_size: int
    ) -> None:
        self._decode = decode
        self._batch_size = batch_size
        self._free = slots
        self._is_reserve_free = True
        self._lanes: dict[bool, _Lane[Kind]] = {True: _Lane(), False: _Lane()}
        self._changed = Condition()
        self._numbers = count()

    @property
    def waiting(self) -> int:
        """How many rows wait for a batch."""
        with self._changed:
            return sum(len(line) for lane in self._lanes.values() for line in lane.waiting.values())

    def decode(self, rows: Sequence[Row[Kind]], *, is_urgent: bool) -> list[Any]:
        """Return what the rows decode to, in their order; raise what decoding one raised."""
        tickets = [_Ticket(row, next(self._numbers)) for row in rows]
        with self._changed:
            # rows of one length need no padding: nothing is decoded in vain, nor moved by it
            self._lanes[is_urgent].put(sorted(tickets, key=_Ticket.length))
            self._changed.notify_all()
        for ticket in tickets:
            self._finish(ticket, is_urgent=is_urgent)
        for ticket in tickets:
            if ticket.error is not None:
                raise ticket.error
        return [ticket.result for ticket in tickets]

    def _finish(self, ticket: _Ticket[Kind], *, is_urgent: bool) -> None:
        """Work on batches, or wait for others who do, until a ticket is done."""
        while True:
            with self._changed:
                while not ticket.is_done and not (batch := self._next(is_urgent=is_urgent)):
                    self._changed.wait()
                if ticket.is_done:
                    return
                is_reserve = self._occupy()
            try:
                self._run(batch)
            finally:
                with self._changed:
                    self._release(is_reserve=is_reserve)
                    self._changed.notify_all()

    def _next(self, *, is_urgent: bool) -> list[_Ticket[Kind]]:
        """Return the next batch that the caller may decode now."""
        if not self._free and not (is_urgent and self._is_reserve_free):
            return []
        batch = self._lanes[True].take(self._batch_size)
        return batch if batch or is_urgent else self._lanes[False].take(self._batch_size)

    def _occupy(self) -> bool:
        """Occupy a slot; tell whether it is the one in reserve."""
        if self._free:
            self._free -= 1
            return False
        self._is_reserve_free = False
        return True

    def _release(self, *, is_reserve: bool) -> None:
        if is_reserve:
            self._is_reserve_free = True
        else:
            self._free += 1

    def _run(self, batch: Sequence[_Ticket[Kind]]) -> None:
        try:
            results = self._decode([ticket.row for ticket in batch])
            for ticket, result in zip(batch, results, strict=True):
                ticket.result = result
        except BaseException as error:  # noqa: BLE001 - each caller raises it
            for ticket in batch:
                ticket.error = error
        for ticket in batch:
            ticket.is_done = True
