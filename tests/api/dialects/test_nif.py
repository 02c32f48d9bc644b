import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, URIRef

from linkage.errors import RdfError
from linkage.knowledge import rdf
from linkage.naming import nif
from linkage.naming.nif import ITSRDF, NIF
from linkage.types import Entity, Mention
from tests.api.conftest import MakeClient

TEXT = "\N{GRINNING FACE} Solaris is a novel by Stanisław Lem."
DOCUMENT = f"""@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix ex: <http://example.org/> .
<http://example.org/1#char=0,38> a nif:Context, nif:RFC5147String ; nif:isString "{TEXT}"@en ;
    ex:kept "as it is" .
<http://example.org/1#given> a nif:Phrase ; nif:beginIndex 2 ; nif:endIndex 9 ;
    nif:referenceContext <http://example.org/1#char=0,38> .
"""
HEADERS = {"Content-Type": "text/turtle"}


@pytest.fixture
def service(client: TestClient) -> TestClient:
    """A catalogue that has a novel and its author."""
    book = {"kind": "book", "title": "Solaris", "creators": ["Stanisław Lem"]}
    lem = {"kind": "person", "name": "Stanisław Lem", "identifiers": {"wikidata": "Q6530"}}
    assert client.put("/v1/items/b1", json=book).is_success
    assert client.put("/v1/entities/lem", json=lem).is_success
    return client


def annotated(client: TestClient, document: str) -> Graph:
    answer = client.post("/nif", content=document.encode(), headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/turtle")
    return Graph().parse(data=answer.text, format="turtle")


def test_mentions_are_added_with_their_places_and_the_rest_is_kept(service: TestClient) -> None:
    graph = annotated(service, DOCUMENT)
    [lem] = graph.subjects(ITSRDF.taIdentRef, URIRef("http://www.wikidata.org/entity/Q6530"))
    begin, end = (int(str(graph.value(lem, p))) for p in (NIF.beginIndex, NIF.endIndex))
    assert TEXT[begin:end] == str(graph.value(lem, NIF.anchorOf)) == "Stanisław Lem"
    assert str(lem) == f"http://example.org/1#char={begin},{end}"
    assert set(rdf.parse(DOCUMENT.encode(), "turtle")) <= set(graph)


def test_a_phrase_that_is_there_gets_the_link(service: TestClient) -> None:
    graph = annotated(service, DOCUMENT)
    given_part = URIRef("http://example.org/1#given")
    assert str(graph.value(given_part, ITSRDF.taIdentRef)).endswith("/reconcile/preview?id=b1")
    assert 0.5 < float(str(graph.value(given_part, ITSRDF.taConfidence))) <= 1


def test_gerbil_sends_its_key_in_the_address_and_its_own_media_type(
    service: TestClient, app: FastAPI
) -> None:
    key = service.headers["Authorization"].removeprefix("Bearer ")
    answer = TestClient(app).post(
        f"/nif?key={key}",
        content=DOCUMENT.encode(),
        headers={"Content-Type": "application/x-turtle;charset=UTF-8"},
    )
    assert answer.headers["content-type"].startswith("application/x-turtle")
    assert "taIdentRef" in answer.text


@pytest.mark.usefixtures("service")
def test_another_tenant_knows_none_of_the_names(make_client: MakeClient, app: FastAPI) -> None:
    assert not list(annotated(make_client("other"), DOCUMENT).subject_objects(ITSRDF.taIdentRef))
    assert TestClient(app).post("/nif", content=b"", headers=HEADERS).status_code == 401


@pytest.mark.parametrize(
    ("document", "media", "status", "told"),
    [
        ("@prefix a: <http://x/> .\n\na:b a:c ;;; 'x", "text/turtle", 400, "line 3"),
        ("<a> <b> <c> .", "text/turtle", 400, "nif:isString"),
        ("(" * 50_000, "text/turtle", 400, "nested too deep"),
        ("<a> <b> (" + "1 " * 20_000 + ") .", "text/turtle", 400, "20000 statements"),
        (DOCUMENT, "application/json", 415, "Turtle"),
        ("#" * 1_000_001, "text/turtle", 413, "bytes"),
        (DOCUMENT.replace("novel", "novel " * 40_000), "text/turtle", 413, "characters"),
    ],
)
def test_what_cannot_be_read_is_refused_and_told(
    client: TestClient, document: str, media: str, status: int, told: str
) -> None:
    answer = client.post("/nif", content=document.encode(), headers={"Content-Type": media})
    assert answer.status_code == status
    assert told in answer.json()["detail"]


@given(st.integers(0, len(DOCUMENT)), st.integers(0, 40), st.binary(max_size=16))
def test_a_damaged_document_is_annotated_or_refused(begin: int, length: int, put: bytes) -> None:
    written = DOCUMENT.encode()
    if (answer := answered(written[:begin] + put + written[begin + length :])) is not None:
        assert (None, ITSRDF.taIdentRef, None) in rdf.parse(answer.encode(), "turtle")


def answered(document: bytes) -> str | None:
    """Return a document with a mention in each text, None where it is refused."""
    try:
        graph = rdf.parse(document, "turtle")
        for context in nif.contexts(graph):
            mention = Mention(0, 1, context.text[:1], Entity("lem", "Lem", "person"), 0.9)
            nif.annotate(graph, context, [mention], lambda _: "http://example.org/lem")
        return rdf.turtle(graph)
    except RdfError:
        return None
