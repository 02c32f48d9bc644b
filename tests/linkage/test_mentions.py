from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import TooManyNamesError
from linkage.mentions import choose, compare, places, weigh
from linkage.naming.disambiguate import Disambiguator, load_disambiguator
from linkage.naming.gazetteer import Gazetteer, names_of
from linkage.naming.passage import Passage
from linkage.types import Entity, Item, Mention
from tests.linkage.conftest import WordEncoder

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


def mentions_of(
    text: str,
    known: dict[int, Item | Entity],
    top_k: int = 1,
    model: Disambiguator | None = None,
) -> list[Mention]:
    gazetteer = Gazetteer()
    gazetteer.add({key: names_of(thing) for key, thing in known.items()})
    passage = Passage(text)
    weighed = compare(passage, weigh(passage, places(passage, gazetteer), known), WordEncoder())
    return list(choose(passage, weighed, model or load_disambiguator(), top_k=top_k))


@pytest.fixture
def find(shelf: dict[int, Item]) -> Callable[..., list[Mention]]:
    return lambda text, top_k=1: mentions_of(text, shelf, top_k)


Find = Callable[..., list[Mention]]


def named(mentions: list[Mention]) -> list[tuple[str, str | None]]:
    return [(m.surface, m.entity.id if m.entity else None) for m in mentions]


def test_a_text_of_nothing_but_names_is_refused_before_it_takes_long(find: Find) -> None:
    assert len(find("Dune by Frank Herbert. " * 100)) == 200
    with pytest.raises(TooManyNamesError, match="send it in parts"):
        find("Dune by Frank Herbert. " * 5_000)


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


def test_likely_name_of_an_uncertain_thing_is_nil(shelf: dict[int, Item]) -> None:
    unsure = Disambiguator({"bias": -0.4})
    assert named(mentions_of("Emma is here", shelf, model=unsure)) == [("Emma", None)]


def test_renamed_item_is_not_found_by_its_old_name(make_item: MakeItem) -> None:
    gazetteer = Gazetteer()
    gazetteer.add({1: names_of(make_item("1", "The Old Name Of It"))})
    passage = Passage("The Old Name Of It")
    renamed = {1: make_item("1", "A Wholly New Name")}
    assert list(weigh(passage, places(passage, gazetteer), renamed)) == []


def test_the_longer_of_two_likely_names_wins(find: Find) -> None:
    assert named(find("We all read The Hunger Games.")) == [("The Hunger Games", "hunger")]


@pytest.mark.parametrize(
    "text",
    [
        "Dune is a 1984 film, based on the 1965 novel of the same name by Frank Herbert.",
        "Dune ist ein Film nach dem gleichnamigen Roman von Frank Herbert.",
        "Dune est un film adapté du roman du même nom de Frank Herbert.",
        "Dune is a 1984 film based on the 1965 novel by Frank Herbert.",
    ],
)
def test_a_book_of_the_same_name_is_found_where_it_is_spoken_of(find: Find, text: str) -> None:
    echo = next(m for m in find(text) if m.surface.split()[-1] in {"name", "Roman", "nom", "novel"})
    assert echo.entity
    assert echo.entity.id == "dune"


def test_a_novel_of_the_same_name_by_another_is_not_linked(find: Find) -> None:
    found = find("Emma is a film based on the novel of the same name by Gustav Stranger.")
    assert "novel of the same name" not in [m.surface for m in found if m.entity]


def test_editions_of_one_work_share_their_probability(make_item: MakeItem) -> None:
    shelf = {
        1: make_item("a", "Solaris", creators=["Stanisław Lem"]),
        2: make_item("b", "Solaris", creators=["Stanisław Lem", "A Translator"]),
    }
    (mention,) = (m for m in mentions_of("Stanisław Lem's novel Solaris", shelf, 5)
                  if m.surface == "Solaris")  # fmt: skip
    assert mention.probability > 0.9
    assert len(mention.candidates) == 1


JAGUARS = {
    -1: Entity("Q1", "Jaguar", "animal", description={"en": "large wild cat of the forests"}),
    -2: Entity("Q2", "Jaguar", "company", description={"en": "English maker of luxury cars"}),
}


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("The Jaguar is a large wild cat that lives in forests and hunts at night.", "Q1"),
        ("Jaguar is an English maker of luxury cars with a factory in Coventry.", "Q2"),
    ],
)
def test_what_is_told_of_a_thing_decides_between_namesakes(text: str, entity: str) -> None:
    ranked = mentions_of(text, dict(JAGUARS), 2)[0].candidates
    assert ranked[0][0].id == entity


def test_popularity_decides_where_nothing_else_does() -> None:
    paris = {
        -1: Entity("Q90", "Paris", "city", popularity=0.9),
        -2: Entity("Q830149", "Paris", "city", popularity=0.1),
    }
    (mention,) = mentions_of("We went to Paris by train.", paris, 2)
    assert [entity.id for entity, _ in mention.candidates] == ["Q90", "Q830149"]
    assert sum(probability for _, probability in mention.candidates) <= 1


def test_an_imported_person_stands_in_for_the_creator_of_that_name(shelf: dict[int, Item]) -> None:
    known = {**shelf, -7: Entity("Q36322", "Jane Austen", "person", aliases={"ru": ("Остин",)})}
    (mention,) = mentions_of("An evening with Jane Austen.", known)
    assert mention.entity
    assert mention.entity.id == "Q36322"


def test_an_imported_thing_that_is_an_item_is_the_item(make_item: MakeItem) -> None:
    known = {
        1: make_item("solaris", "Solaris", creators=["S. Lem"], identifiers={"wikidata": "Q333"}),
        -1: Entity("Q333", "Solaris", "book", identifiers={"wikidata": "Q333"}),
    }
    (mention,) = mentions_of("the novel Solaris", known, 5)
    assert [entity.id for entity, _ in mention.candidates] == ["solaris"]


@given(st.text())
def test_any_text_has_mentions_within_it_that_do_not_overlap(text: str) -> None:
    known = {1: Item(id="1", kind="book", title="a b", creators=("c", "0", "ß", "İ", "novel"))}
    found = mentions_of(text, known, model=Disambiguator({"bias": 1.0}))
    assert all(text[m.start : m.end] == m.surface for m in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
