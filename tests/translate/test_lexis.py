from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.lexis import Lexis

LEXIS = Lexis.of({"en": ["book", "Straße", "café"], "de": []})


@pytest.mark.parametrize("word", ["book", "Book", "BOOK", "STRASSE", "cafe\u0301"])
def test_a_word_is_known_in_whatever_case_and_composition(word: str) -> None:
    assert LEXIS.has(word, "en")


def test_a_word_that_was_not_met_is_not_known() -> None:
    assert not LEXIS.has("cook", "en")
    assert not LEXIS.has("book", "de")


def test_of_a_language_without_words_nothing_is_told() -> None:
    assert LEXIS.has("Tolkien", "fr")


@given(st.dictionaries(st.sampled_from(["en", "de", "pt"]), st.sets(st.text(max_size=8))))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, words: dict[str, set[str]]
) -> None:
    path: Path = tmp_path_factory.mktemp("lexis") / "words.npz"
    Lexis.of(words).write(path)
    read = Lexis.read(path)
    assert all(read.has(word, language) for language, some in words.items() for word in some)
    assert all(not read.has("ünheärd-of", language) for language in words)
