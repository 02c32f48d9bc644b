from collections.abc import Callable, Mapping

import numpy as np
import pytest

from linkage import candidates, evidence, rank
from linkage.candidates import Shelf
from linkage.items import item_from_record
from linkage.lexical import LexiconWriter
from linkage.related.signals import Comparison
from linkage.related.sketch import Sketch
from linkage.types import Evidence, Item, Relation

MakeItem = Callable[..., Item]
Reasons = Mapping[str, Evidence]

OTHERS = list(enumerate(["It rained and it rained", "The sea", "A walk", *["Pages"] * 40]))
NO_VECTOR = np.zeros(2, dtype=np.float32)


def link(source: Item, target: Item, cosine: float = 0.3) -> tuple[Relation, float, Reasons]:
    """Compare two items in a catalogue that holds them and some others."""
    words = LexiconWriter()
    others = [item_from_record({"id": str(n), "kind": "page", "title": t}) for n, t in OTHERS]
    words.add(dict(enumerate((source, target, *others))))
    asked = candidates.question(source, NO_VECTOR, [Shelf(vectors=None, lexicon=words.publish())])
    comparison = Comparison(Sketch(source), source, asked)
    found = comparison.signals([Sketch(target)], np.array([cosine]))
    reasons = evidence.explain(found, 0, source, target, asked.words)
    score = float(rank.scores(found)[0])
    is_edition = rank.is_same_work(found)[0]
    relation = "same_work" if is_edition else rank.relation(found, 0, score, source, target)
    return relation, score, {e.type: e for e in reasons}


@pytest.fixture
def dune(make_item: MakeItem) -> Item:
    return make_item("dune", "Dune (Dune, #1)", creators=["Frank Herbert"])


def test_same_title_and_creator_of_one_kind_is_the_same_work(
    dune: Item, make_item: MakeItem
) -> None:
    relation, score, reasons = link(dune, make_item("x", "DUNE", creators=["FRANK HERBERT"]))
    assert relation == "same_work"
    assert score > 0.9
    assert {"title", "creator"} <= reasons.keys()


def test_shared_identifier_is_the_same_work(make_item: MakeItem) -> None:
    one = make_item("1", "Der Wüstenplanet", identifiers={"wikidata": "Q190192"})
    relation, _, reasons = link(one, make_item("2", "Dune", identifiers={"wikidata": "Q190192"}))
    assert relation == "same_work"
    assert reasons["identifier"].detail == {"scheme": "wikidata", "value": "Q190192"}


def test_film_that_names_book_and_author_is_an_adaptation(dune: Item, make_item: MakeItem) -> None:
    text = "A film based on the novel Dune by Frank Herbert."
    film = make_item("f", "Dune: Part One", "film", text=text)
    relation, score, reasons = link(dune, film)
    assert relation == "adaptation_of"
    assert score > 0.8
    at = reasons["named"].detail
    assert (at["in"], text[slice(*at["title"])]) == ("target", "Dune")
    assert text[slice(*at["creator"])] == "Frank Herbert"


def test_adaptation_is_seen_from_both_sides(dune: Item, make_item: MakeItem) -> None:
    film = make_item("f", "Dune", "film", text="Herbert's novel of the same name, adapted.")
    assert link(dune, film)[0] == link(film, dune)[0] == "adaptation_of"
    assert link(dune, film)[1] == link(film, dune)[1]


def test_same_title_without_the_author_is_only_similar(dune: Item, make_item: MakeItem) -> None:
    film = make_item("f", "Dune", "film", text="A walk over the beaches of Denmark.")
    relation, score, _ = link(dune, film)
    assert relation == "similar"
    assert score < 0.6


def test_article_that_names_the_item_is_about_it(dune: Item, make_item: MakeItem) -> None:
    article = make_item("a", "On sand", "article", text="Frank Herbert wrote Dune in 1965.")
    assert link(dune, article)[0] == "about"


def test_book_that_names_another_mentions_it(dune: Item, make_item: MakeItem) -> None:
    other = make_item("o", "Hyperion", text="For readers of Dune by Frank Herbert.")
    assert link(dune, other)[0] == "mentions"


def test_other_book_of_the_author_and_of_the_series(dune: Item, make_item: MakeItem) -> None:
    heretics = make_item("h", "Heretics (Dune, #5)", creators=["Frank Herbert"])
    other = make_item("o", "The White Plague", creators=["Frank Herbert"])
    assert link(dune, heretics)[0] == "series"
    assert link(dune, other)[0] == "same_creator"
    assert link(dune, heretics)[1] > link(dune, other)[1]


def test_short_title_in_a_text_is_no_evidence_by_itself(make_item: MakeItem) -> None:
    it = make_item("it", "It", creators=["Stephen King"])
    film = make_item("f", "Rain", "film", text="It rained and it rained.")
    relation, score, _ = link(it, film)
    assert relation == "similar"
    assert score < 0.1


def test_shared_words_and_vectors_are_told(make_item: MakeItem) -> None:
    source = make_item("s", "Spice", text="A desert.")
    _, _, reasons = link(source, make_item("x", "Desert planet"), 0.81234)
    assert reasons["lexical"].detail["terms"] == ["desert"]
    assert 0 < reasons["lexical"].detail["overlap"] < 1
    assert reasons["vector"].detail == {"similarity": 0.8123}


def test_more_evidence_never_lowers_the_score(dune: Item, make_item: MakeItem) -> None:
    target = make_item("x", "Sand", creators=["Frank Herbert"])
    scores = [link(dune, target, cosine=c / 10)[1] for c in range(-10, 11)]
    assert scores == sorted(scores)
    assert 0 <= scores[0] <= scores[-1] <= 1


def test_film_whose_title_begins_with_the_books_and_tells_of_the_novel_is_made_from_it(
    dune: Item, make_item: MakeItem
) -> None:
    film = make_item("f", "Dune: Part One", "film", text="The first half of the novel.")
    relation, _, reasons = link(dune, film)
    assert relation == link(film, dune)[0] == "adaptation_of"
    at = reasons["made_from"].detail
    assert film.text[slice(*at["span"])] == at["term"] == "novel"
