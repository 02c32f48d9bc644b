from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.match import shipped_matcher
from linkage.types import Item
from linkage.works.editions import probabilities

WORDS = ("dune", "messiah", "lamp", "keeper", "the", "ledger", "a", "novel", "frank", "herbert")
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
ITEMS = st.builds(
    Item,
    id=st.sampled_from(("1", "2", "3")),
    kind=st.just("book"),
    title=PHRASES,
    creators=st.lists(PHRASES, max_size=2).map(tuple),
    published_at=st.sampled_from((None, "1965", "1999-01-02")),
    text=st.one_of(st.just(""), PHRASES),
)


@settings(max_examples=60, deadline=None)
@given(ITEMS, ITEMS)
def test_two_items_are_judged_the_same_whichever_comes_first(one: Item, other: Item) -> None:
    matcher = shipped_matcher("weft-editions")
    first, second = probabilities([(one, other), (other, one)], matcher)
    assert abs(first - second) < 1e-9
    assert 0 <= first <= 1
