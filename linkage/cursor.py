"""Cursors: where a listing goes on, opaque to the caller."""

import base64
import binascii
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

import orjson

from linkage.errors import InvalidCursorError

MAX_SERVED = 500
"""How far a listing of related items can be paged."""
KEPT_AHEAD = 200
"""How much of the order to come a cursor keeps."""
LAST_KEY = 2**63 - 1
"""No row has a greater key."""
_MAX_LENGTH = 20_000
_MAX_SIZE = 100_000
_WINDOW, _MEMORY = 12, 5
"""Of zlib: as small as cursors are. To clear what its defaults take costs ten times the packing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing of related items goes on: when it began, what was served, what comes next."""

    began: datetime
    served: tuple[int, ...] = ()
    ahead: tuple[int, ...] = ()

    def written(self, question: int) -> str:
        """Return a cursor that holds for this question, by its number."""
        ahead = self.ahead[:KEPT_AHEAD]
        return encode([question, self.began.timestamp(), [*self.served], [*ahead]])

    @classmethod
    def read(cls, cursor: str, question: int) -> "Place":
        """Return the place of a cursor; InvalidCursorError if it is another question's."""
        match decode(cursor):
            case [number, float(seconds), list(served), list(ahead)] if (
                is_number(number)
                and number == question
                and _are_keys(served, MAX_SERVED)
                and _are_keys(ahead, KEPT_AHEAD)
            ):
                return cls(_moment(seconds), tuple(served), tuple(ahead))
        raise InvalidCursorError


def encode(value: list[Any]) -> str:
    """Return text that is safe in a URL."""
    packer = zlib.compressobj(wbits=_WINDOW, memLevel=_MEMORY)
    packed = packer.compress(orjson.dumps(value)) + packer.flush()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(cursor: str) -> list[Any]:
    """Return what `encode` took; InvalidCursorError for anything else."""
    try:
        if len(cursor) > _MAX_LENGTH:
            raise InvalidCursorError
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        value = orjson.loads(zlib.decompressobj().decompress(packed, _MAX_SIZE))
    except (ValueError, binascii.Error, zlib.error):
        raise InvalidCursorError from None
    if not isinstance(value, list):
        raise InvalidCursorError
    return value


def key_of(cursor: str | None, *, first: int = 0) -> int:
    """Return the key that a listing goes on from, at first `first`.

    InvalidCursorError if the cursor is not one of ours.
    """
    match decode(cursor) if cursor else [first]:
        case [key] if is_number(key):
            return key
    raise InvalidCursorError


def is_number(value: object, *, most: int = LAST_KEY) -> TypeGuard[int]:
    """Tell whether this is a whole number from 0 to `most`; in a cursor `true` is none."""
    return type(value) is int and 0 <= value <= most


def _are_keys(values: list[Any], most: int) -> bool:
    return len(values) <= most and all(map(is_number, values))


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidCursorError from None
