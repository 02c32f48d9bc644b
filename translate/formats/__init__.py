"""Files to translate: one module a format, chosen by the file's suffix.

A reader takes a file apart into what stays as it is and what is to be translated; putting it
together again leaves every byte alone that nothing was translated of.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from translate.errors import UnknownFormatError
from translate.formats import epub, html, po, rows, srt, tmx, txt, xliff
from translate.formats.document import Document, Options, Passage, Slot

Reader = Callable[[bytes, Options], Document]

READERS: Mapping[str, Reader] = {
    ".txt": txt.read,
    ".html": html.read,
    ".htm": html.read,
    ".xhtml": html.read_xhtml,
    ".jsonl": rows.read_jsonl,
    ".csv": rows.read_csv,
    ".tsv": rows.read_tsv,
    ".po": po.read,
    ".pot": po.read,
    ".xlf": xliff.read,
    ".xliff": xliff.read,
    ".tmx": tmx.read,
    ".srt": srt.read,
    ".epub": epub.read,
}

__all__ = ["READERS", "Document", "Options", "Passage", "Slot", "read", "reader_of"]


def read(name: str, data: bytes, options: Options) -> Document:
    """Take a file apart; raise `UnknownFormatError`, or `FormatError` with the place at fault."""
    return reader_of(name)(data, options)


def reader_of(name: str) -> Reader:
    """Return the reader of files of this name; raise `UnknownFormatError`."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in READERS:
        raise UnknownFormatError(suffix, READERS)
    return READERS[suffix]
