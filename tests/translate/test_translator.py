import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translate.detect import LanguageDetector
from translate.engine import CTranslate2Engine
from translate.errors import UnsupportedLanguageError
from translate.translator import Translator
from translate.types import Decoded, Decoding, Direction, Request, Translation

SPANS = ("{name}", "%s", "%1$s", "{{x}}", "https://example.com/a?b=1", "a@example.com", "⟦3⟧",
         '<x id="1"/>', "978-3-16-148410-0", "&amp;", "😀", "[X1X]", "AB-1234", "%(x)s", "${x}",
         ":x", "€18.10", "5 kg", "<b>", "</b>", "<i>", "</i>", "<!-- c -->", "<br>")  # fmt: skip
WORDS = ("The", "book", "is", "good", "and", "long", "story", "ONE", "Café", "a", "to")
PIECES = st.lists(
    st.one_of(
        st.sampled_from(SPANS),
        st.sampled_from(WORDS),
        st.sampled_from([".", "!", "\n", "\r\n", ", "]),
    ),
    max_size=30,
)
slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def one(translator: Translator, text: str, **options: object) -> Translation:
    [translation] = translator.translate([text], **({"target": "de", "source": "en"} | options))
    return translation


@slow
@given(PIECES.map(" ".join))
def test_every_span_survives_exactly_once_however_bad_the_model(
    translator: Translator, text: str
) -> None:
    translation = one(translator, text)
    wanted = Counter(span for span in SPANS for _ in range(text.count(span)))
    assert Counter(span for span in SPANS for _ in range(translation.text.count(span))) == wanted
    assert translation.status in {"done", "needs_review"}


@slow
@given(PIECES.map("".join), st.sampled_from(["text", "html"]))
def test_the_white_space_around_and_the_line_ends_survive(
    translator: Translator, text: str, form: str
) -> None:
    answer = one(translator, f"\n  {text}\t\n", format=form).text
    assert answer.startswith("\n  ")
    assert answer.endswith("\t\n")
    assert re.findall(r"[\r\n]+", answer) == re.findall(r"[\r\n]+", f"\n  {text}\t\n")


@slow
@given(st.lists(st.text(max_size=60), max_size=5), st.sampled_from(["text", "html"]))
def test_any_text_gets_an_answer(translator: Translator, texts: list[str], form: str) -> None:
    answers = translator.translate(texts, target="de", format=form)
    assert len(answers) == len(texts)
    assert all(0 <= each.confidence <= 1 for each in answers)
    assert all(each.reason for each in answers if each.status == "failed")


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t \n", "1984", "😀 😀", "https://example.com", "… !"]
)
def test_what_holds_nothing_to_translate_comes_back_as_it_is(
    translator: Translator, text: str
) -> None:
    [answer] = translator.translate([text], target="de")
    assert (answer.text, answer.status, answer.confidence) == (text, "done", 1.0)


def test_a_text_in_the_target_language_comes_back_as_it_is(translator: Translator) -> None:
    text = "Das  Buch ist sehr gut,\n und ich lese es gern."
    answers = translator.translate([text, "x"], target="de", sources=[None, "DE"])
    assert [answer.text for answer in answers] == [text, "x"]
    assert {answer.source for answer in answers} == {"de"}


def test_each_text_of_a_batch_is_translated_from_its_own_language(translator: Translator) -> None:
    answers = translator.translate(
        ["The book is good and long.", "Le livre est bon et grand.", "Das Buch ist gut und lang."],
        target="de",
    )
    assert [answer.source for answer in answers] == ["en", "fr", "de"]
    assert "buch" in answers[0].text


def test_a_hint_wins_over_detection_and_an_items_hint_over_the_batchs(
    translator: Translator,
) -> None:
    answers = translator.translate(
        ["The book is good."] * 2, target="de", source="fr", sources=[None, "en"]
    )
    assert [answer.source for answer in answers] == ["fr", "en"]


