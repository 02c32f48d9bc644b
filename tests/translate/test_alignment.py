import pytest

from translate.alignment import Correspondence
from translate.types import Alignment, Decoded


def crossed() -> Correspondence:
    """`red book` became `livre rouge`."""
    alignment = Alignment((0, 4), (0, 6), [[0.1, 0.9], [0.8, 0.2]])
    return Correspondence("red book", Decoded("livre rouge", 0.0, alignment))


def test_units_are_words_marks_tokens_and_the_letters_of_scripts_without_spaces() -> None:
    text = "Das ⟦12⟧, so! 本は良い 1,234.5 3."
    where = Correspondence("x", Decoded(text, 0.0))
    assert [text[begin:end] for begin, end in where.units] == [
        "Das", "⟦12⟧", ",", "so", "!", "本", "は", "良", "い", "1,234.5", "3", "."
    ]  # fmt: skip


def test_a_share_is_what_of_a_unit_came_from_a_range() -> None:
    assert crossed().shares(0, 3) == pytest.approx([0.1, 0.8])
    assert crossed().shares(0, 8) == pytest.approx([1, 1])


def test_a_boundary_follows_the_word_before_it() -> None:
    assert [crossed().boundary(offset) for offset in (0, 4, 8)] == [0, 2, 2]


def test_without_an_alignment_the_place_in_the_text_stands_in_for_it() -> None:
    where = Correspondence("one two three four", Decoded("eins zwei drei vier", 0.0))
    assert where.shares(0, 7) == [1, 1, 0, 0]
    assert where.boundary(8) == 2


def test_an_empty_answer_has_no_units() -> None:
    where = Correspondence("one", Decoded("", 0.0))
    assert (where.units, where.shares(0, 3), where.boundary(2)) == ([], [], 0)
