from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.detect import LanguageDetector

SIX = ("en", "de", "fr", "es", "it", "pt")
DETECTOR = LanguageDetector()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The story is slow, but I liked the ending.", "en"),
        ("Ein spannendes Buch für lange Winterabende.", "de"),
        ("Un roman magnifique que je recommande à tous.", "fr"),
        ("Llegó muy rápido y en perfecto estado.", "es"),
        ("Un libro bellissimo, da leggere subito.", "it"),
        ("Muito bom, recomendo a todos.", "pt"),
        ("Great book!", "en"),
        ("Sehr schönes Buch", "de"),
        ("MUITO BOM", "pt"),
        ("DIE LIEFERUNG WAR SCHNELL", "de"),
        ("Een prachtig boek over de zee en de mensen.", "nl"),
        ("Это очень хорошая книга.", "ru"),
    ],
)
def test_the_language_of_a_text_is_told(text: str, language: str) -> None:
    found = DETECTOR.detect(text, SIX)
    assert found is not None
    assert found.language == language
    assert found.confidence >= 0.3


@pytest.mark.parametrize("text", ["", "   ", "1984", "Dune", "Emma", "😀", "hjkl qwer", "Top", "…"])
def test_there_is_no_answer_for_what_says_too_little(text: str) -> None:
    assert DETECTOR.detect(text, SIX) is None


@pytest.mark.parametrize(
    "text",
    ["This is a very good book and I liked it. Das Buch ist wirklich sehr gut geschrieben.",
     "Un très beau roman que je recommande à tous. I would read it again at any time."],
)  # fmt: skip
def test_there_is_no_answer_for_a_text_in_two_languages(text: str) -> None:
    assert DETECTOR.detect(text, SIX) is None


def test_a_quoted_title_does_not_make_a_text_mixed() -> None:
    text = "I have read Der Zauberberg twice, and I liked it both times very much."
    found = DETECTOR.detect(text, SIX)
    assert found
    assert found.language == "en"


def test_candidates_are_preferred_among_look_alikes() -> None:
    text = "o libro"
    ranking = DETECTOR.rank(text, ("pt",))
    assert ranking[0].language == "pt"


@given(st.text(max_size=300))
def test_any_text_is_ranked_with_confidences_that_add_up_to_one_at_most(text: str) -> None:
    assert sum(each.confidence for each in DETECTOR.rank(text, SIX)) <= 1 + 1e-6


def test_threads_share_a_detector() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(DETECTOR.detect, ["Das Buch ist gut und lang."] * 40))
    assert {each.language for each in found if each} == {"de"}
