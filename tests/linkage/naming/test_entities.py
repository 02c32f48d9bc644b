import pytest

from linkage.errors import InvalidItemError
from linkage.naming.entities import entity_from_record


def test_a_record_becomes_an_entity() -> None:
    entity = entity_from_record({
        "id": 7, "name": "Stanisław  Lem", "kind": "Person", "aliases": {"ger": ["Lem", "Lem"]},
        "description": "Polish writer", "identifiers": {"wikidata": "q6530"}, "popularity": 0.5,
        "more": "ignored",
    })  # fmt: skip
    assert (entity.id, entity.name, entity.kind) == ("7", "Stanisław Lem", "person")
    assert entity.aliases == {"de": ("Lem",)}
    assert entity.description == {"": "Polish writer"}
    assert entity.identifiers == {"wikidata": "Q6530"}


def test_a_list_of_aliases_is_of_no_known_language() -> None:
    entity = entity_from_record({"id": "a", "name": "A", "aliases": ["B", "C"]})
    assert entity.aliases == {"": ("B", "C")}
    assert entity.kind == "thing"


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"id": "a"}, "name"),
        ({"id": "a", "name": " "}, "name"),
        ({"name": "A"}, "id"),
        ({"id": "a", "name": "A", "aliases": {"not a language": ["B"]}}, "aliases"),
        ({"id": "a", "name": "A", "aliases": {"en": ["B"] * 501}}, "aliases"),
        ({"id": "a", "name": "A", "description": "x" * 2_001}, "description"),
        ({"id": "a", "name": "A", "description": {"en": ["x"]}}, "description"),
        ({"id": "a", "name": "A", "identifiers": {"isbn": "1"}}, "identifiers.isbn"),
        ({"id": "a", "name": "A", "popularity": 2}, "popularity"),
    ],
)
def test_what_is_wrong_is_named(record: dict, field: str) -> None:
    with pytest.raises(InvalidItemError) as caught:
        entity_from_record(record)
    assert caught.value.field == field
