from random import Random

import pytest

from linkage.learn.renditions import Catalogue, Habits, Thing, episodes, people, render

DUNE = Thing(
    kind="book", title="The Dune Storm: A Novel (Dune, #1)", creators=("Frank Herbert", "Ann Lee"),
    year=1965, details=(("en",),), text="One. Two. Three.",
)  # fmt: skip


def written(thing: Thing = DUNE, **habits: float) -> dict[str, str]:
    catalogue = Catalogue(Habits(**habits), Random(1), ("Max Mustermann",))
    return dict(catalogue.rendition(thing).record(0).values)


def test_catalogue_without_habits_writes_things_as_they_are() -> None:
    values = written()
    assert values.pop("text") in DUNE.text
    assert values == {
        "title": DUNE.title,
        "creators": "Frank Herbert, Ann Lee",
        "year": "1965",
        "details": "c0ven",
    }


@pytest.mark.parametrize(
    ("habits", "field", "expected"),
    [
        ({"bare_title": 1, "short_title": 1}, "title", "The Dune Storm"),
        ({"shouted": 1, "short_title": 1}, "title", "THE DUNE STORM"),
        ({"one_creator": 1, "turned_name": 1}, "creators", "Herbert, Frank"),
        ({"one_creator": 1, "initials": 1}, "creators", "F. Herbert"),
        ({"one_creator": 1, "more_creators": 1}, "creators", "Frank Herbert, Max Mustermann"),
        ({"no_creators": 1}, "creators", ""),
        ({"no_year": 1}, "year", ""),
        ({"no_detail": 1}, "details", ""),
        ({"no_text": 1}, "text", ""),
    ],
)
def test_each_habit_does_its_own(habits: dict[str, float], field: str, expected: str) -> None:
    assert written(**habits)[field] == expected


def test_article_is_turned_round_or_dropped() -> None:
    title = written(bare_title=1, short_title=1, turned_title=1)["title"]
    assert title in {"Dune Storm, The", "Dune Storm"}


def test_translated_title_shares_few_letters() -> None:
    rendition = Catalogue(Habits(translated=1.0), Random(1)).rendition(DUNE)
    assert (rendition.language, rendition.title) != ("en", DUNE.title)
    assert len(rendition.title.split()) == 5


def test_two_tables_share_what_they_are_told_to() -> None:
    things = [Thing(kind="film", title=f"Film {n}", year=1900 + n) for n in range(100)]
    left, right, is_same = render(things, Random(1), shared=0.3)
    same = [(i, j) for i in range(len(left)) for j in range(len(right)) if is_same(i, j)]
    assert len(same) == 30
    assert len(left) + len(right) == 130
    assert len(dict(same)) == 30


def test_people_and_episodes_are_made_of_things() -> None:
    assert [one.title for one in people([DUNE], Random(1))] == ["Ann Lee", "Frank Herbert"]
    (episode,) = episodes([DUNE], Random(1))
    assert len(episode.details) == 3
