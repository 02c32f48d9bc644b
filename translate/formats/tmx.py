"""Translation memories (TMX) as files to translate: each unit gets the language that it lacks."""

from collections.abc import Iterator

from translate.errors import FormatError
from translate.formats import xml
from translate.formats.document import Document, Options, Passage, Slot
from translate.formats.encoding import decoded
from translate.formats.xml import Element
from translate.languages import canonical
from translate.markup import Markup

CODES = Markup(is_xml=True, kept=frozenset({"ph", "bpt", "ept", "it", "ut", "sub"}))


def read(data: bytes, options: Options) -> Document:
    """Take a memory apart. Raises `FormatError` for one that is no TMX, or not in UTF-8."""
    decoded(data)
    root = xml.parse(data)
    if root.name != "tmx":
        raise FormatError("line 1", f"begins with <{root.name}>, not <tmx>")
    header = root.child("header")
    declared = header.attributes.get("srclang", "") if header else ""
    source = options.source or (declared if declared != "*all*" else "")
    pieces: list[bytes | Slot] = []
    last = 0
    for unit in root.descendants("tu"):
        for start, end, slot in _variant(data, unit, source, options):
            pieces += [data[last:start], slot]
            last = end
    return Document([*pieces, data[last:]], source=source or None)


def _variant(
    data: bytes, unit: Element, source: str, options: Options
) -> Iterator[tuple[int, int, Slot]]:
    variants = {canonical(_language(each)): each for each in unit.children if each.name == "tuv"}
    own = unit.attributes.get("srclang", source)
    known = variants.get(canonical(own)) or next(iter(variants.values()), None)
    segment = known.child("seg") if known else None
    if known is None or segment is None:
        raise FormatError(f"line {unit.line}", "is a unit without a text")
    there = variants.get(canonical(options.target))
    if not segment.has_words or there is known or (there and not options.is_thorough):
        return
    passage = Passage(
        data[segment.inner_start : segment.inner_end].decode(), f"line {unit.line}", CODES
    )
    if there and (target := there.child("seg")) and not target.is_empty_tag:
        original = data[target.inner_start : target.inner_end]
        yield target.inner_start, target.inner_end, Slot(passage, original, str.encode)
    elif not there:
        last = unit.children[-1]
        space = data[last.end : unit.inner_end].rpartition(b"\n")
        indent = b"\n  " + space[2] if space[1] else b""
        head = f'<tuv xml:lang="{options.target}"><seg>'.encode()
        yield (
            last.end,
            last.end,
            Slot(passage, b"", lambda text: indent + head + text.encode() + b"</seg></tuv>"),
        )


def _language(variant: Element) -> str:
    return variant.attributes.get("xml:lang") or variant.attributes.get("lang", "")
