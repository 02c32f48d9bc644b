from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.lexical import Lexicon, LexiconWriter, language_tags, tags
from linkage.types import Filters, Item

MakeItem = Callable[..., Item]


@pytest.fixture
def shelf(make_item: MakeItem) -> dict[int, Item]:
    return {
        1: make_item("1", "Dune", creators=["Frank Herbert"], language="en-GB", published_at=1965),
        2: make_item("2", "Dune", "film", text="Based on the novel Dune by Frank Herbert."),
        3: make_item("3", "Les Dunes", "article", text="Du sable.", language="fr"),
        4: make_item("4", "Emma", creators=["Jane Austen"], published_at=1815),
    }


@pytest.fixture(params=["memory", "folder"])
def lexicon(request: pytest.FixtureRequest, shelf: dict[int, Item], tmp_path: Path) -> Lexicon:
    if request.param == "memory":
        writer = LexiconWriter()
        writer.add(shelf)
        return writer.publish()
    writer = LexiconWriter(tmp_path / "lexicon")
    writer.add(shelf)
    writer.close()
    return Lexicon.open(tmp_path / "lexicon")


def keys(hits: list[tuple[int, float]]) -> list[int]:
    return [key for key, _ in hits]


def test_item_that_shares_more_words_comes_first(lexicon: Lexicon) -> None:
    assert keys(lexicon.search(["dune", "novel"], Filters(), 10)) == [2, 1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(kinds=frozenset({"film"})), [2]),
        (Filters(languages=frozenset({"en"})), [1]),
        (Filters(sources=frozenset({"elsewhere"})), []),
        (Filters(published_after="1900"), [1]),
    ],
)
def test_filters_hold_for_words(lexicon: Lexicon, filters: Filters, found: list[int]) -> None:
    assert keys(lexicon.search(["dune"], filters, 10)) == found


def test_tags_find_items_of_the_same_creator(lexicon: Lexicon, make_item: MakeItem) -> None:
    asked = make_item("x", "Persuasion", creators=["JANE AUSTEN"])
    assert keys(lexicon.tagged(tags(asked), Filters(), 10)) == [4]


def test_naming_finds_items_that_name_title_and_creator(lexicon: Lexicon) -> None:
    assert keys(lexicon.naming(["dune"], [["frank", "herbert"]], Filters(), 10)) == [1, 2]
    assert lexicon.naming(["dune"], [["herbert", "frank"]], Filters(), 10) == []


def test_rare_word_weighs_more_and_unknown_word_nothing(lexicon: Lexicon) -> None:
    weight = lexicon.rarity_beside([]).weight
    assert weight("emma") > weight("dune") > weight("zzz") == 0


def test_words_of_several_lexicons_weigh_as_if_they_were_one(
    shelf: dict[int, Item], make_item: MakeItem
) -> None:
    new = {5: make_item("5", "Solaris"), 6: make_item("6", "Solaris", "film")}
    lexicons = []
    for items in (shelf, new, shelf | new):
        writer = LexiconWriter()
        writer.add(items)
        lexicons.append(writer.publish())
    build, delta, whole = lexicons
    together, alone = delta.rarity_beside([build]), whole.rarity_beside([])
    for word in ("solaris", "dune", "emma", "zzz"):
        assert together.weight(word) == alone.weight(word)
    assert together.bearers("title:solaris") == 2
    assert together.most_telling == alone.most_telling
    assert delta.rarity_beside([build]) is together


def test_what_is_rare_beside_one_lexicon_is_not_kept_for_another(
    shelf: dict[int, Item], make_item: MakeItem
) -> None:
    build, delta = LexiconWriter(), LexiconWriter()
    build.add(shelf)
    delta.add({5: make_item("5", "Solaris")})
    newest = delta.publish()
    before = newest.rarity_beside([build.publish()])
    assert newest.rarity_beside([build.publish()]) is not before


def test_item_added_again_takes_the_place_of_its_older_self(make_item: MakeItem) -> None:
    writer = LexiconWriter()
    writer.add({1: make_item("1", "Dune")})
    writer.publish()
    writer.add({1: make_item("1", "Emma"), 2: make_item("2", "Ulysses")}, again=[1])
    lexicon = writer.publish()
    assert lexicon.count == 2
    assert keys(lexicon.search(["emma"], Filters(), 5)) == [1]
    assert lexicon.search(["dune"], Filters(), 5) == []


def test_language_is_also_what_it_is_a_form_of() -> None:
    assert language_tags("zh-Hant-TW") == ["zh-hant-tw", "zh-hant", "zh"]
    assert language_tags(None) == []
