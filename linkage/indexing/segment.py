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

from linkage.candidates import Shelf
from linkage.embed import USUAL_BACKGROUND, Background
from linkage.errors import IndexDamagedError, KindNotKeptError
from linkage.index import STORES, VectorStore, VectorStores, store_of
from linkage.lexical import Lexicon

FORMAT = 1
LEXICON = "lexicon"
_MANIFEST, _DIGEST = "manifest.json", "digest"


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
    background: Background = USUAL_BACKGROUND
    """The cosines of items that have nothing to do with each other; builds of old have none."""
    format: int = FORMAT

    def as_json(self) -> bytes:
        """Return the manifest's text, with a checksum of its own."""
        fields = asdict(self)
        return orjson.dumps(fields | {_DIGEST: _digest(fields)}, option=orjson.OPT_INDENT_2)


@dataclass(frozen=True, slots=True)
class Segment:
    """A loaded build."""

    manifest: Manifest
    vectors: VectorStore
    lexicon: Lexicon

    @property
    def shelf(self) -> Shelf:
        """Return the place to search in."""
        return Shelf(
            vectors=self.vectors, lexicon=self.lexicon, background=self.manifest.background
        )


def seal(partial: Path, final: Path, **facts: Any) -> Manifest:  # noqa: ANN401 - Manifest's fields
    """Write the manifest of a finished folder and give the folder its name."""
    files = {name: _measured(partial / name) for name in _files(partial)}
    manifest = Manifest(files=files, **facts)
    (partial / _MANIFEST).write_bytes(manifest.as_json())
    for path in (*(partial / name for name in files), partial / _MANIFEST, partial):
        _sync(path)
    partial.rename(final)
    _sync(final.parent)
    return manifest


def load(folder: Path, stores: Mapping[str, VectorStores] = STORES) -> Segment:
    """Return the segment of a folder; IndexDamagedError unless every file is as it was sealed."""
    manifest = check(folder)
    try:
        kept = store_of(manifest.kind, stores)
        vectors = kept.open(manifest.build, folder, manifest.names)
        lexicon = Lexicon.open(folder / LEXICON)
    except (KindNotKeptError, ValueError, RuntimeError, OSError) as error:
        raise IndexDamagedError(folder, str(error)) from error
    if not vectors.count == lexicon.count == manifest.count:
        raise IndexDamagedError(folder, "the number of items differs from the manifest")
    return Segment(manifest, vectors, lexicon)


def check(folder: Path) -> Manifest:
    """Return the manifest; IndexDamagedError unless every file is as it was sealed."""
    manifest = _manifest(folder)
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise IndexDamagedError(folder, f"{name} is missing or cut short")
        if _measured(path)[1] != digest:
            raise IndexDamagedError(folder, f"{name} has changed")
    return manifest


def _manifest(folder: Path) -> Manifest:
    try:
        fields = orjson.loads((folder / _MANIFEST).read_bytes())
        if fields.get("format") != FORMAT:
            raise IndexDamagedError(folder, f"format {fields.get('format')} is not {FORMAT}")
        return _shaped(fields)
    except FileNotFoundError as error:
        raise IndexDamagedError(folder, "there is no manifest") from error
    except (ValueError, TypeError, AttributeError, KeyError, OSError) as error:
        raise IndexDamagedError(folder, "the manifest cannot be read") from error


def _shaped(fields: dict[str, Any]) -> Manifest:
    """Return a manifest of values of the right types; TypeError or ValueError otherwise."""
    if (digest := fields.pop(_DIGEST, None)) and digest != _digest(fields):
        raise ValueError("the manifest has changed")
    names = tuple(tuple(str(name) for name in column) for column in fields.pop("names"))
    files = {str(n): (int(size), str(digest)) for n, (size, digest) in fields.pop("files").items()}
    if any(".." in Path(name).parts or Path(name).is_absolute() for name in files):
        raise ValueError("a file lies outside of the folder")
    if background := fields.pop("background", None):
        fields["background"] = Background(**{k: float(v) for k, v in background.items()})
    return Manifest(names=names, files=files, **fields)


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


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
