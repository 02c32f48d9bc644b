"""Catalogue files: each format is a module that yields items and the errors between them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from linkage.errors import SourceFormatError
from linkage.sources import csv, jsonl
from linkage.sources.options import ReadOptions, assignments
from linkage.types import Item, RecordError

Reader = Callable[[Path | BinaryIO, ReadOptions], Iterator[Item | RecordError]]

READERS: Mapping[str, Reader] = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".csv": csv.read,
    ".tsv": csv.read,
}

__all__ = ["READERS", "ReadOptions", "assignments", "read"]


def read(
    source: Path | BinaryIO, options: ReadOptions | None = None, *, name: str | None = None
) -> Iterator[Item | RecordError]:
    """Yield what a file holds, told by its suffix; `name` gives the suffix of a stream.

    The file may be gzipped (`.gz`, or a stream that begins like gzip). It is read as it is
    consumed. Raises SourceFormatError where the file as a whole cannot be read.
    """
    file_name = name or str(source if isinstance(source, Path) else getattr(source, "name", ""))
    suffix = Path(file_name.lower().removesuffix(".gz")).suffix
    if suffix not in READERS:
        known = ", ".join(READERS)
        raise SourceFormatError(Path(file_name).name, f"not a known kind of file ({known})")
    if suffix == ".tsv":
        return csv.read(source, options or ReadOptions(), delimiter="\t")
    return READERS[suffix](source, options or ReadOptions())
