"""Plain text: a passage a paragraph."""

import re

from translate.formats.document import Document, Options, Passage, Slot, replacing
from translate.formats.encoding import decoded

_PARAGRAPH = re.compile(r"[^\s\ufeff](?:.|(?:\r\n?|\n)(?!\s*(?:\r\n?|\n|$)))*")


def read(data: bytes, options: Options) -> Document:
    """Take a text apart at its blank lines."""
    del options
    text, encoding = decoded(data)
    pieces: list[bytes | Slot] = []
    last = 0
    for match in _PARAGRAPH.finditer(text):
        pieces.append(text[last : match.start()].encode(encoding))
        place = f"line {text.count(chr(10), 0, match.start()) + 1}"
        pieces.append(
            replacing(
                Passage(match.group(), place),
                match.group().encode(encoding),
                lambda translated: translated.encode(encoding),
            )
        )
        last = match.end()
    return Document([*pieces, text[last:].encode(encoding)])
