"""E-books (EPUB): the pages and the title of a book; all other files of the archive stay."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from translate.errors import FormatError
from translate.formats import html, xml
from translate.formats.document import Document, Options, Passage, Slot, replacing
from translate.formats.xml import Element
from translate.markup import XHTML, XML, Markup

CONTAINER = "META-INF/container.xml"
CONTENTS = Markup(
    is_xml=True,
    kept=frozenset({"head"}),
    breaking=frozenset(
        {"ncx", "docauthor", "doctitle", "navmap", "navpoint", "navlabel", "text", "content",
         "pagelist", "pagetarget", "navlist", "navtarget", "navinfo"}
    ),
)  # fmt: skip
"""How the table of contents of EPUB 2 (NCX) is marked up."""
PAGES = {"application/xhtml+xml": XHTML, "application/x-dtbncx+xml": CONTENTS}
MAX_UNPACKED = 256 * 2**20
"""Bytes that an archive may unpack to."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A file of the archive that is translated, and how many pieces it was taken into."""

    name: str
    pieces: int


_DAMAGED = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError
)  # fmt: skip
"""What Python raises of archives that are none, or damaged."""


def read(data: bytes, options: Options) -> Document:
    """Take a book apart. Raises `FormatError` for what is no EPUB, or unpacks to too much."""
    files = _unpacked(data)
    package = _package(files)
    documents = {package: _metadata(files[package], options)}
    for name, kind in _manifest(package, xml.parse(files[package])):
        if kind in PAGES and name in files:
            documents[name] = _page(name, files[name], PAGES[kind])
    parts = [_Part(name, len(document.pieces)) for name, document in documents.items()]
    pieces = [piece for document in documents.values() for piece in document.pieces]
    placed = [_placed(piece, part.name) for part, piece in _owned(parts, pieces)]
    return Document(placed, finish=lambda written: _packed(data, _joined(parts, written)))


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
                raise FormatError("the archive", f"unpacks to more than {MAX_UNPACKED:,} bytes")
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except _DAMAGED as error:
        raise FormatError("the file", f"is no EPUB: {error}") from error


def _package(files: Mapping[str, bytes]) -> str:
    if CONTAINER not in files:
        raise FormatError(CONTAINER, "is missing: the file is no EPUB")
    root = next(xml.parse(files[CONTAINER]).descendants("rootfile"), None)
    name = root.attributes.get("full-path", "") if root else ""
    if name not in files:
        raise FormatError(CONTAINER, f"names {name!r}, which the archive does not hold")
    return name


def _manifest(package: str, root: Element) -> list[tuple[str, str]]:
    folder = PurePosixPath(package).parent
    return [
        (
            str(folder / unquote(item.attributes.get("href", ""))),
            item.attributes.get("media-type", ""),
        )
        for item in root.descendants("item")
    ]


def _metadata(data: bytes, options: Options) -> Document:
    """Take the package file apart: the title is translated, the language named anew."""
    pieces: list[bytes | Slot] = []
    last = 0
    for element in xml.parse(data).descendants("title", "description", "language"):
        content = data[element.inner_start : element.inner_end]
        if element.children or not content.strip():
            continue
        pieces.append(data[last : element.inner_start])
        if element.name == "language":
            pieces.append(options.target.encode())
        else:
            place = f"line {element.line}, {element.name}"
            pieces.append(replacing(Passage(content.decode(), place, XML), content, str.encode))
        last = element.inner_end
    return Document([*pieces, data[last:]])


def _page(name: str, data: bytes, markup: Markup) -> Document:
    try:
        xml.parse(data)
    except FormatError as error:
        raise FormatError(f"{name}, {error.place}", error.reason) from error
    return html.read_xml(data, markup)


def _owned(
    parts: Sequence[_Part], pieces: Sequence[bytes | Slot]
) -> list[tuple[_Part, bytes | Slot]]:
    owners = (part for part in parts for _ in range(part.pieces))
    return list(zip(owners, pieces, strict=True))


def _placed(piece: bytes | Slot, name: str) -> bytes | Slot:
    if isinstance(piece, bytes):
        return piece
    passage = piece.passage
    place = Passage(passage.text, f"{name}, {passage.place}", passage.markup)
    return Slot(place, piece.original, piece.render)


def _joined(parts: Sequence[_Part], written: Sequence[bytes]) -> dict[str, bytes]:
    rest = iter(written)
    return {part.name: b"".join(next(rest) for _ in range(part.pieces)) for part in parts}


def _packed(data: bytes, changed: Mapping[str, bytes]) -> bytes:
    """Return the archive with some files changed, each in its place and packed as it was."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info, changed.get(info.filename, content), info.compress_type)
    return packed.getvalue()
