from collections.abc import Callable

import pytest

from linkage.related import filters
from linkage.types import Filters, Item

MakeItem = Callable[..., Item]


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        ({("format", "hardcover")}, True),
        ({("format", "paperback")}, False),
        ({("format", "paperback"), ("format", "hardcover")}, True),
        ({("format", "hardcover"), ("pages", "412")}, True),
        ({("format", "hardcover"), ("pages", "413")}, False),
        ({("tags", "desert")}, True),
        ({("signed", "true")}, True),
        ({("price", "9.5")}, True),
        ({("nested", "x")}, False),
        ({("absent", "")}, False),
    ],
)
def test_one_value_of_every_name_must_match(
    make_item: MakeItem, wanted: set[tuple[str, str]], *, passes: bool
) -> None:
    item = make_item(
        "dune",
        attributes={
            "format": "hardcover", "pages": 412, "tags": ["sand", "desert"], "signed": True,
            "price": 9.5, "nested": {"a": "x"}, "nothing": None,
        },
    )  # fmt: skip
    assert filters.sieve(Filters(attributes=frozenset(wanted)))(item) == passes


def test_a_language_passes_its_regional_forms(make_item: MakeItem) -> None:
    passes = filters.sieve(Filters(languages=frozenset({"EN"})))
    assert passes(make_item("a", language="en-GB"))
    assert not passes(make_item("b", language="enm"))
