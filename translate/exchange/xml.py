"""XML from outside, read piece by piece: no entities, no network, no tree that grows."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from lxml import etree

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


class MalformedXmlError(ValueError):
    """The file is not well-formed; the message tells line and column."""


def elements(file: BinaryIO, wanted: Callable[[str], bool]) -> Iterator[Any]:
    """Yield each element whose local name is wanted, when it ends; it is emptied after.

    Raises `MalformedXmlError`.
    """
    try:
        events = etree.iterparse(
            file, events=("end",), resolve_entities=False, no_network=True, load_dtd=False,
            huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        for _, element in events:
            if wanted(local(element)):
                yield element
                _forget(element)
    except etree.XMLSyntaxError as error:
        raise MalformedXmlError(str(error.msg)) from error


def local(element: Any) -> str:  # noqa: ANN401 - lxml has no types
    """Return an element's name without its namespace; empty for an entity."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def language(element: Any) -> str | None:  # noqa: ANN401 - lxml has no types
    """Return what `xml:lang`, or TMX 1.1's `lang`, says."""
    found: str | None = element.get(LANGUAGE) or element.get("lang")
    return found


def _forget(element: Any) -> None:  # noqa: ANN401 - lxml has no types
    """Let go of an element and of all before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