def test_one_text_that_cannot_be_translated_fails_alone_and_says_why(
    translator: Translator,
) -> None:
    texts = ["Dune", "The book is good.", "Это очень хорошая книга.", "x"]
    answers = translator.translate(texts, target="de", sources=[None, None, None, "xx"])
    assert [answer.status for answer in answers] == ["failed", "done", "failed", "failed"]
    assert [answer.text for answer in answers if answer.status == "failed"] == [
        "Dune", texts[2], "x"
    ]  # fmt: skip
    assert "could not be told" in str(answers[0].reason)
    assert "'ru'" in str(answers[2].reason)
    assert "'xx'" in str(answers[3].reason)


def test_an_unknown_target_is_an_error_that_names_the_languages(translator: Translator) -> None:
    with pytest.raises(UnsupportedLanguageError, match="de, en, fr"):
        translator.translate([], target="xx")
    assert translator.check_targets(["DE", "fr-FR", "de"]) == ["de", "fr"]


def test_pairs_without_a_model_go_through_english(translator: Translator) -> None:
    [answer] = translator.translate(["Das buch ist gut und neu."], target="fr", source="de")
    assert "livre" in answer.text
    assert Direction("de", "fr") in translator.directions
    assert len(translator.directions) == 6


def test_confidence_below_the_wanted_one_asks_for_review(translator: Translator) -> None:
    text = "The book is good and new."
    assert one(translator, text).status == "done"
    answer = one(translator, text, min_confidence=1.0)
    assert answer.status == "needs_review"
    assert answer.reason == f"confidence {answer.confidence:.4f} is below 1.0000"


def test_do_not_translate_terms_survive(translator: Translator) -> None:
    answer = one(
        translator, "The book is good and Book Nook is long.", do_not_translate=["Book Nook"]
    )
    assert answer.text.count("Book Nook") == 1


def test_more_than_ten_placeholders_in_a_sentence_survive_in_number(translator: Translator) -> None:
    text = "The book " + " ".join(f"{{p{index}}}" for index in range(35)) + " is good."
    answer = one(translator, text)
    assert all(answer.text.count(f"{{p{index}}}") == 1 for index in range(35))


def test_capitals_stay_capitals(translator: Translator) -> None:
    calm, loud = (one(translator, text).text for text in ("The book is good.", "THE BOOK IS GOOD."))
    assert loud == calm.upper()


def test_alternatives_are_other_answers_with_the_same_guarantees(translator: Translator) -> None:
    text = "The book is good. The film is <b>new</b>. 😀"
    answer = one(translator, text, decoding=Decoding(alternatives=3))
    assert 1 <= len(answer.alternatives) <= 3
    assert answer.text not in answer.alternatives
    for other in answer.alternatives:
        assert [other.count(span) for span in ("😀", "<b>", "</b>")] == [1, 1, 1]
    assert one(translator, text).alternatives == ()


def test_an_alternative_that_fails_a_check_is_left_out() -> None:
    _, translator = scripted(
        "Band 12 für ⟦0⟧.", "", "Band 21 für ⟦0⟧.", "Band 12 für sie.", "Band 12 von ⟦0⟧.", ""
    )
    answer = one(translator, "Volume 12 for {name}.", decoding=Decoding(alternatives=4))
    assert answer.alternatives == ("Band 12 von {name}.",)


def test_what_fails_a_check_stands_in_no_alternative_of_a_longer_text() -> None:
    _, translator = scripted("Es kostet 18.", "Es kostet 18.", "Das kostet 18.")
    answer = one(translator, "It costs 18. It costs 19.", decoding=Decoding(alternatives=1))
    assert (answer.checks, answer.alternatives) == (("numbers",), ())


def test_a_title_the_model_is_unsure_of_is_read_in_sentence_case_too() -> None:
    engine, translator = scripted("The Long Dark Tale", "Die lange Nacht")
    answer = one(translator, "The Long Dark Tale")
    assert engine.calls == [["The Long Dark Tale"], ["The long dark tale"]]
    assert answer.text == "Die lange Nacht"


