import pytest
from sqlalchemy.orm import Session

from translate import glossaries
from translate.errors import GlossaryNameTakenError, GlossaryNotFoundError, InvalidTermError
from translate.glossary import Term
from translate.types import Fault

PAIR = ("en", "de")


def make(session: Session, name: str = "shop", **terms: str) -> str:
    return glossaries.create(session, "alpha", name, {PAIR: terms or {"book": "Buch"}}).id


def test_a_glossary_is_found_by_id_and_by_name_and_only_by_its_tenant(session: Session) -> None:
    id_ = make(session)
    assert glossaries.find(session, "alpha", "shop").id == id_
    assert glossaries.find(session, "alpha", id_).name == "shop"
    with pytest.raises(GlossaryNotFoundError):
        glossaries.find(session, "beta", id_)


def test_a_name_is_taken_once_in_a_tenant(session: Session) -> None:
    make(session)
    glossaries.create(session, "beta", "shop", {})
    with pytest.raises(GlossaryNameTakenError):
        make(session)
    other = make(session, "other")
    with pytest.raises(GlossaryNameTakenError):
        glossaries.rename(session, "alpha", other, "shop")


def test_every_change_of_the_terms_is_a_new_version(session: Session) -> None:
    id_ = make(session)
    assert glossaries.load(session, "alpha", id_).version == 1
    glossaries.replace_terms(session, "alpha", id_, ("EN-us", "de"), {"film": "Film"})
    glossary = glossaries.load(session, "alpha", id_)
    assert glossary.version == 2
    matcher = glossary.matcher("en", "de")
    assert matcher is not None
    assert [each.written for each in matcher.find("book film")] == ["film"]
    assert glossary.matcher("de", "en") is None


def test_merging_tells_what_is_new_and_what_was_refused(session: Session) -> None:
    id_ = make(session, book="Buch", film="Film")
    fault = Fault("line 3", "has 1 column")
    summary = glossaries.merge_terms(
        session, "alpha", id_, PAIR, [Term("book", "Band"), Term("film", "Film"), fault,
                                      Term("page", "Seite")]
    )  # fmt: skip
    assert (summary.created, summary.updated, summary.unchanged, summary.failed) == (1, 1, 1, 1)
    assert summary.faults == (fault,)
    assert glossaries.terms(session, "alpha", id_, PAIR) == [
        Term("book", "Band"), Term("film", "Film"), Term("page", "Seite")
    ]  # fmt: skip


def test_a_term_with_two_targets_is_warned_of_and_the_later_counts(session: Session) -> None:
    terms = [Term("page", "Blatt"), Term("film", "Film"), Term("page", "Seite")]
    summary = glossaries.merge_terms(session, "alpha", make(session), PAIR, terms)
    assert summary.warnings == (
        Fault("term 3", "was 'Blatt' before; 'Seite', the later, counts", "page"),
    )


def test_a_merge_that_changes_nothing_makes_no_version(session: Session) -> None:
    id_ = make(session)
    glossaries.merge_terms(session, "alpha", id_, PAIR, [Term("book", "Buch")])
    assert glossaries.find(session, "alpha", id_).version == 1


def test_a_language_pair_and_a_glossary_can_be_removed(session: Session) -> None:
    id_ = make(session)
    glossaries.remove_terms(session, "alpha", id_, PAIR)
    with pytest.raises(GlossaryNotFoundError, match="from en to de"):
        glossaries.terms(session, "alpha", id_, PAIR)
    with pytest.raises(GlossaryNotFoundError):
        glossaries.remove_terms(session, "alpha", id_, PAIR)
    glossaries.remove(session, "alpha", id_)
    assert glossaries.list_all(session, "alpha") == []


def test_a_listing_counts_the_terms_of_each_pair(session: Session) -> None:
    make(session, book="Buch", film="Film")
    [overview] = glossaries.list_all(session, "alpha")
    assert overview.dictionaries == (glossaries.Dictionary("en", "de", 2),)


@pytest.mark.parametrize("source", ["", " ", "…", "a\nb", " book", "x" * 501])
def test_a_term_that_cannot_be_used_is_refused(session: Session, source: str) -> None:
    with pytest.raises(InvalidTermError):
        glossaries.create(session, "alpha", "bad", {PAIR: {source: "Buch"}})
