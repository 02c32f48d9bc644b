from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.detect import LanguageDetector
from translate.glossary import Glossary, Occurrence, Term, TermMatcher, cased, term_fault
from translate.protect import MARK, Run, protect
from translate.translator import Translator
from translate.types import AppliedTerm, Decoded, Direction, Request, Translation


def found(text: str, *terms: str, language: str = "en") -> list[str]:
    matcher = TermMatcher([Term(term, "x") for term in terms], language, "de")
    return [occurrence.written for occurrence in matcher.find(text)]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Two paperbacks, please.", "paperback"),
        ("PAPERBACKS!", "paperback"),
        ("the dark towers", "dark tower"),
        ("a dark-tower story", "dark tower"),
        ("I write C++ daily", "C++"),
        ("R&D costs", "R&D"),
        ("two DVDs", "DVD"),
    ],
)
def test_a_term_is_found_in_any_form(text: str, term: str) -> None:
    assert len(found(text, term)) == 1


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("bookshop", "book"),
        ("it is late", "IT"),
        ("the university", "universe"),
        ("dark, tower", "dark tower"),
        (f"dark {MARK} tower", "dark tower"),
        ("a C compiler", "C++"),
        ("he reads", "reading"),
    ],
)
def test_another_word_is_no_form_of_a_term(text: str, term: str) -> None:
    assert found(text, term) == []


def test_the_longer_of_two_terms_wins_and_the_listed_form_over_an_inflected_one() -> None:
    assert found("the dark tower", "tower", "dark tower") == ["dark tower"]
    matcher = TermMatcher([Term("book", "Buch"), Term("books", "Bücher")], "en", "de")
    assert [each.term.target for each in matcher.find("books")] == ["Bücher"]


def test_terms_are_found_in_a_language_without_spaces() -> None:
    assert found("この本を読む", "本", language="ja") == ["本"]


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=8), max_size=5))
def test_occurrences_stand_where_they_say_and_do_not_overlap(text: str, terms: list[str]) -> None:
    matcher = TermMatcher([Term(t, t) for t in terms if not term_fault(Term(t, t))], "en", "de")
    end = 0
    for occurrence in matcher.find(text):
        assert end <= occurrence.start < occurrence.end
        assert text[occurrence.start : occurrence.end] == occurrence.written
        end = occurrence.end


def test_an_inflected_target_counts_as_applied_and_each_word_counts_once() -> None:
    matcher = TermMatcher([Term("book", "Buch")], "en", "de")
    occurrences = matcher.find("books and a book")
    assert matcher.applied(occurrences, "Mit Büchern.") == (
        [AppliedTerm("books", "Büchern")], [occurrences[1]]
    )  # fmt: skip


def test_an_applied_term_is_listed_with_all_that_belongs_to_it() -> None:
    matcher = TermMatcher([Term("C++", "C++")], "en", "de")
    assert matcher.applied(matcher.find("Learn C++."), "Lerne C++.")[0] == [
        AppliedTerm("C++", "C++")
    ]


@pytest.mark.parametrize(
    ("written", "term", "language", "expected"),
    [
        ("BOOK", Term("book", "Buch"), "de", "BUCH"),
        ("Dark Tower", Term("dark tower", "black keep"), "en", "Black Keep"),
        ("book", Term("book", "Buch"), "de", "Buch"),
        ("DVD", Term("DVD", "Scheibe"), "de", "Scheibe"),
    ],
)
def test_a_target_takes_the_capitals_that_the_source_has_beyond_the_term(
    written: str, term: Term, language: str, expected: str
) -> None:
    assert cased(Occurrence(term, 0, len(written), written), language) == expected


def test_inserted_terms_keep_the_other_spans_in_their_places() -> None:
    matcher = TermMatcher([Term("book", "Buch")], "en", "de")
    run = protect("{a} book {b} book")
    inserted = matcher.inserted(run, matcher.find(run.text))
    assert inserted.text == f"{MARK} {MARK} {MARK} {MARK}"
    assert [span.text for span in inserted.spans] == ["{a}", "Buch", "{b}", "Buch"]


class Scripted:
    """An engine that answers from a table, else with what it was given."""

    name = "scripted"

    def __init__(self, answers: dict[str, str], *directions: Direction) -> None:
        self.answers = answers
        self.directions = directions or (Direction("en", "de"),)

    def warm(self) -> None:
        pass

    def fits(self, segment: str) -> bool:
        return len(segment) < 200

    def reads(self, character: str) -> bool:
        return character.isascii()

    def knows(self, word: str, language: str) -> bool:
        del word, language
        return True

    def translate(self, requests: Sequence[Request], *, is_urgent: bool = False) -> list[Decoded]:
        assert not is_urgent
        return [Decoded(self.answers.get(each.text, each.text), -0.1) for each in requests]


