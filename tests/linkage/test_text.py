import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage import text


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Les Misérables", "les miserables"),
        ("STRASSE Straße", "strasse strasse"),
        ("The Philosopher's Stone", "the philosopher s stone"),
        ("Война и мир", "воина и мир"),
        ("吾輩は猫", "吾 輩 は 猫"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("…!", ""),
    ],
)
def test_key_is_the_same_for_all_spellings_of_a_name(written: str, key: str) -> None:
    assert text.key(written) == key


def test_brackets_of_an_edition_are_not_part_of_its_title() -> None:
    assert text.title_key("Dune (Dune Chronicles, #1) [Paperback]") == "dune"


def test_title_that_is_all_brackets_keeps_them() -> None:
    assert text.title_key("(500) Days of Summer") == "500 days of summer"
    assert text.title_key("(Untitled)") == "untitled"


@pytest.mark.parametrize(
    ("title", "series"),
    [
        ("Dune Messiah (Dune Chronicles, #2)", "dune chronicles"),
        ("Prelude (Foundation Book 1)", "foundation"),
        ("Emma (Penguin Classics)", None),
    ],
)
def test_series_is_read_from_a_numbered_bracket(title: str, series: str | None) -> None:
    assert text.series_of(title) == series


def test_occurrences_are_offsets_in_code_points_of_the_original() -> None:
    written = "😀 «L'Étranger» d'Albert Camus; l'etranger."
    assert [written[a:b] for a, b in text.occurrences("L’Étranger", written)] == [
        "L'Étranger",
        "l'etranger",
    ]


def test_occurrences_survive_characters_that_fold_to_two() -> None:
    written = "Die Straße: STRASSE"
    assert [written[a:b] for a, b in text.occurrences("strasse", written)] == ["Straße", "STRASSE"]


def test_name_inside_a_longer_word_does_not_occur() -> None:
    assert not list(text.occurrences("It", "Italy, bit, exit"))


@example("\u0e33")
@given(st.text())
def test_key_is_its_own_key(written: str) -> None:
    assert text.key(text.key(written)) == text.key(written)


@given(st.text(), st.text(alphabet="ab ßé日"))
def test_every_occurrence_folds_to_the_name(written: str, name: str) -> None:
    for start, end in text.occurrences(name, f"{written} {name} {written}"):
        assert text.key(f"{written} {name} {written}"[start:end]) == text.key(name)


@given(st.text())
def test_folded_text_is_padded_text(written: str) -> None:
    folded, offsets = text.folded_with_offsets(written)
    assert folded.split() == text.words(written)
    assert len(folded) == len(offsets)
