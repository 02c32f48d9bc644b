import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import text
from linkage.naming.passage import Passage


@given(st.text())
def test_words_are_those_of_the_key_and_stand_where_they_are_said_to(written: str) -> None:
    passage = Passage(written)
    assert passage.words == text.words(written)
    assert passage.starts == sorted(passage.starts)
    for start, end in zip(passage.starts, passage.ends, strict=True):
        assert 0 <= start < end <= len(written)


@given(st.text(alphabet=st.sampled_from("aZßé ., \n\u0301本'")))
def test_every_place_in_the_folded_text_has_its_word(written: str) -> None:
    passage = Passage(written)
    for at, number in passage.word_at.items():
        assert passage.folded.startswith(passage.words[number], at)


@pytest.mark.parametrize(
    ("written", "word", "begins"),
    [
        ("It ends. Then it begins.", 2, True),
        ("J. K. Rowling wrote it.", 2, False),
        ("Dr. Watson came.", 1, False),
        ("one, two", 1, False),
        ("end of one\n\nBeginning", 3, True),
        ("He said 3.5 metres", 3, False),
    ],
)
def test_sentences_end_where_they_do(written: str, word: int, *, begins: bool) -> None:
    assert Passage(written).begins_sentence(word) is begins


def test_words_beside_are_those_of_the_sentence_nearest_first() -> None:
    passage = Passage("One two. Three four five. Six")
    assert [passage.words[at] for at in passage.before(4, 10)] == ["four", "three"]
    assert [passage.words[at] for at in passage.after(2, 1)] == ["four"]
    assert [passage.words[at] for at in passage.after(3, 10)] == ["five"]
