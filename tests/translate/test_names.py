import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.engine import CTranslate2Engine, shipped_model
from translate.names import has_names, mask_names, names_in
from translate.protect import MARK, Run, protect, with_copies
from translate.translator import Translator

LEARNT = {
    "the",
    "new",
    "novel",
    "by",
    "is",
    "moving",
    "and",
    "writer",
    "der",
    "roman",
    "von",
    "und",
}
SHIPPED = Translator(CTranslate2Engine(shipped_model()))


def knows(word: str, language: str) -> bool:
    del language
    return word.lower() in LEARNT


def names(text: str, source: str = "en", target: str = "de") -> list[str]:
    masked = mask_names(Run(text), source, target, knows)
    assert with_copies(masked) == Run(text)
    return [span.text for span in masked.spans]


@pytest.mark.parametrize(("text", "found"), [
    ("The new novel by Ishiguro is moving.", ["Ishiguro"]),
    ("By Kazuo Ishiguro, the writer.", ["Kazuo Ishiguro"]),
    ("By J. R. R. Tolkien and J.K. Rowling.", ["J. R. R. Tolkien", "J.K. Rowling"]),
    ("The Szymborska-Ishiguro novel", ["Szymborska-Ishiguro"]),
    ("The new novel by ishiguro", []),
    ("Windshield of the Writer", []),
    ("A. The new novel", []),
    ("THE NOVEL BY ISHIGURO", []),
    ("The novel by Достоевский", []),
    ("Ishiguro2 and x_Ishiguro", []),
])  # fmt: skip
def test_names_are_words_with_a_capital_that_nobody_knows(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_in_german_a_name_ends_in_no_word() -> None:
    text = "Der neue Roman von Ishiguro und die Windschutzscheibenheizung, der Fantasiebuchroman"
    assert names(text, "de", "en") == ["Ishiguro"]


def test_names_are_not_copied_into_other_letters() -> None:
    assert names("The new novel by Ishiguro", target="ru") == []


def test_what_the_engine_knows_is_translated() -> None:
    assert mask_names(Run("By Ishiguro"), "en", "de", lambda _word, _language: True).spans == ()


def test_names_are_taken_out_while_there_are_tokens_and_the_rest_is_watched() -> None:
    run = protect("{a} {b} {c} {d} {e} {f} {g} {h} {i} Ishiguro and Zyvrakq {j}")
    masked = mask_names(run, "en", "de", knows)
    assert masked == run
    fewer = protect("{a} {b} {c} {d} {e} {f} {g} {h} {i} Ishiguro and Zyvrakq")
    masked = mask_names(fewer, "en", "de", knows)
    assert [span.text for span in masked.spans][-1] == "Ishiguro"
    assert not has_names(masked, Run(f"{MARK} Zyvrak"), "en", "de", knows)
    assert has_names(masked, Run(f"Zyvrakq {MARK}"), "en", "de", knows)
    twice = Run("Zyvrakq and Zyvrakq")
    assert not has_names(twice, Run("Zyvrakq und Zyvrak"), "en", "de", knows)


@given(st.lists(st.sampled_from([
    "the", "novel", "Ishiguro", "Kazuo", "J.", "{x}", "<b>", "</b>", "Ünknöwñ", "-", ", ", "A",
    "İx", "e\u0301", "E\u0301tiq", "😀", "\n",
])).map(" ".join))  # fmt: skip
def test_unmasking_brings_back_the_run_whatever_it_holds(text: str) -> None:
    run = protect(text)
    masked = mask_names(run, "en", "de", knows)
    assert with_copies(masked) == run
    assert masked.plain() == run.plain()


@pytest.mark.parametrize(
    ("text", "source", "names"),
    [
        ("Written by Stephen King and Jane Austen.", "en", ["Jane Austen"]),
        ("It was written by Stephen King.", "en", ["Stephen King"]),
        ("Signed by Umberto Eco", "en", ["Umberto Eco"]),
        ("Un roman de Stephen King", "fr", ["Stephen King"]),
        ("The New York Times, a Harry Potter book on Monday Night", "en", []),
        ("Dear Mr Smith, Stephen", "en", []),
        ("Ein Roman von Thomas Mann", "de", []),
        ("The Strange Atwood Rules of Margaret Tales", "en", []),
        ("STEPHEN KING WROTE THIS BOOK", "en", []),
    ],
)
def test_a_full_name_is_one_where_its_first_word_is_none_in_small_letters(
    text: str, source: str, names: list[str]
) -> None:
    found = names_in(text, source, "it", lambda _word, _language: True)
    assert [text[begin:end] for begin, end in found] == names


def test_the_shipped_model_keeps_a_name_it_never_met() -> None:
    [answer] = SHIPPED.translate(
        ["The new novel by Kazuo Ishiguro is moving."], source="en", target="de"
    )
    assert "Kazuo Ishiguro" in answer.text


def test_what_is_nothing_but_a_name_stays_as_it_is() -> None:
    [answer] = SHIPPED.translate(["J. R. R. Tolkien"], source="en", target="fr")
    assert (answer.text, answer.status, answer.confidence) == ("J. R. R. Tolkien", "done", 1.0)


def test_an_accent_that_is_a_character_of_its_own_stays_with_its_name() -> None:
    text = "By Rene\u0301e Zyvrakq"
    assert names(text) == ["Rene\u0301e Zyvrakq"]