def test_a_name_for_which_no_token_is_left_keeps_its_case_in_a_title() -> None:
    engine, translator = scripted("Das ist es", "Das ist es")
    one(translator, "{a} {b} {c} {d} {e} {f} {g} {h} {i} The Long {j} Zyvrakq Tale")
    assert [each.split("⟧ ")[-1] for [each] in engine.calls] == ["Zyvrakq Tale", "Zyvrakq tale"]


def test_markup_survives_and_escaped_text_stays_escaped(translator: Translator) -> None:
    text = "<p>The <b>book</b> is &lt;script&gt; good.</p><script>let a = 1 < 2</script>"
    answer = one(translator, text, format="html").text
    assert re.findall(r"<[^>]*>", answer.split("<script>")[0]) == ["<p>", "<b>", "</b>", "</p>"]
    assert answer.count("&lt;") == answer.count("&gt;") == 1
    assert answer.endswith("</p><script>let a = 1 < 2</script>")


def test_the_branches_of_a_plural_are_translated_and_its_structure_kept(
    translator: Translator,
) -> None:
    text = "{n, plural, one {The book is good.} other {{g, select, x {The film is new.}}}}"
    answer = one(translator, text)
    assert re.fullmatch(
        r"\{n, plural, one \{Das buch .*\} other \{\{g, select, x \{Das film .*\}\}\}\}",
        answer.text,
    )
    assert 0 < answer.confidence < 1


class Scripted:
    """An engine with prepared answers, the second one for careful decoding."""

    name = "scripted"
    directions = (Direction("en", "de"),)

    def __init__(self, first: str, second: str, *others: str) -> None:
        self.answers = {False: first, True: second}
        self.others = others
        self.calls: list[list[str]] = []

    def warm(self) -> None:
        pass

    def fits(self, segment: str) -> bool:
        return len(segment) < 100

    def reads(self, character: str) -> bool:
        return character.isascii()

    def knows(self, word: str, language: str) -> bool:
        del language
        return word != "Zyvrakq"

    def translate(self, requests: list[Request], *, is_urgent: bool = False) -> list[Decoded]:
        assert {request.target for request in requests} == {"de"}
        assert not is_urgent
        self.calls.append([request.text for request in requests])
        others = tuple(Decoded(text, -0.2) for text in self.others)
        return [
            Decoded(self.answers[request.is_careful], -0.1, alternatives=others)
            for request in requests
        ]


def scripted(first: str, second: str = "", *others: str) -> tuple[Scripted, Translator]:
    engine = Scripted(first, second, *others)
    return engine, Translator(engine, detector=LanguageDetector())


def test_attributes_that_people_read_are_translated_and_all_else_of_a_tag_stays() -> None:
    engine, translator = scripted('Ein "Buch" ⟦0⟧.', 'Ein "Buch" ⟦0⟧.')
    text = (
        '<p>A book <img src="a.png" alt="A &quot;book&quot; {x}.">.</p>'
        '<b translate="no" title="No">No</b>'
    )
    answer = one(translator, text, format="html")
    assert engine.calls[0] == ["A book ⟦0⟧.", 'A "book" ⟦0⟧.']
    assert answer.text == (
        '<p>Ein "Buch" <img src="a.png" alt="Ein &quot;Buch&quot; {x}.">.</p>'
        '<b translate="no" title="No">No</b>'
    )
    assert answer.checks == ()


def test_a_changed_number_is_decoded_again_as_a_placeholder() -> None:
    engine, translator = scripted("Es kostet 18 h 10.", "Es kostet ⟦0⟧.")
    answer = one(translator, "It costs 18.10.")
    assert engine.calls == [["It costs 18.10."], ["It costs ⟦0⟧."]]
    assert (answer.text, answer.status, answer.checks) == ("Es kostet 18.10.", "done", ())


