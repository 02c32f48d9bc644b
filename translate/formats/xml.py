"""XML as a tree of byte spans: where each element begins and ends in the file as it is.

Entities that a file declares are refused, and nothing outside of the file is read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from translate.errors import FormatError

MAX_DEPTH = 200


@dataclass(slots=True)
class Element:
    """An element: its local name, attributes, children, and where it stands, in bytes.

    `inner` is where its content begins and ends; of an empty element, the end of its tag.
    `has_words` tells whether it, or an element in it, holds more than white space.
    """

    name: str
    attributes: Mapping[str, str]
    line: int
    start: int
    inner_start: int = 0
    inner_end: int = 0
    end: int = 0
    has_words: bool = False
    children: list["Element"] = field(default_factory=list)

    @property
    def is_empty_tag(self) -> bool:
        """Tell whether it is one tag, `<x/>`."""
        return self.inner_end == self.end

    def child(self, name: str) -> "Element | None":
        """Return the first child of a name."""
        return next((each for each in self.children if each.name == name), None)

    def translatable(self, *names: str) -> Iterator["Element"]:
        """Yield the elements of these names below this one that `translate` does not exempt.

        The attribute holds for all that is in an element, unless one says `yes` again.
        """
        for each in self._heard(is_open=self.attributes.get("translate") != "no"):
            if each.name in names:
                yield each

    def _heard(self, *, is_open: bool) -> Iterator["Element"]:
        for each in self.children:
            says = each.attributes.get("translate")
            is_heard = says == "yes" if says else is_open
            if is_heard:
                yield each
            yield from each._heard(is_open=is_heard)  # noqa: SLF001 - its own kind

    def descendants(self, *names: str) -> Iterator["Element"]:
        """Yield the elements of these names below this one, in the file's order."""
        for each in self.children:
            if each.name in names:
                yield each
            yield from each.descendants(*names)


def parse(data: bytes) -> Element:
    """Return the root element; raise `FormatError` with the line and column at fault."""
    reader = _Reader(data)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise FormatError(
            f"line {error.lineno}, column {error.offset + 1}",
            f"is not well-formed XML: {expat.errors.messages[error.code]}",
        ) from error
    except (LookupError, ValueError) as error:  # what Python says of encodings, not what we raise
        raise FormatError("line 1", f"names an encoding that cannot be read: {error}") from error
    assert reader.root
    return reader.root


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.root: Element | None = None
        self._data = data
        self._open: list[Element] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._finish
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise FormatError(f"line {self.parser.CurrentLineNumber}", "declares an entity")

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        parser = self.parser
        if len(self._open) == MAX_DEPTH:
            raise FormatError(f"line {parser.CurrentLineNumber}", "nests too deeply")
        start = parser.CurrentByteIndex
        element = Element(name.rpartition(":")[2], attributes, parser.CurrentLineNumber, start)
        element.inner_start = _end_of_tag(self._data, start)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _finish(self, _: str) -> None:
        element = self._open.pop()
        if self._open and element.has_words:
            self._open[-1].has_words = True
        at = self.parser.CurrentByteIndex
        if self._data[element.inner_start - 2 : element.inner_start] == b"/>":
            element.inner_end = element.end = element.inner_start
        else:
            element.inner_end = at
            element.end = self._data.index(b">", at) + 1

    def _text(self, text: str) -> None:
        if not text.isspace():
            self._open[-1].has_words = True


def _end_of_tag(data: bytes, start: int) -> int:
    """Return where a start tag ends; a quoted attribute may hold its mark."""
    quote = 0
    for at in range(start, len(data)):
        byte = data[at]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return at + 1
    return len(data)
