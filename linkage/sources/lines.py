"""Numbered lines of a file or stream, unpacked, in bounded memory."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from linkage.errors import SourceFormatError

MAX_LINE = 10_000_000
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class BrokenLineError(Exception):
    """What stands in place of a line that could not be read."""


def numbered(source: Path | BinaryIO) -> Iterator[tuple[int, bytes | BrokenLineError]]:
    """Yield (line number from 1, bytes with the line's end), without a leading byte order mark.

    A line above MAX_LINE bytes, and the rest of a damaged gzip file, come as a BrokenLineError.
    """
    with _opened(source) as stream:
        number = 0
        try:
            for line in _lines(stream):
                number += 1
                yield number, line
        except (EOFError, OSError, zlib.error) as error:
            yield number + 1, BrokenLineError(f"the file is damaged from here on ({error})")


def name_of(source: Path | BinaryIO) -> str:
    """Return what to call a source in a message."""
    return Path(str(source if isinstance(source, Path) else getattr(source, "name", "input"))).name


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                yield _unpacked(file)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise SourceFormatError(source.name, error.strerror or "cannot be opened") from error
    else:
        yield _unpacked(source)


def _unpacked(stream: BinaryIO) -> BinaryIO:
    buffered = io.BufferedReader(cast("io.RawIOBase", stream))
    if buffered.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
        return cast("BinaryIO", gzip.GzipFile(fileobj=buffered))
    return buffered


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
