import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.normalise import as_written, for_model, is_shouted, sentence_case


@pytest.mark.parametrize(
    ("text", "read"),
    [("It was sooooo good", "It was so good"),
     ("goooood!!!!!!", "good!!!"), ("Chapter XIII", "Chapter XIII"),
     ("AAA batteries", "AAA batteries"), ("Schifffahrt", "Schifffahrt"), ("wellll", "well"),
     ("cafe\u0301", "café"), ("two\t words\u00a0here", "two words here"),
     ("GREAT BOOK, I LOVED IT", "Great book, i loved it"), ("NASA", "NASA"), ("DVD BOX", "Dvd box"),
     ("USA TV", "USA TV"), ("Über ALLES", "Über ALLES"), ("ﬁne ofﬁce", "fine office"),
     ("ｗｉｄｅ", "wide"), ("soft\xadhyphen", "softhyphen"), ("\u200fa\u200bb\ufeff", "ab"),
     ("no\u2011break ‘quote’", "no-break 'quote’")],
)  # fmt: skip
def test_the_model_reads_calm_text(text: str, read: str) -> None:
    assert for_model(text) == read


@pytest.mark.parametrize(
    ("source", "answer", "written"),
    [("GREAT BOOK", "tolles Buch", "TOLLES BUCH"),
     ("A good book", "Ein gutes Buch.", "Ein gutes Buch"),
     ("It is good.", "Es ist gut", "Es ist gut."), ("Is it?", "Ist es?", "Ist es?"),
     ("good", "gut", "gut"), ("Wait…", "Warte …", "Warte …"), ("a\x00", "a\x00b \n c", "ab c"),
     ("x", "x\ufffd", "x"), ("He said “no.”", "Er sagte „nein”", "Er sagte „nein.”"),
     ("Good.", "", "")],
)  # fmt: skip
def test_the_answer_is_written_as_the_source_was(source: str, answer: str, written: str) -> None:
    assert as_written(source, answer) == written


def test_sentence_case_keeps_what_stands_in_given_places() -> None:
    assert sentence_case("THE İX Of Mbqui", [(4, 6), (10, 15)]) == "The İX of Mbqui"


def test_one_abbreviation_is_no_shouting() -> None:
    assert not is_shouted("NASA")
    assert is_shouted("THIS IS IT")


@given(st.text())
def test_what_the_model_reads_is_one_line(text: str) -> None:
    assert for_model(text) == " ".join(for_model(text).split())
