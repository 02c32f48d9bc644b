"""What people complain about in other translators, a test each, on the model that ships."""

import re

import pytest

from translate.engine import CTranslate2Engine, shipped_model
from translate.translator import Translator
from translate.types import Translation

TRANSLATOR = Translator(CTranslate2Engine(shipped_model()))


def german(text: str, **options: object) -> Translation:
    [answer] = TRANSLATOR.translate([text], target="de", source="en", **options)
    return answer


def test_capitals_are_translated_and_stay_capitals() -> None:
    assert german("THE BOOK IS VERY GOOD").text == german("The book is very good").text.upper()


def test_title_case_is_translated() -> None:
    assert "Mädchen" in german("The Girl With The Dragon Tattoo").text


def test_a_source_in_small_letters_does_not_make_small_german_nouns() -> None:
    assert "Buch" in german("the book is very good").text


@pytest.mark.parametrize("end", ["", ".", "!", "?"])
def test_the_end_mark_does_not_decide_whether_a_text_is_translated(end: str) -> None:
    answer = german(f"The book is very good{end}").text
    assert "Buch" in answer
    assert answer.endswith(end or "t")


@pytest.mark.parametrize("text", ["😀 The book 👍 is very good", "The book is very good 😀😀"])
def test_emoji_drop_no_text_and_are_not_dropped(text: str) -> None:
    answer = german(text).text
    assert "Buch" in answer
    assert re.findall(r"[^\w\s.,!]", answer) == re.findall(r"[^\w\s.,!]", text)


@pytest.mark.parametrize(
    "text", ["The book is sooooooo gooooood", "The book is very good!!!!!!!!!!"]
)
def test_stretched_letters_and_marks_do_not_make_the_model_stutter(text: str) -> None:
    answer = german(text)
    assert "Buch" in answer.text
    assert "repetition" not in answer.checks
    assert len(answer.text) < 2 * len(text)


@pytest.mark.parametrize("text", ["a" * 300, "ha " * 100, "?!" * 100, "x y z " * 60])
def test_odd_input_comes_to_an_end(text: str) -> None:
    answer = german(text)
    assert len(answer.text) <= 3 * len(text) + 12
    assert answer.status in {"done", "needs_review"}


@pytest.mark.parametrize("text", ["", " ", "\n\n", "…", "1984", "😀"])
def test_what_holds_no_words_comes_back_as_it_is(text: str) -> None:
    assert german(text).text == text


def test_new_lines_and_list_marks_stay() -> None:
    text = "1. The book\n2. The film\n\n- The end\r\n"
    answer = german(text).text
    assert re.findall(r"[\r\n]+|^\d\.|^- ", answer, re.MULTILINE) == re.findall(
        r"[\r\n]+|^\d\.|^- ", text, re.MULTILINE
    )


def test_amounts_do_not_change_with_the_batch() -> None:
    text = "The price is €18.10 today."
    alone = german(text).text
    assert "€18.10" in alone
    mates = [
        "The book is good.",
        "A much longer sentence that has many more words than the others.",
    ]
    answers = TRANSLATOR.translate([text, *mates, text], target="de", source="en")
    assert answers[0].text == answers[3].text == alone


def test_each_text_of_a_batch_has_its_own_language() -> None:
    texts = [
        "The story is long and good.",
        "L'histoire est longue et très bonne.",
        "La historia es muy buena.",
    ]
    answers = TRANSLATOR.translate(texts, target="de")
    assert [answer.source for answer in answers] == ["en", "fr", "es"]


def test_a_placeholder_of_a_template_survives_beside_html() -> None:
    text = 'Hello <a href="{{ url }}">{{ name }}</a>, you have %d new messages.'
    answer = german(text, format="html").text
    for span in ('<a href="{{ url }}">', "{{ name }}", "</a>", "%d"):
        assert answer.count(span) == 1


def test_a_doubtful_answer_can_be_told_from_a_good_one() -> None:
    good, doubtful = german("The book is very good."), german("Qzx wvk brrt plonk.")
    assert doubtful.confidence < good.confidence
    assert german("Qzx wvk brrt plonk.", min_confidence=0.6).status == "needs_review"