def test_thousands_are_parted_as_the_target_does_copied_or_put_back() -> None:
    _, translator = scripted("Es sind 1,500 Seiten.")
    assert one(translator, "There are 1,500 pages.").text == "Es sind 1.500 Seiten."
    _, translator = scripted("Es sind 7 Seiten.", "Es sind ⟦0⟧ Seiten.")
    assert one(translator, "There are 1,500 pages.").text == "Es sind 1.500 Seiten."
    _, translator = scripted("Es sind ⟦0⟧.")
    assert one(translator, "It is 1,500 km.").text == "Es sind 1,500 km."


def test_a_number_that_stays_wrong_is_flagged() -> None:
    _, translator = scripted("Es kostet 18 h 10.", "Es kostet ⟦0⟧ und 7.")
    answer = one(translator, "It costs 18.10.")
    assert (answer.status, answer.checks) == ("needs_review", ("numbers",))
    assert answer.reason == "checks failed: numbers"


def test_swapped_numbers_are_decoded_again_as_placeholders() -> None:
    engine, translator = scripted("10 von 3 Büchern.", "⟦0⟧ von ⟦1⟧ Büchern.")
    answer = one(translator, "3 of 10 books.")
    assert engine.calls[1] == ["⟦0⟧ of ⟦1⟧ books."]
    assert (answer.text, answer.checks) == ("3 von 10 Büchern.", ())


@pytest.mark.parametrize("text", ["3 of 10 books.", "€3 of €10 books."])
def test_numbers_and_amounts_that_stay_swapped_are_flagged(text: str) -> None:
    shown = "⟦1⟧ von ⟦0⟧ Büchern."
    _, translator = scripted("10 von 3 Büchern." if text[0] == "3" else shown, shown)
    answer = one(translator, text)
    assert (answer.status, answer.checks) == ("needs_review", ("order",))


def test_a_number_that_a_placeholder_parts_is_flagged() -> None:
    _, translator = scripted("Es sind 2⟦0⟧,400 Hefte.", "Es sind 2⟦0⟧,400 Hefte.")
    [answer] = translator.translate(["There are {name} 2,400 magazines."], target="de", source="en")
    assert "numbers" in answer.checks


def test_a_lost_placeholder_is_put_back_in_its_place_and_flagged() -> None:
    _, translator = scripted("Die Datei wurde nicht gefunden.", "Die Datei wurde nicht gefunden.")
    answer = one(translator, "The file {name} was not found.")
    assert answer.text == "Die Datei {name} wurde nicht gefunden."
    assert answer.checks == ("placeholders",)


def test_equal_segments_are_decoded_once_and_good_ones_not_again() -> None:
    engine, translator = scripted("Das Buch ist gut.")
    answers = translator.translate(["The book is good.\n\nThe book is good."] * 3, target="de")
    assert engine.calls == [["The book is good."]]
    assert {answer.text for answer in answers} == {"Das Buch ist gut.\n\nDas Buch ist gut."}


def test_an_answer_without_words_leaves_the_source_and_is_flagged() -> None:
    _, translator = scripted("…", "1")
    answer = one(translator, "The book {x} is good.")
    assert answer.text == "The book {x} is good."
    assert "empty" in answer.checks


def test_the_first_engine_has_a_direction_that_two_know(engine: CTranslate2Engine) -> None:
    first, _ = scripted("Ja.")
    translator = Translator(first, engine)
    assert one(translator, "The book is good.").text == "Ja."
    assert "livre" in one(translator, "The book is good and new.", target="fr").text
    assert translator.model == f"scripted {engine.name}"


def test_a_long_text_without_a_full_stop_is_not_cut_short() -> None:
    engine, translator = scripted("Ja")
    one(translator, " ".join(f"so word{number}" for number in range(200)))
    read = " ".join(engine.calls[0]).split()
    assert [word for word in read if word != "so"] == [f"word{number}" for number in range(200)]
