from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.mentions import Gazetteer, resolve
from linkage.types import Item, Mention

MakeItem = Callable[..., Item]


@pytest.fixture
def shelf(make_item: MakeItem) -> dict[int, Item]:
    books = [
        make_item("it", "It", creators=["Stephen King"], published_at=1986),
        make_item("emma", "Emma", creators=["Jane Austen"], published_at=1815),
        make_item("1984", "1984", creators=["George Orwell"], published_at=1949),
        make_item("hunger", "The Hunger Games (The Hunger Games, #1)", creators=["S. Collins"]),
        make_item("dune", "Dune", creators=["Frank Herbert"], popularity=0.9),
        make_item("film", "Dune", "film", creators=["David Lynch"], published_at=1984),
        make_item("neko", "吾輩は猫である", creators=["夏目漱石"]),
    ]
    return dict(enumerate(books, start=1))


@pytest.fixture
def find(shelf: dict[int, Item]) -> Callable[..., list[Mention]]:
    gazetteer = Gazetteer()
    gazetteer.add(shelf)

    def find(text: str, top_k: int = 1) -> list[Mention]:
        return list(resolve(text, gazetteer.spans(text), shelf, top_k=top_k))

    return find


Find = Callable[..., list[Mention]]


def named(mentions: list[Mention]) -> list[tuple[str, str | None]]:
    return [(m.surface, m.entity.id if m.entity else None) for m in mentions]


def test_long_title_is_enough_by_itself(find: Find) -> None:
    text = "😀 I loved The Hunger Games!"
    (mention,) = find(text)
    assert mention.entity
    assert mention.entity.id == "hunger"
    assert text[mention.start : mention.end] == "The Hunger Games"


@pytest.mark.parametrize(
    "text",
    [
        "It was raining. It stopped, and Emma went out.",
        "In 1984 she moved to London.",
        "In 1984 George W. Bush was not yet president.",
        "Emma and Jane went to see it.",
        "a sand dune by the sea",
    ],
)
def test_ordinary_words_do_not_fire(find: Find, text: str) -> None:
    assert [m for m in find(text) if m.entity and m.entity.kind != "person"] == []


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("Stephen King's It frightened me.", "it"),
        ("It by Stephen King", "it"),
        ("the novel 'Emma'", "emma"),
        ("Jane Austen wrote Emma in 1815.", "emma"),
        ("Orwell? I mean George Orwell's 1984.", "1984"),
        ("der Roman „Emma“", "emma"),
        ("le roman « Emma »", "emma"),
        ("la novela Emma", "emma"),
        ("I saw the film Dune yesterday", "film"),
        ("the novel Dune", "dune"),
        ("Frank Herbert's Dune", "dune"),
        ("夏目漱石の『吾輩は猫である』", "neko"),
    ],
)
def test_context_makes_a_short_title_a_mention(find: Find, text: str, entity: str) -> None:
    assert entity in [m.entity.id for m in find(text) if m.entity]


def test_creator_is_a_person(find: Find) -> None:
    (mention,) = find("An evening with Jane Austen.")
    assert mention.entity
    assert (mention.entity.id, mention.entity.kind) == ("creator:jane austen", "person")


def test_candidates_are_ranked_and_as_many_as_asked(find: Find) -> None:
    (mention,) = find("the novel Dune", top_k=2)
    assert [entity.id for entity, _ in mention.candidates] == ["dune", "film"]
    assert mention.candidates[0][1] == mention.probability > mention.candidates[1][1]


def test_likely_name_of_an_uncertain_thing_is_nil(find: Find) -> None:
    assert named(find('Tonight: "Emma" (1815).')) == [("Emma", None)]


def test_added_item_is_found_at_once(make_item: MakeItem) -> None:
    gazetteer = Gazetteer()
    for number in range(50):
        gazetteer.add({number: make_item(str(number), f"The Adventures of Number N{number}")})
    text = "The Adventures of Number N49 and The Adventures of Number N0"
    assert [span.items for span in gazetteer.spans(text)] == [(49,), (0,)]


def test_renamed_item_is_not_found_by_its_old_name(make_item: MakeItem) -> None:
    gazetteer = Gazetteer()
    gazetteer.add({1: make_item("1", "The Old Name Of It")})
    renamed = {1: make_item("1", "A Wholly New Name")}
    gazetteer.add(renamed)
    text = "The Old Name Of It"
    assert resolve(text, gazetteer.spans(text), renamed) == ()


@given(st.text())
def test_any_text_has_spans_within_it_that_do_not_overlap(text: str) -> None:
    gazetteer = Gazetteer()
    item = Item(id="1", kind="book", title="a b", creators=("c", "0", "ß"))
    gazetteer.add({1: item})
    spans = gazetteer.spans(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
