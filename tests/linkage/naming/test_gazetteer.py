from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import text
from linkage.naming.gazetteer import Gazetteer, Naming, names_of
from linkage.naming.passage import Passage
from linkage.types import Entity, Item

MakeItem = Callable[..., Item]


def found(gazetteer: Gazetteer, written: str) -> list[tuple[str, set[int], set[int]]]:
    passage = Passage(written)
    return [
        (passage.surface(span.first, span.last), set(span.own), set(span.made))
        for span in gazetteer.spans(passage)
    ]


def test_names_are_found_whole_and_within_one_another() -> None:
    gazetteer = Gazetteer()
    gazetteer.add({1: Naming(frozenset({"the rose"})), 2: Naming(frozenset({"name of the rose"}))})
    assert found(gazetteer, "«The Name of the Rose», roses") == [
        ("Name of the Rose", {2}, set()),
        ("the Rose", {1}, set()),
    ]


def test_one_name_tells_who_bears_it_and_what_its_bearer_made() -> None:
    gazetteer = Gazetteer()
    gazetteer.add({1: Naming(frozenset({"emma"}), frozenset({"jane austen"}))})
    gazetteer.add({2: Naming(frozenset({"jane austen"}))})
    assert found(gazetteer, "Jane Austen: Emma") == [
        ("Jane Austen", {2}, {1}),
        ("Emma", {1}, set()),
    ]


def test_added_names_are_found_at_once_and_nothing_is_built_anew_for_each() -> None:
    gazetteer = Gazetteer()
    gazetteer.add({n: Naming(frozenset({f"number x{n}"})) for n in range(2_000)})
    largest = gazetteer.automata[0]
    for number in range(2_000, 2_100):
        gazetteer.add({number: Naming(frozenset({f"number x{number}"}))})
    assert found(gazetteer, "number x7, Number X2099") == [
        ("number x7", {7}, set()),
        ("Number X2099", {2099}, set()),
    ]
    assert gazetteer.automata[0] is largest
    assert len(gazetteer.automata) < 6


def test_a_name_that_is_known_is_not_added_again() -> None:
    gazetteer = Gazetteer()
    for _ in range(3):
        gazetteer.add({1: Naming(frozenset({"emma"}))})
    assert gazetteer.count == 1


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Hunger Games (The Hunger Games, #1)", "the hunger games"),
        ("The Hunger Games (The Hunger Games, #1)", "hunger games"),
        ("Dune Messiah: A Novel", "dune messiah"),
        ("The Tell-Tale Heart and Other Writings", "the tell tale heart"),
        ("Extremely Loud and Incredibly Close", "extremely loud incredibly close"),
        ("Die unendliche Geschichte", "unendliche geschichte"),
    ],
)
def test_titles_are_known_by_what_people_call_them(
    make_item: MakeItem, title: str, name: str
) -> None:
    assert name in names_of(make_item("1", title)).own


@pytest.mark.parametrize("title", ["The Road", "It: A Novel", "X"])
def test_no_title_is_shortened_to_a_single_word(make_item: MakeItem, title: str) -> None:
    assert names_of(make_item("1", title)).own <= {"the road", "it a novel"}


def test_aliases_are_names(make_item: MakeItem) -> None:
    item = make_item("1", "Nineteen Eighty-Four", attributes={"aliases": ["1984", 3]})
    assert "1984" in names_of(item).own
    entity = Entity("Q1", "Paris", "city", aliases={"ja": ("パリ",), "": ("Ville-Lumière",)})
    assert names_of(entity).own == {"paris", "パ リ", "ville lumiere"}


@given(st.lists(st.text(min_size=1)), st.text())
def test_a_name_is_found_exactly_where_its_words_stand(names: list[str], written: str) -> None:
    keys = {text.key(name) for name in names} - {""}
    gazetteer = Gazetteer()
    for number, key in enumerate(keys):
        gazetteer.add({number: Naming(frozenset({key}))})
    passage = Passage(written)
    spans = {(span.name, span.first) for span in gazetteer.spans(passage)}
    words = passage.words
    expected = {
        (key, at)
        for key in keys if len(key) <= 200
        for at in range(len(words))
        if words[at : at + key.count(" ") + 1] == key.split()
    }  # fmt: skip
    assert spans == expected
