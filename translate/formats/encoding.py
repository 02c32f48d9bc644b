"""Bytes and text: the encoding of a file, by its byte order mark, its own word, or UTF-8."""

import codecs
import re

from translate.errors import FormatError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 2048
_OF_NO_FILE = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Codecs of Python that no file is written in."""


def decoded(data: bytes, declaration: re.Pattern[bytes] | None = None) -> tuple[str, str]:
    """Return a file's text and encoding; a byte order mark is the text's first character.

    `declaration` finds a file's own word for its encoding, as its first group. Raises `FormatError`
    with the byte at fault.
    """
    encoding = _encoding(data, declaration)
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"line {line}, byte {error.start}", f"is not {encoding}: save the file as UTF-8"
        ) from error


def _encoding(data: bytes, declaration: re.Pattern[bytes] | None) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    found = declaration.search(data[:_LOOKED_AT]) if declaration else None
    name = found[1].decode("ascii", "replace") if found else "utf-8"
    try:
        info = codecs.lookup(name)
    except LookupError as error:
        raise FormatError("the head", f"names an unknown encoding, {name!r}") from error
    is_text = info._is_text_encoding  # noqa: SLF001 - `codecs` has no other way to tell
    if not is_text or info.name in _OF_NO_FILE:
        raise FormatError("the head", f"names an encoding that is none, {name!r}")
    return info.name