GLOSSARY = Glossary("gl_1", 1, {("en", "de"): [Term("book", "Werk"), Term("R&D", "F&E")],
                                ("de", "fr"): [Term("Buch", "ouvrage")]})  # fmt: skip


def translate(answers: dict[str, str], text: str, **options: object) -> Translation:
    translator = Translator(Scripted(answers), detector=LanguageDetector())
    settings = {"target": "de", "source": "en", "glossary": GLOSSARY} | options
    [translation] = translator.translate([text], **settings)
    return translation


def test_a_term_the_model_uses_itself_stays_as_it_wrote_it() -> None:
    answer = translate({"Good books.": "Gute Werke."}, "Good books.")
    assert (answer.text, answer.glossary_terms) == ("Gute Werke.", (AppliedTerm("books", "Werke"),))


def test_a_term_the_model_does_not_use_is_inserted() -> None:
    answers = {"A good book.": "Ein gutes Buch.", "A good ⟦0⟧.": "Ein gutes ⟦0⟧."}
    answer = translate(answers, "A good book.", plain=True)
    assert answer.text == "Ein gutes Werk."
    assert answer.plain_text == "Ein gutes Buch."
    assert answer.glossary_terms == (AppliedTerm("book", "Werk"),)
    assert answer.status == "done"


@pytest.mark.parametrize(
    ("decoded", "expected"),
    [
        ("Gute ⟦0⟧en.", "Gute Werk."),
        ("Gute⟦0⟧handlung.", "Gute Werk handlung."),
        ("⟦0⟧ gut.", "Werk gut."),
    ],
)
def test_an_inserted_term_stands_free_of_letters_the_model_put_next_to_it(
    decoded: str, expected: str
) -> None:
    answer = translate({"Good book.": "Gutes Buch.", "Good ⟦0⟧.": decoded}, "Good book.")
    assert answer.text == expected
    assert answer.glossary_terms


def test_a_term_that_could_not_be_applied_is_reported() -> None:
    text = "{a}{b}{c}{d}{e}{f}{g}{h}{i}{j} book"
    shown = "⟦0⟧⟦1⟧⟦2⟧⟦3⟧⟦4⟧⟦5⟧⟦6⟧⟦7⟧⟦8⟧⟦9⟧ "
    answer = translate({shown + "book": shown + "Buch"}, text)
    assert (answer.status, answer.checks, answer.glossary_terms) == (
        "needs_review", ("glossary",), ()
    )  # fmt: skip


def test_a_term_is_escaped_in_html() -> None:
    answers = {"Good R&D.": "Gute Forschung.", "Good ⟦0⟧.": "Gute ⟦0⟧."}
    answer = translate(answers, "<p>Good R&amp;D.</p>", format="html")
    assert answer.text == "<p>Gute F&amp;E.</p>"


def test_a_term_is_applied_in_the_branches_of_a_message() -> None:
    answers = {"# book": "# Buch", "# books": "# Bücher", "# ⟦0⟧": "# ⟦0⟧"}
    answer = translate(answers, "{n, plural, one {# book} other {# books}}")
    assert answer.text.count("Werk") == 2
    assert len(answer.glossary_terms) == 2


def test_a_term_goes_through_the_language_between() -> None:
    engine = Scripted(
        {"Ein ⟦0⟧.": "A ⟦0⟧.", "A ⟦0⟧.": "Un ⟦0⟧."}, Direction("de", "en"), Direction("en", "fr")
    )
    [answer] = Translator(engine).translate(
        ["Ein Buch."], target="fr", source="de", glossary=GLOSSARY
    )
    assert (answer.text, answer.glossary_terms) == (
        "Un ouvrage.", (AppliedTerm("Buch", "ouvrage"),)
    )  # fmt: skip


WORDS = st.sampled_from(["The", "book", "books", "BOOK", "{x}", "<b>", "is", "good", "Book", "."])


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_every_term_is_applied_or_reported_however_bad_the_model(
    translator: Translator, text: str
) -> None:
    [answer] = translator.translate([text], target="de", source="en", glossary=GLOSSARY)
    wanted = len(TermMatcher([Term("book", "Werk")], "en", "de").find(protect(text).text))
    assert len(answer.glossary_terms) == wanted or "glossary" in answer.checks
    assert all(term.target in answer.text for term in answer.glossary_terms)
    assert Run(answer.text).plain().count("{x}") == text.count("{x}")
