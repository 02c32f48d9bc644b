import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translate.protect import MARK
from translate.segment import join, split

TRICKY = st.text(
    alphabet="ab. !?\n\t\r…\"'()“”¿。\uff01\u00a0\u2028\x85,;A1\u3000é😀\ufffc\x1c\x00:-",
    max_size=80,
)


def always(_begin: int, _end: int) -> bool:
    return True


def texts(text: str, language: str = "en", limit: int = 1000) -> list[str]:
    return [each.text for each in split(text, language, lambda begin, end: end - begin <= limit)]


@given(st.one_of(TRICKY, st.text()), st.sampled_from(["en", "de", "fr", "ja", "xx"]))
@example(")\x00。\r\r\r\uff01?\x00¿ ? \u3000A\xa0.\xa0\x1ce", "en")
def test_any_text_comes_back_character_for_character(text: str, language: str) -> None:
    assert join(split(text, language, lambda begin, end: end - begin <= 7)) == text


@given(TRICKY, st.integers(1, 20))
def test_no_segment_is_longer_than_fits(text: str, limit: int) -> None:
    assert all(len(part) <= limit for part in texts(text, limit=limit))


@given(TRICKY)
def test_no_segment_begins_or_ends_with_white_space(text: str) -> None:
    assert all(part == part.strip() for part in texts(text))


def test_sentences_are_parted_and_abbreviations_are_not() -> None:
    assert texts("Dr. Smith wrote it. I paid 3.99 for it! Really?") == [
        "Dr. Smith wrote it.", "I paid 3.99 for it!", "Really?",
    ]  # fmt: skip
    assert texts("Das ist z.B. am 3. Mai so. Gut.", "de") == ["Das ist z.B. am 3. Mai so.", "Gut."]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n \n", "\u2028"])
def test_line_ends_part_segments_and_are_kept_as_they_are(end: str) -> None:
    first, second = split(f"no stop{end}next", "en", always)
    assert (first.text, first.gap, second.text) == ("no stop", end, "next")


def test_a_long_sentence_is_cut_at_a_clause_before_a_word() -> None:
    sentence = "The first part is so long, and the second one goes on"
    assert texts(sentence, limit=40) == ["The first part is so long,", "and the second one goes on"]
    assert texts("aaaa bbbb cccc", limit=9) == ["aaaa", "bbbb cccc"]


@pytest.mark.parametrize("unit", ["word ", "word", " ", "a. ", "a.", "One, two. ", "\n"])
def test_long_texts_take_linear_time(unit: str) -> None:
    begin = time.perf_counter()
    texts(unit * (300_000 // len(unit)), limit=200)
    assert time.perf_counter() - begin < 5


@pytest.mark.parametrize("name", ["J. R. R. Tolkien", "J.K. Rowling"])
@pytest.mark.parametrize("before", ["", MARK, f"A novel by {MARK}"])
def test_initials_stay_with_their_name(name: str, before: str) -> None:
    sentence = f"{before}{name}{MARK} is good."
    assert texts(f"{sentence} It is long.", "fr") == [sentence, "It is long."]


def test_a_sentence_that_ends_in_a_letter_ends_there() -> None:
    assert texts("This is plan B. It is long.") == ["This is plan B.", "It is long."]
