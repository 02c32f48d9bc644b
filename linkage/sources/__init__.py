"""Catalogue files: each format is a module that yields items and the errors between them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from linkage.errors import SourceFormatError
from linkage.sources.formats import FORMATS, format_of
from linkage.sources.options import ReadOptions, assignments
from linkage.sources.streams import damage_of, head_of, name_of, opened
from linkage.types import Record

__all__ = ["FORMATS", "ReadOptions", "assignments", "read"]


def read(
    source: Path | BinaryIO,
    options: ReadOptions | None = None,
    *,
    name: str | None = None,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
) -> Iterator[Record]:
    """Yield what a file holds, told by its suffix, else by how it begins.

    `format` forces one of FORMATS; `name` gives the suffix of a stream. The file may be gzipped.
    It is read as it is consumed. An item whose id the file had before, of its first million, is
    followed by a warning. Raises SourceFormatError where the file as a whole cannot be
    read, or is empty.
    """
    with opened(source) as stream:
        if not (head := head_of(stream)):
            raise SourceFormatError(name or name_of(source), damage_of(stream) or "is empty")
        chosen = format or format_of(name or name_of(source), head)
        if chosen not in FORMATS:
            raise SourceFormatError(name or name_of(source), f"not one of {', '.join(FORMATS)}")
        yield from FORMATS[chosen](stream, replace(options or ReadOptions(), seen={}))
