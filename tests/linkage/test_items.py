import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InvalidItemError
from linkage.items import MAX_TEXT, content_hash, item_from_record
from linkage.types import Item

MINIMAL = {"id": "b1", "kind": "book", "title": "Dune"}


def test_record_of_id_kind_and_title_is_enough() -> None:
    item = item_from_record(MINIMAL)
    assert (item.id, item.kind, item.title, item.creators) == ("b1", "book", "Dune", ())


@pytest.mark.parametrize("field", ["id", "kind", "title"])
def test_missing_field_is_named(field: str) -> None:
    with pytest.raises(InvalidItemError) as caught:
        item_from_record({k: v for k, v in MINIMAL.items() if k != field})
    assert caught.value.field == field


def test_kind_and_source_may_be_given_by_the_caller() -> None:
    item = item_from_record({"id": 7, "title": "x"}, default_kind="film", default_source="feed")
    assert (item.id, item.kind, item.source) == ("7", "film", "feed")


def test_creators_may_be_one_name_or_many() -> None:
    assert item_from_record(MINIMAL | {"creators": "Frank Herbert"}).creators == ("Frank Herbert",)
    many = item_from_record(MINIMAL | {"creators": ["A  B", None, "", "A B", "C"]})
    assert many.creators == ("A B", "C")


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        (1965, "1965"),
        ("2008.0", "2008"),
        (2008.0, "2008"),
        (-750, "-0750"),
        ("-750.0", "-0750"),
        ("8", "0008"),
        ("2021-09", "2021-09"),
        ("2021-09-15", "2021-09-15"),
        ("2021-09-15T10:00:00Z", "2021-09-15T10:00:00+00:00"),
    ],
)
def test_publication_dates_become_iso_8601(written: object, iso: str) -> None:
    assert item_from_record(MINIMAL | {"published_at": written}).published_at == iso


def test_expiry_is_a_moment_in_utc() -> None:
    item = item_from_record(MINIMAL | {"expires_at": "2030-01-01T02:00:00+02:00"})
    assert item.expires_at == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "tag"), [("eng", "en"), ("en-US", "en-US"), ("pt_BR", "pt-BR"), ("DE", "de")]
)
def test_language_becomes_a_short_tag(written: str, tag: str) -> None:
    assert item_from_record(MINIMAL | {"language": written}).language == tag


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", "a\nb"),
        ("id", "x" * 201),
        ("id", ["x"]),
        ("title", "   "),
        ("title", "x" * 2_001),
        ("title", "\ud800"),
        ("kind", "two words"),
        ("text", "x" * (MAX_TEXT + 1)),
        ("identifiers", {f"a{n}": "x" for n in range(101)}),
        ("text", "\udcff"),
        ("text", {"no": "text"}),
        ("creators", [1, {"name": "x"}]),
        ("language", "english!"),
        ("url", "javascript:alert(1)"),
        ("published_at", "yesterday"),
        ("expires_at", "soon"),
        ("popularity", 1.1),
        ("popularity", -0.1),
        ("popularity", "nan"),
        ("popularity", True),
        ("hidden", "perhaps"),
        ("identifiers", ["x"]),
        ("attributes", "x"),
        ("attributes", {"x": float("inf")}),
        ("attributes", {"x": "y" * 30_000}),
    ],
)
def test_bad_value_is_an_error_that_names_the_field(field: str, value: object) -> None:
    with pytest.raises(InvalidItemError) as caught:
        item_from_record(MINIMAL | {field: value})
    assert caught.value.field.split(".")[0] == field


def test_control_characters_are_left_out_of_texts() -> None:
    item = item_from_record(MINIMAL | {"text": "a\x00b\x0bc\td\n", "title": "Du\x00ne\n II"})
    assert (item.text, item.title) == ("abc\td", "Dune II")


def test_identifier_may_stand_as_a_field_of_its_own() -> None:
    item = item_from_record(MINIMAL | {"isbn": "0439023483", "identifiers": {"wikidata": "q1"}})
    assert item.identifiers == {"isbn13": "9780439023481", "wikidata": "Q1"}


@pytest.mark.parametrize("change", [{"title": "x"}, {"hidden": True}, {"attributes": {"a": 1}}])
def test_content_hash_tells_every_change(change: dict[str, Any]) -> None:
    assert content_hash(item_from_record(MINIMAL)) != content_hash(
        item_from_record(MINIMAL | change)
    )


FIELDS = [*Item.__dataclass_fields__, "isbn"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_any_json_object_is_an_item_or_a_named_error(record: dict[str, Any]) -> None:
    with suppress(InvalidItemError):
        assert len(content_hash(item_from_record(record, default_kind="book"))) == 64


def test_an_attribute_that_is_no_json_is_named() -> None:
    record = {"id": "a", "kind": "book", "title": "Dune", "attributes": {"a": {"b": [math.nan]}}}
    with pytest.raises(InvalidItemError, match=r"attributes\.a\.b: nan is not a JSON value"):
        item_from_record(record)
