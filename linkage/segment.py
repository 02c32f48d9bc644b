"""Segments: what an index build leaves on disk, immutable, checksummed and complete.

A segment is a folder with the vectors, the words and a manifest. It is written under another name
and renamed when whole, so a folder of the right name is complete or damaged, never half-done.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from linkage.errors import IndexDamagedError
from linkage.index import VectorIndex
from linkage.lexical import Lexicon

FORMAT = 1
LEXICON = "lexicon"
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a segment holds, and the size and SHA-256 of each of its files."""

    build: str
    tenant: str
    encoder: str
    dimension: int
    kind: str
    count: int
    revision: int
    names: tuple[tuple[str, ...], ...]
    files: Mapping[str, tuple[int, str]]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Segment:
    """A loaded build."""

    manifest: Manifest
    vectors: VectorIndex
    lexicon: Lexicon


def seal(partial: Path, final: Path, **facts: Any) -> Manifest:  # noqa: ANN401 - Manifest's fields
    """Write the manifest of a finished folder and give the folder its name."""
    files = {name: _measured(partial / name) for name in _files(partial)}
    manifest = Manifest(files=files, **facts)
    (partial / _MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    for path in (*(partial / name for name in files), partial / _MANIFEST, partial):
        _sync(path)
    partial.rename(final)
    _sync(final.parent)
    return manifest


def load(folder: Path) -> Segment:
    """Return the segment of a folder; IndexDamagedError unless every file is as it was sealed."""
    manifest = _manifest(folder)
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise IndexDamagedError(folder, f"{name} is missing or cut short")
        if _measured(path)[1] != digest:
            raise IndexDamagedError(folder, f"{name} has changed")
    try:
        vectors = VectorIndex.load(folder, manifest.names)
        lexicon = Lexicon.open(folder / LEXICON)
    except (ValueError, RuntimeError, OSError) as error:
        raise IndexDamagedError(folder, str(error)) from error
    if not vectors.count == lexicon.count == manifest.count:
        raise IndexDamagedError(folder, "the number of items differs from the manifest")
    return Segment(manifest, vectors, lexicon)


def _manifest(folder: Path) -> Manifest:
    try:
        fields = orjson.loads((folder / _MANIFEST).read_bytes())
        if fields.get("format") != FORMAT:
            raise IndexDamagedError(folder, f"format {fields.get('format')} is not {FORMAT}")
        return Manifest(**fields)
    except FileNotFoundError as error:
        raise IndexDamagedError(folder, "there is no manifest") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise IndexDamagedError(folder, "the manifest cannot be read") from error


def _files(folder: Path) -> list[str]:
    """Return the files of a folder, without locks that an engine left behind."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
