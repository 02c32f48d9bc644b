"""Translation Memory eXchange 1.4: read and written unit by unit.

A unit's codes become text as they are written in the document it came from; on the way out they
are codes again. A unit with several languages gives one pair for each but its source language. That
a person corrected a unit travels as a property: it keeps its place before what files brought.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from translate.exchange.xml import MalformedXmlError, elements, language, local
from translate.languages import canonical
from translate.memory import Unit, generated_tuid
from translate.protect import MARK, protect
from translate.types import Fault

DOMAIN, CORRECTION = "x-domain", "x-correction"
MAX_LENGTH = 20_000
"""Characters of a segment."""
_CODES = frozenset({"ph", "bpt", "ept", "it", "ut"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = frozenset({"tag", "void", "placeholder"})
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4">
<header creationtool="Weft" creationtoolversion="1" segtype="sentence" o-tmf="Weft" adminlang="en"
 srclang="*all*" datatype="plaintext"/>
<body>
"""
TAIL = "</body>\n</tmx>\n"


def read(file: BinaryIO, *, domain: str | None = None) -> Iterator[Unit | Fault]:
    """Yield the units of a file; `domain` wins over what the units say of themselves."""
    source = "*all*"
    try:
        for element in elements(file, {"header", "tu"}.__contains__):
            if local(element) == "header":
                source = element.get("srclang") or source
            else:
                yield from _units(element, element.get("srclang") or source, domain)
    except MalformedXmlError as error:
        yield Fault("the file", f"is not well-formed: {error}")


def write(units: Iterable[Unit]) -> Iterator[bytes]:
    """Yield a document; neighbours that differ in nothing but the target make one unit."""
    yield HEAD.encode()
    for (tuid, domain, is_correction, source, text), group in groupby(
        units, key=lambda u: (u.tuid, u.domain, u.is_correction, u.source_language, u.source)
    ):
        prop = f'<prop type="{DOMAIN}">{_text(domain)}</prop>' if domain else ""
        prop += f'<prop type="{CORRECTION}">yes</prop>' if is_correction else ""
        variants = {source: text} | {unit.target_language: unit.target for unit in group}
        body = "".join(
            f"<tuv xml:lang={quoteattr(code)}><seg>{_codes(variant)}</seg></tuv>"
            for code, variant in variants.items()
        )
        yield (
            f"<tu tuid={quoteattr(_clean(tuid))} srclang={quoteattr(source)}>{prop}{body}</tu>\n"
        ).encode()
    yield TAIL.encode()


def _units(element: Any, source: str, domain: str | None) -> Iterator[Unit | Fault]:  # noqa: ANN401
    tuid = element.get("tuid")
    variants = {
        code: text for each in element if local(each) == "tuv" for code, text in _variant(each)
    }
    reason = _fault(variants, tuid)
    sources = [canonical(source)] if source.lower() != "*all*" else list(variants)[:1]
    if not reason and sources[0] not in variants:
        reason = f"has no variant in its source language {source!r}"
    if reason:
        yield Fault(f"line {element.sourceline}", reason, tuid)
        return
    text = variants[sources[0]]
    named = _property(element, DOMAIN)[:100] if domain is None else domain
    is_correction = _property(element, CORRECTION) == "yes"
    for target, translation in variants.items():
        if target != sources[0]:
            id_ = tuid or generated_tuid(text, is_correction=is_correction)
            yield Unit(sources[0], target, id_, text, translation, named, is_correction)


def _fault(variants: dict[str, str], tuid: str | None) -> str | None:
    if len(variants) < 2:  # noqa: PLR2004
        return "has no two languages with text"
    if longest := [code for code, text in variants.items() if len(text) > MAX_LENGTH]:
        return f"its {longest[0]} text has more than {MAX_LENGTH:,} characters"
    if unknown := [code for code in variants if not _LANGUAGE.fullmatch(code)]:
        return f"{unknown[0]!r} is no language"
    if tuid is not None and not 0 < len(tuid) <= 200:  # noqa: PLR2004
        return "its tuid is empty or has more than 200 characters"
    return None


def _variant(tuv: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - lxml
    """Yield a variant's language and text, if it has any."""
    for seg in tuv:
        if local(seg) == "seg" and (text := _flat(seg).strip()):
            yield canonical(language(tuv) or ""), text
            return


def _flat(element: Any) -> str:  # noqa: ANN401 - lxml
    """Return a segment's text with its codes as they are in the document they came from."""
    parts = [element.text or ""]
    for child in element:
        name = local(child)
        if name in _CODES:
            parts.append(child.text or _stand_in(child, name))
        elif name:
            parts.append(_flat(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _stand_in(code: Any, name: str) -> str:  # noqa: ANN401 - lxml
    """Return a tag for a code whose content is not told."""
    if name == "ept":
        return "</g>"
    number = code.get("x") or code.get("i") or "1"
    is_pair = name == "bpt"
    return f"<{'g' if is_pair else 'x'} id={quoteattr(number)}{'' if is_pair else '/'}>"


def _property(element: Any, kind: str) -> str:  # noqa: ANN401 - lxml
    found = (p.text for p in element if local(p) == "prop" and p.get("type") == kind)
    return (next(found, None) or "").strip()


def _codes(text: str) -> str:
    """Return a segment's content, with markup and placeholders as codes."""
    run = protect(text)
    parts = run.text.split(MARK)
    coded = (
        f"<ph>{_text(span.text)}</ph>" if span.kind in _MARKUP else _text(span.text)
        for span in run.spans
    )
    pairs = zip(coded, parts[1:], strict=True)
    return _text(parts[0]) + "".join(code + _text(part) for code, part in pairs)


def _text(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    """Replace what XML cannot hold."""
    return _INVALID.sub("\ufffd", text)
