"""SKOS vocabularies in RDF/XML, Turtle or N-Triples.

A vocabulary is held in memory, about 1 kB a statement, so large files are refused.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from rdflib import RDF, Graph, Literal
from rdflib.namespace import DCTERMS, OWL, SKOS
from rdflib.term import Node, URIRef

from linkage.errors import RdfError, SourceFormatError
from linkage.knowledge import rdf
from linkage.knowledge.dumps import parsed
from linkage.naming.entities import MAX_DESCRIPTION
from linkage.sources.streams import read_whole
from linkage.types import Entity, RecordError

FORMATS: Mapping[str, rdf.Format] = {
    ".ttl": "turtle",
    ".rdf": "xml",
    ".xml": "xml",
    ".owl": "xml",
    ".nt": "nt",
}
MAX_BYTES = 500_000_000
_NAMES = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)
_NOTES = (SKOS.definition, SKOS.scopeNote, DCTERMS.description, SKOS.note)
_MATCHES = (SKOS.exactMatch, OWL.sameAs)
_WIKIDATA = "wikidata.org/entity/"


def read(
    path: Path, suffix: str, languages: Collection[str] = ()
) -> Iterator[Entity | RecordError]:
    """Yield the entity of each concept, or why there is none; places are counted in concepts.

    Raises SourceFormatError with the line where the file is not of its format.
    """
    graph = _graph(path, FORMATS[suffix])
    concepts = sorted(set(graph.subjects(RDF.type, SKOS.Concept)), key=str)
    for number, concept in enumerate(concepts, start=1):
        if (record := _record(graph, concept, languages)) is not None:
            yield from parsed(record, number)


def _graph(path: Path, form: rdf.Format) -> Graph:
    written = read_whole(path, MAX_BYTES)
    try:
        return rdf.parse(written, form)
    except RdfError as error:
        raise SourceFormatError(path.name, str(error)) from error


def _record(graph: Graph, concept: Node, languages: Collection[str]) -> dict[str, Any] | None:
    """Return the fields of a concept; None when it has no label in the languages."""
    preferred = _texts(graph, concept, (SKOS.prefLabel,), languages)
    names = _texts(graph, concept, _NAMES, languages)
    if languages and not names:
        return None
    first = next((preferred[tag][0] for tag in (*languages, "en") if tag in preferred), None)
    notes = _texts(graph, concept, _NOTES, languages)
    matches = [str(match) for prop in _MATCHES for match in graph.objects(concept, prop)]
    wikidata = next((match for match in (str(concept), *matches) if _WIKIDATA in match), None)
    return {
        "id": str(concept),
        "name": first or next((found[0] for found in (preferred or names).values()), None),
        "kind": "concept",
        "aliases": names,
        "description": {tag: found[0][:MAX_DESCRIPTION] for tag, found in notes.items()},
        "identifiers": {"wikidata": wikidata} if wikidata else {},
    }


def _texts(
    graph: Graph, concept: Node, properties: Collection[URIRef], languages: Collection[str]
) -> dict[str, list[str]]:
    """Return the texts of some properties by language, in the properties' order."""
    found: dict[str, list[str]] = {}
    for prop in properties:
        for value in sorted(graph.objects(concept, prop), key=str):
            if isinstance(value, Literal):
                tag = value.language or ""
                if not languages or tag in languages:
                    found.setdefault(tag, []).append(str(value))
    return found
