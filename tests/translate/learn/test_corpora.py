import random
from collections import Counter
from pathlib import Path

import pytest

from translate.detect import LanguageDetector
from translate.errors import CorpusError
from translate.learn.corpora import (
    cleaned,
    held_out,
    is_clean,
    is_held_out,
    is_in,
    is_sentence,
    normalise,
    read_exclusions,
    read_mission,
    with_direct,
)
from translate.learn.readers import Pair


def german(english: str, other: str) -> Pair:
    return Pair("de", "test", english, other)


def unheld(number: int) -> str:
    """Return the nth English text that is not kept for measuring."""
    texts = (f"This is the book of number {count}." for count in range(10_000))
    return [text for text in texts if not is_held_out(text)][number]


@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("", "Buch"),
        ("The book", "The Book"),
        ("1 + 1 = 2 (3)", "1 + 1 = 2 [3]"),
        ("A book", "Ein Buch, das sehr viel länger ist als der Text, den es übersetzen soll"),
        ("The size", "Die GrÃ¶Ãe"),
    ],
)
def test_what_teaches_no_translation_is_not_clean(english: str, other: str) -> None:
    assert not is_clean(german(english, other))


def test_menu_accelerators_and_spare_white_space_are_removed() -> None:
    assert normalise("  _Open the\n file &now ") == "Open the file now"


def test_duplicates_and_texts_of_a_benchmark_are_left_out() -> None:
    first, second = unheld(0), unheld(1)
    pairs = [german(first, "Das eine."), german(first, "Das eine."), german(second, "Das andere.")]
    assert list(cleaned(pairs, frozenset({second}))) == pairs[:1]


def test_a_long_text_in_another_language_than_its_file_says_is_left_out() -> None:
    french = "Le livre que vous avez commandé hier est arrivé dans notre magasin."
    english = unheld(2)
    assert not list(cleaned([german(english, french)], frozenset()))
    assert list(cleaned([Pair("fr", "test", english, french)], frozenset()))


def test_a_short_text_is_never_in_the_wrong_language() -> None:
    assert is_in("Hello", "de", LanguageDetector())


def test_held_out_lines_are_never_among_the_clean_ones() -> None:
    pairs = [german(f"This is the book of number {i}.", f"Das ist Buch {i} von uns.")
             for i in range(1000)]  # fmt: skip
    kept = list(held_out(pairs))
    assert kept
    assert not {pair.text for pair in kept} & {pair.text for pair in cleaned(pairs, frozenset())}


def test_two_languages_that_share_an_english_sentence_are_paired() -> None:
    said = "The book is very good."
    pairs = [german(said, "Das Buch ist sehr gut."), german(said, "Das ist ein gutes Buch."),
             Pair("fr", "test", said, "Le livre est très bon.")]  # fmt: skip
    made = list(with_direct(pairs, random.Random(1)))
    assert [pair for pair in made if pair.base == "en"] == pairs
    [direct] = [pair for pair in made if pair.base != "en"]
    assert (direct.base, direct.language, direct.other) == ("de", "fr", "Le livre est très bon.")
    assert direct.text in {pair.other for pair in pairs[:2]}


def test_a_word_is_not_paired_since_it_may_mean_another_thing_in_each_language() -> None:
    pairs = [german("Bank", "Ufer"), Pair("fr", "test", "Bank", "Banque")]
    assert list(with_direct(pairs, random.Random(1))) == pairs


def test_every_two_languages_are_paired_about_as_often() -> None:
    languages = ("de", "fr", "es", "it")
    pairs = (Pair(each, "test", f"This is book {number} of all.", f"{each} {number} of them")
             for number in range(2000) for each in languages)  # fmt: skip
    found = Counter((p.base, p.language) for p in with_direct(pairs, random.Random(1)))
    italian = [found[base, "it"] for base in languages[:3]]
    assert sum(italian) == 2000
    assert max(italian) < 1.2 * min(italian)


@pytest.mark.parametrize(
    ("text", "answer"), [("The book is very good.", True), ("File", False), ("Open a file", False)]
)
def test_a_sentence_has_words_and_an_end(text: str, answer: bool) -> None:  # noqa: FBT001
    assert is_sentence(text) is answer


def test_the_cells_of_benchmark_files_are_excluded(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("One  text\tEin Text\n\n", encoding="utf-8")
    assert read_exclusions([tmp_path / "a.tsv"]) == {"One text", "Ein Text"}


def test_only_the_rows_of_a_split_are_read(tmp_path: Path) -> None:
    path = tmp_path / "segments.tsv"
    path.write_text(
        'id\tsplit\tgenre\ten\tde\tfr\n1\ttrain\tblurb\tA "book"\tEin Buch\t\n'
        "2\ttest\tblurb\tA film\tEin Film\tUn film\n",
        encoding="utf-8",
    )
    train = list(read_mission(path, ["de", "fr"], "train"))
    assert train == [Pair("de", "mission", 'A "book"', "Ein Buch")]
    assert len(list(read_mission(path, ["de", "fr"], "test"))) == 2


def test_a_table_of_segments_without_its_columns_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "segments.tsv").write_text("en\tde\nA book.\tEin Buch.\n")
    with pytest.raises(CorpusError, match="split"):
        list(read_mission(tmp_path / "segments.tsv", ["de"], "train"))
    with pytest.raises(CorpusError, match="mission"):
        list(read_mission(tmp_path / "nowhere.tsv", ["de"], "train"))
