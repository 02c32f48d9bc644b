"""Cursors: where a listing goes on, opaque to the caller."""

import base64
import binascii
import zlib
from typing import Any

import orjson

from linkage.errors import InvalidCursorError

_MAX_LENGTH = 20_000
_MAX_SIZE = 100_000


def encode(value: list[Any]) -> str:
    """Return text that is safe in a URL."""
    return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(value))).decode().rstrip("=")


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
