"""Numbered lines of a file or stream, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from linkage.errors import SourceFormatError
from linkage.sources.streams import damage_of, head_of, name_of, opened

MAX_LINE = 10_000_000
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class BrokenLineError(Exception):
    """What stands in place of a line that could not be read."""


def not_utf_8(byte: int, place: str = "") -> str:
    """Return what is told of a line with a byte that is not UTF-8, and the remedy."""
    return f"not UTF-8: byte 0x{byte:02x}{place}; save the file as UTF-8"


def numbered(
    source: Path | BinaryIO, *, max_bytes: int | None = None
) -> Iterator[tuple[int, bytes | BrokenLineError]]:
    """Yield (line number from 1, bytes with the line's end), without a leading byte order mark.

    A line above MAX_LINE bytes, and the rest of a damaged file, come as a BrokenLineError.
    Raises SourceFormatError for a file in UTF-16, whose lines end otherwise.
    """
    with opened(source, max_bytes=max_bytes) as stream:
        if head_of(stream).startswith(_UTF_16):
            raise SourceFormatError(name_of(source), "is in UTF-16; save it as UTF-8")
        number = 0
        for number, line in enumerate(_lines(stream), 1):
            if damage := _is_last(line) and damage_of(stream):
                yield number, BrokenLineError(f"the file {damage}")
                return
            yield number, line
        if damage := damage_of(stream):
            yield number + 1, BrokenLineError(f"the file {damage}")


def _is_last(line: bytes | BrokenLineError) -> bool:
    return isinstance(line, bytes) and not line.endswith(b"\n")


def _lines(stream: BinaryIO) -> Iterator[bytes | BrokenLineError]:
    first = stream.readline(MAX_LINE + 1).removeprefix(_BOM)
    line = first
    while line:
        if len(line) <= MAX_LINE:
            yield line
        else:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield BrokenLineError(f"longer than {MAX_LINE // 1_000_000} MB")
        line = stream.readline(MAX_LINE + 1)
