import pytest

from translate.words import lemma, words


@pytest.mark.parametrize(
    ("word", "language", "base"),
    [
        ("Büchern", "de", "buch"),
        ("BOOKS", "en", "book"),
        ("mice", "en", "mouse"),
        ("university", "en", "university"),
        ("livres", "fr", "livre"),
        ("Книги", "xx", "книги"),
    ],
)
def test_the_base_form_of_a_word(word: str, language: str, base: str) -> None:
    assert lemma(word, language) == base


def test_words_tell_where_they_stand() -> None:
    assert [(w.text, w.start, w.end) for w in words("Ein Buch!", "de")] == [
        ("Ein", 0, 3), ("Buch", 4, 8)
    ]  # fmt: skip


def test_every_letter_is_a_word_where_none_are_parted_by_spaces() -> None:
    assert [word.text for word in words("本を", "ja")] == ["本", "を"]
