"""A file or stream, opened, unpacked as it is read, and bounded."""

import bz2
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from linkage.errors import SourceFormatError

HEAD = 8_192
_CHUNK = 64 * 1024
_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_GZIP_ONLY = zlib.MAX_WBITS | 16


@contextmanager
def opened(source: Path | BinaryIO, *, max_bytes: int | None = None) -> Iterator[BinaryIO]:
    """Yield a stream of what a file holds; gzip and bzip2 are told by their first bytes.

    A damaged packed file ends where the damage is, one that unpacks to more than `max_bytes` there;
    `damage_of` then says so. Raises SourceFormatError where a path cannot be opened.
    """
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                yield _unpacked(file, max_bytes)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise SourceFormatError(source.name, error.strerror or "cannot be opened") from error
    else:
        yield _unpacked(source, max_bytes)


def damage_of(stream: BinaryIO) -> str | None:
    """Return why a stream ended before its time, None for one that is whole."""
    raw = getattr(stream, "raw", None)
    if isinstance(raw, _Unpacked):
        return raw.damage or damage_of(raw.packed)
    return None


def read_whole(source: Path | BinaryIO, max_bytes: int) -> bytes:
    """Return all that a small file holds; SourceFormatError above a size or where it is damaged."""
    with opened(source, max_bytes=max_bytes) as stream:
        content = stream.read()
        if damage := damage_of(stream):
            raise SourceFormatError(name_of(source), damage)
    return content


def head_of(stream: BinaryIO) -> bytes:
    """Return the first bytes of an opened stream, which stay unread."""
    return cast("io.BufferedReader", stream).peek(HEAD)[:HEAD]


def name_of(source: Path | BinaryIO) -> str:
    """Return what to call a source in a message."""
    return file_name(source) or "input"


def file_name(source: Path | BinaryIO) -> str | None:
    """Return the name of the file that a source is or unpacks, None where it is none."""
    if isinstance(source, Path):
        return source.name
    raw = getattr(source, "raw", None)
    if isinstance(raw, _Unpacked):
        return file_name(raw.packed)
    name = getattr(source, "name", None)
    return Path(name).name if isinstance(name, str) else None


def _unpacked(stream: BinaryIO, max_bytes: int | None) -> BinaryIO:
    packed = stream if isinstance(stream, io.BufferedReader) else _buffered(stream)
    begin = packed.peek(len(_BZIP2))
    if begin.startswith(_GZIP):
        return _buffered(_Gunzipped(packed, max_bytes))
    if begin.startswith(_BZIP2):
        return _buffered(_Bunzipped(packed, max_bytes))
    return packed if max_bytes is None else _buffered(_Unpacked(packed, max_bytes))


def _buffered(stream: object) -> io.BufferedReader:
    return io.BufferedReader(cast("io.RawIOBase", stream), _CHUNK)


class _Unpacked(io.RawIOBase):
    """A stream that ends at its bound, and remembers why it ended.

    It does not raise: a buffer that is being filled would lose what it holds already.
    """

    def __init__(self, packed: io.BufferedReader, max_bytes: int | None) -> None:
        self.packed = packed
        self.damage: str | None = None
        self._max_bytes = max_bytes
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as io has it
        if self.damage:
            return 0
        content = self._read(len(buffer))
        self._count += len(content)
        if self._max_bytes is not None and self._count > self._max_bytes:
            self.damage = f"is larger than {self._max_bytes / 1_000_000:g} MB"
            content = content[: self._max_bytes - self._count]
        buffer[: len(content)] = content
        return len(content)

    def _read(self, size: int) -> bytes:
        return self.packed.read1(size)


class _Gunzipped(_Unpacked):
    """A gzip stream, of one member or several, unpacked up to where it is damaged."""

    def __init__(self, packed: io.BufferedReader, max_bytes: int | None) -> None:
        super().__init__(packed, max_bytes)
        self._inflater: zlib._Decompress | None = None
        self._rest = b""

    def _read(self, size: int) -> bytes:
        try:
            while packed := self._rest or self.packed.read1(_CHUNK):
                content = self._inflate(packed, size)
                if content:
                    return content
        except zlib.error as error:
            self.damage = f"is damaged from here on ({error})"
            return b""
        if self._inflater is not None:
            self.damage = "is damaged from here on (it is cut off)"
        return b""

    def _inflate(self, packed: bytes, size: int) -> bytes:
        if self._inflater is None:
            self._rest = packed = packed.lstrip(b"\x00")  # some pad what follows a member
            if not packed:
                return b""
            self._inflater = zlib.decompressobj(_GZIP_ONLY)
        content = self._inflater.decompress(packed, size)
        self._rest = self._inflater.unconsumed_tail
        if self._inflater.eof:
            self._rest, self._inflater = self._inflater.unused_data, None
        return content


class _Bunzipped(_Unpacked):
    """A bzip2 file, of one stream or several, unpacked up to where it is damaged."""

    def __init__(self, packed: io.BufferedReader, max_bytes: int | None) -> None:
        super().__init__(packed, max_bytes)
        self._stream = bz2.BZ2Decompressor()
        self._rest = b""
        self._is_whole = True

    def _read(self, size: int) -> bytes:
        try:
            while (packed := self._next()) is not None:
                content = self._stream.decompress(packed, size)
                self._is_whole = self._stream.eof
                if self._stream.eof:
                    self._rest, self._stream = self._stream.unused_data, bz2.BZ2Decompressor()
                if content:
                    return content
        except OSError as error:
            self.damage = f"is damaged from here on ({error})"
            return b""
        if not self._is_whole:
            self.damage = "is damaged from here on (it is cut off)"
        return b""

    def _next(self) -> bytes | None:
        """Return what to unpack next: nothing while there is more to come of the last."""
        if not self._stream.needs_input:
            return b""
        packed, self._rest = self._rest or self.packed.read1(_CHUNK), b""
        return packed or None
