from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import RdfError, SourceFormatError
from linkage.knowledge import rdf, read
from linkage.types import Entity

TURTLE = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <http://example.org/> .
ex:cats a skos:Concept ; skos:prefLabel "cats"@en, "Katzen"@de ; skos:altLabel "felines"@en ;
    skos:definition "small animals"@en ;
    skos:exactMatch <http://www.wikidata.org/entity/Q146> .
ex:dogs a skos:Concept ; skos:prefLabel "chiens"@fr .
ex:mute a skos:Concept .
ex:scheme a skos:ConceptScheme ; skos:prefLabel "Animals"@en .
"""
RDF_XML = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [<!ENTITY skos "http://www.w3.org/2004/02/skos/core#">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="&skos;">
  <skos:Concept rdf:about="http://example.org/cats">
    <skos:prefLabel xml:lang="en">cats</skos:prefLabel>
  </skos:Concept>
</rdf:RDF>
"""


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content)
    return path


def test_concepts_of_a_turtle_file(tmp_path: Path) -> None:
    cats, dogs, mute = read(write(tmp_path, "animals.ttl", TURTLE))
    assert isinstance(cats, Entity)
    assert (cats.id, cats.name, cats.kind) == ("http://example.org/cats", "cats", "concept")
    assert cats.aliases == {"en": ("cats", "felines"), "de": ("Katzen",)}
    assert cats.description == {"en": "small animals"}
    assert cats.identifiers == {"wikidata": "Q146"}
    assert isinstance(dogs, Entity)
    assert dogs.name == "chiens"
    assert mute.id == "http://example.org/mute"
    assert "name" in getattr(mute, "reason", "")


def test_only_the_languages_asked_for(tmp_path: Path) -> None:
    (cats,) = read(write(tmp_path, "animals.ttl", TURTLE), languages=["de"])
    assert isinstance(cats, Entity)
    assert cats.name == "Katzen"


def test_rdf_xml_with_entities_of_its_own(tmp_path: Path) -> None:
    (cats,) = read(write(tmp_path, "animals.rdf", RDF_XML))
    assert isinstance(cats, Entity)
    assert cats.name == "cats"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ttl", "@prefix a: <http://x/> .\n\na:b a:c ;;; 'x", "line 3"),
        ("a.ttl", "(" * 50_000, "nested too deep"),
        ("a.ttl", "<a> <b> '''open", "[Qq]uote"),
        ("a.rdf", "<a>\n<b></a>", "line 2"),
        ("a.nt", "<a> <b> .", "Invalid|invalid"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    with pytest.raises(SourceFormatError, match=reason):
        list(read(write(tmp_path, name, content)))


def test_no_file_outside_is_read(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret.txt", "SECRET")
    evil = RDF_XML.replace(
        '<!ENTITY skos "http://www.w3.org/2004/02/skos/core#">',
        '<!ENTITY skos "http://www.w3.org/2004/02/skos/core#">'
        f'<!ENTITY leak SYSTEM "{secret.as_uri()}">',
    ).replace(">cats<", ">&leak;<")
    try:
        found = list(read(write(tmp_path, "evil.rdf", evil)))
    except SourceFormatError as error:
        found = [error]
    assert "SECRET" not in str(found)


def test_a_bomb_of_entities_is_refused(tmp_path: Path) -> None:
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    bomb = RDF_XML.replace("[<!ENTITY", f"[{entities}<!ENTITY").replace(">cats<", ">&a11;<")
    with pytest.raises(SourceFormatError):
        list(read(write(tmp_path, "bomb.rdf", bomb)))


@given(st.integers(0, len(TURTLE)), st.integers(0, 30), st.binary(max_size=12))
def test_a_damaged_document_is_read_or_refused(begin: int, length: int, put: bytes) -> None:
    written = TURTLE.encode()
    with suppress(RdfError):
        rdf.parse(written[:begin] + put + written[begin + length :], "turtle")


@given(st.integers(0, len(RDF_XML)), st.integers(0, 30), st.binary(max_size=12))
def test_a_damaged_xml_document_is_read_or_refused(begin: int, length: int, put: bytes) -> None:
    written = RDF_XML.encode()
    with suppress(RdfError):
        rdf.parse(written[:begin] + put + written[begin + length :], "xml")
