"""NIF: texts in an RDF document, and what they name, written back into it.

NLP Interchange Format 2.0, https://persistence.uni-leipzig.org/nlp2rdf/, as benchmarks of entity
linking such as GERBIL use it. Offsets count code points; an end is the first place behind.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from linkage.errors import RdfError
from linkage.types import Entity, Mention

NIF = Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
ITSRDF = Namespace("http://www.w3.org/2005/11/its/rdf#")
WIKIDATA = "http://www.wikidata.org/entity/"
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Context:
    """A text of a document, and the nodes that stand for parts of it already."""

    node: Node
    text: str
    parts: dict[Span, Node]


def contexts(graph: Graph) -> list[Context]:
    """Return the texts of a document; RdfError if it has none."""
    parts: dict[Node, dict[Span, Node]] = {}
    for part, node in graph.subject_objects(NIF.referenceContext):
        if (span := _span(graph, part)) is not None:
            parts.setdefault(node, {})[span] = part
    found = [
        Context(node, str(text), parts.get(node, {}))
        for node, text in sorted(graph.subject_objects(NIF.isString), key=str)
        if isinstance(text, Literal)
    ]
    if not found:
        raise RdfError(None, "no nif:isString: the document holds no text")
    return found


def annotate(
    graph: Graph, context: Context, mentions: Iterable[Mention], address: Callable[[Entity], str]
) -> None:
    """Add what a text names: a node for each mention, or what is new to the one that is there.

    A name that stands for none of what is known has no `itsrdf:taIdentRef`. `address` gives the
    address of what has none of its own.
    """
    for mention in mentions:
        part = context.parts.get((mention.start, mention.end))
        if part is None:
            part = _part(graph, context, mention)
        if mention.entity:
            graph.add((part, ITSRDF.taIdentRef, URIRef(address_of(mention.entity, address))))
            confidence = Literal(mention.probability, datatype=XSD.double)
            graph.add((part, ITSRDF.taConfidence, confidence))


def address_of(entity: Entity, address: Callable[[Entity], str]) -> str:
    """Return Wikidata's address of an entity, else its id where that is one, else `address`."""
    if number := entity.identifiers.get("wikidata"):
        return WIKIDATA + number
    if entity.id.startswith(("http://", "https://")):
        return entity.id
    return address(entity)


def _part(graph: Graph, context: Context, mention: Mention) -> Node:
    part: Node = BNode()
    if isinstance(context.node, URIRef):
        document = context.node.partition("#")[0]
        part = URIRef(f"{document}#char={mention.start},{mention.end}")
    for kind in (NIF.Phrase, NIF.String, NIF.RFC5147String):
        graph.add((part, RDF.type, kind))
    graph.add((part, NIF.referenceContext, context.node))
    graph.add((part, NIF.anchorOf, Literal(mention.surface)))
    graph.add((part, NIF.beginIndex, _place(mention.start)))
    graph.add((part, NIF.endIndex, _place(mention.end)))
    return part


def _place(offset: int) -> Literal:
    return Literal(str(offset), datatype=XSD.nonNegativeInteger)


def _span(graph: Graph, part: Node) -> Span | None:
    begin, end = graph.value(part, NIF.beginIndex), graph.value(part, NIF.endIndex)
    try:
        return int(str(begin)), int(str(end))
    except ValueError:
        return None
