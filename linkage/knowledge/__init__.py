"""Knowledge bases: files of entities, each format a module that yields them and what is wrong."""

from collections.abc import Collection, Iterator
from pathlib import Path

from linkage.errors import SourceFormatError
from linkage.knowledge import dumps, skos
from linkage.types import Entity, RecordError

DUMPS = (".json", ".jsonl", ".ndjson")
PACKED = (".gz", ".bz2")

__all__ = ["read"]


def read(path: Path, *, languages: Collection[str] = ()) -> Iterator[Entity | RecordError]:
    """Yield the entities of a file, told by its suffix, and between them why a record is none.

    `languages` are those whose names and descriptions are taken; without any, all are. Raises
    SourceFormatError where the file as a whole cannot be read.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = next((s for s in reversed(suffixes) if s not in PACKED), "")
    if suffix in DUMPS:
        return dumps.read(path, languages)
    if suffix in skos.FORMATS:
        return skos.read(path, suffix, languages)
    known = ", ".join((*DUMPS, *skos.FORMATS))
    raise SourceFormatError(path.name, f"not a known kind of file ({known}, plain, .gz or .bz2)")
