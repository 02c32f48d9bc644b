"""TermBase eXchange (ISO 30042): read in versions 2 and 3, written in version 3 (TBX-Basic)."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from translate.exchange.xml import MalformedXmlError, elements, language, local
from translate.glossary import Term, term_fault
from translate.languages import canonical
from translate.types import Fault

ENTRIES = frozenset({"termEntry", "conceptEntry"})
LANGUAGES = frozenset({"langSet", "langSec"})
SECTIONS = frozenset({"tig", "ntig", "termSec"})
AVOIDED = frozenset({"deprecatedTerm-admn-sts", "supersededTerm-admn-sts", "deprecated"})
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<tbx style="dca" type="TBX-Basic" xml:lang={language} xmlns="urn:iso:std:iso:30042:ed-2">
<tbxHeader><fileDesc><sourceDesc><p>Weft</p></sourceDesc></fileDesc></tbxHeader>
<text><body>
"""
TAIL = "</body></text>\n</tbx>\n"


def read(file: BinaryIO, pair: tuple[str, str]) -> Iterator[Term | Fault]:
    """Yield each source term of a concept with the concept's first target term.

    Terms marked as deprecated or superseded are found, but never the translation.
    """
    try:
        for entry in elements(file, ENTRIES.__contains__):
            yield from _terms(entry, pair)
    except MalformedXmlError as error:
        yield Fault("the file", f"is not well-formed: {error}")


def write(terms: Iterable[Term], pair: tuple[str, str]) -> Iterator[bytes]:
    """Yield a document with a concept a term."""
    yield HEAD.format(language=quoteattr(pair[0])).encode()
    for number, term in enumerate(terms, start=1):
        sections = "".join(
            f"<langSec xml:lang={quoteattr(code)}><termSec><term>{escape(text)}</term>"
            "</termSec></langSec>"
            for code, text in zip(pair, (term.source, term.target), strict=True)
        )
        yield f'<conceptEntry id="c{number}">{sections}</conceptEntry>\n'.encode()
    yield TAIL.encode()


def _terms(entry: Any, pair: tuple[str, str]) -> Iterator[Term | Fault]:  # noqa: ANN401 - lxml
    sources: dict[str, None] = {}
    targets: list[str] = []
    for section in entry:
        if local(section) in LANGUAGES:
            code = canonical(language(section) or "")
            found = list(_of_language(section))
            if code == pair[0]:
                sources |= dict.fromkeys(text for text, _ in found)
            if code == pair[1]:
                targets += [text for text, is_avoided in found if not is_avoided]
    for source in sources if targets else ():
        term = Term(source, targets[0])
        reason = term_fault(term)
        yield Fault(f"line {entry.sourceline}", reason, entry.get("id")) if reason else term


def _of_language(section: Any) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - lxml
    """Yield a language's terms, and whether each should be avoided."""
    for part in section.iter():
        if local(part) in SECTIONS:
            notes = {(note.text or "").strip() for note in part.iter() if "Note" in local(note)}
            for term in part.iter():
                if local(term) == "term" and (text := "".join(term.itertext()).strip()):
                    yield " ".join(text.split()), not AVOIDED.isdisjoint(notes)
