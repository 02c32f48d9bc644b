"""XLIFF 1.2 and 2.1: each segment without a target gets one; inline codes stay as they are."""

import re
from collections.abc import Iterator

from translate.errors import FormatError
from translate.formats import xml
from translate.formats.document import Document, Options, Passage, Slot
from translate.formats.encoding import decoded
from translate.formats.xml import Element
from translate.languages import canonical
from translate.markup import Markup

CODES = Markup(is_xml=True, kept=frozenset({"ph", "bpt", "ept", "it", "sub", "x"}))
"""Elements that hold a file's native codes, not text."""
_LINE_START = re.compile(rb"[ \t]*\Z")


def read(data: bytes, options: Options) -> Document:
    """Take a file apart. Raises `FormatError` for one that is no XLIFF, or not in UTF-8."""
    decoded(data)  # spans are of bytes, so the file has to be in UTF-8
    root = xml.parse(data)
    if root.name != "xliff":
        raise FormatError("line 1", f"begins with <{root.name}>, not <xliff>")
    is_new = root.attributes.get("version", "").startswith("2")
    pieces: list[bytes | Slot] = []
    last = 0
    for start, end, piece in _changes(data, root, options, is_new=is_new):
        pieces += [data[last:start], piece]
        last = end
    return Document([*pieces, data[last:]], source=_source(root, is_new=is_new))


def _source(root: Element, *, is_new: bool) -> str | None:
    """Return the language that the file, or its first part, says it is in."""
    if is_new:
        return root.attributes.get("srcLang")
    first = root.child("file")
    return first.attributes.get("source-language") if first else None


def _changes(
    data: bytes, root: Element, options: Options, *, is_new: bool
) -> Iterator[tuple[int, int, bytes | Slot]]:
    """Yield what takes the place of which bytes, in the file's order."""
    if is_new:
        yield from _language(data, root, "trgLang", options.target)
        for segment in root.translatable("segment"):
            yield from _segment(data, segment, f"line {segment.line}", options)
        return
    for file in root.descendants("file"):
        yield from _language(data, file, "target-language", options.target)
        for unit in file.translatable("trans-unit"):
            place = f"unit {unit.attributes.get('id', '?')}, line {unit.line}"
            yield from _segment(data, unit, place, options)


def _language(
    data: bytes, element: Element, name: str, target: str
) -> Iterator[tuple[int, int, bytes]]:
    """Name the target language in a start tag that does not; it must not name another."""
    named = element.attributes.get(name)
    if named is not None and canonical(named) != canonical(target):
        raise FormatError(f"line {element.line}", f"says that {name} is {named!r}, not {target!r}")
    if named is None:
        end = element.inner_start - (2 if data[element.inner_start - 2] == ord("/") else 1)
        yield end, end, f' {name}="{target}"'.encode()


def _segment(
    data: bytes, segment: Element, place: str, options: Options
) -> Iterator[tuple[int, int, Slot]]:
    source, target = segment.child("source"), segment.child("target")
    if source is None:
        raise FormatError(place, "has no <source>")
    if not source.has_words or (target and target.has_words and not options.is_thorough):
        return
    content = data[source.inner_start : source.inner_end].decode()
    passage = Passage(content, place, CODES)
    if target and not target.is_empty_tag:
        original = data[target.inner_start : target.inner_end]
        yield target.inner_start, target.inner_end, Slot(passage, original, str.encode)
    elif target:
        tag = data[target.start : target.end]
        head, end = tag[:-2].rstrip(), f"</{_tag_name(tag)}>"
        yield (
            target.start,
            target.end,
            Slot(passage, tag, lambda text: head + f">{text}{end}".encode()),
        )
    else:
        yield source.end, source.end, _new_target(data, source, passage)


def _new_target(data: bytes, source: Element, passage: Passage) -> Slot:
    """Return a target behind its source, on a line of its own where the source has one."""
    name = _tag_name(data[source.start : source.inner_start]).replace("source", "target")
    found = _LINE_START.search(data[: source.start])
    begin = found.start() if found else source.start
    has_line = data[begin - 1 : begin] == b"\n"
    indent = b"\n" + data[begin : source.start] if has_line else b""
    return Slot(passage, b"", lambda text: indent + f"<{name}>{text}</{name}>".encode())


def _tag_name(tag: bytes) -> str:
    match = re.match(rb"<([^\s/>]+)", tag)
    return match[1].decode() if match else ""
