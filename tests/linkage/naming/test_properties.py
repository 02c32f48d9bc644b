import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.naming import properties
from linkage.types import Item

SOLARIS = Item(
    id="b1", kind="book", title="Solaris", creators=("Stanisław Lem",), published_at="1961-05-01",
    subjects=("Science fiction",), identifiers={"isbn13": "9780156027601"},
)  # fmt: skip


def test_values_by_property() -> None:
    assert properties.values_of(SOLARIS, "year") == ("1961",)
    assert properties.values_of(SOLARIS, "isbn13") == ("9780156027601",)
    assert properties.values_of(SOLARIS, "unheard") == ()


@pytest.mark.parametrize(
    ("name", "value", "is_alike", "is_exact"),
    [
        ("name", "solaris", True, True),
        ("creator", "Lem, Stanislaw", True, False),
        ("creator", "Ursula K. Le Guin", False, False),
        ("year", "1961", True, True),
        ("year", "1962", True, False),
        ("year", "1963", False, False),
        ("year", "some day", False, False),
        ("isbn13", "0-15-602760-7", True, True),
        ("isbn13", "not a number", False, False),
        ("unheard", "x", False, False),
    ],
)
def test_what_an_item_has(name: str, value: str, *, is_alike: bool, is_exact: bool) -> None:
    assert properties.has(SOLARIS, name, value) is is_alike
    assert properties.has(SOLARIS, name, value, is_exact=True) is is_exact


@given(st.sampled_from(["name", *properties.NAMES]), st.text(max_size=30))
def test_any_value_can_be_asked_for(name: str, value: str) -> None:
    assert properties.has(SOLARIS, name, value) in {True, False}
    fields = properties.given({name: (value,)})
    assert Item(id="", kind="text", title="", **fields)
