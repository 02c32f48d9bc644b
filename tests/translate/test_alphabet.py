import pytest

from translate.alphabet import readable
from translate.protect import protect
from translate.translator import Translator


def reads(character: str) -> bool:
    return character.isascii() and character not in "{}<"


def shown(text: str, most: int = 10) -> str | None:
    found = readable(protect(text), reads, lambda run: len(run.spans) <= most)
    assert found is None or found.plain() == text
    return found and found.text.replace("\ufffc", "_")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The book is good.", "The book is good."),
        ("The word שלום means peace.", "The word _ means peace."),
        ("Stanisław Lem's books", "_ Lem's books"),
        ("STANISŁAW LEM AND HIS BOOKS", "_ LEM AND HIS BOOKS"),
        ("a < b in {brackets", "a _ b in _brackets"),
        ("See %s, שלום!", "See _, _!"),
        (
            "ﬁne ｗｉｄｅ soft\xadhyphens, zero\u200bwidth",
            "ﬁne ｗｉｄｅ soft\xadhyphens, zero\u200bwidth",
        ),
        ("\u200fA ‘quoted‚ book", "\u200fA ‘quoted‚ book"),
    ],
)
def test_words_and_symbols_that_no_piece_stands_for_are_protected(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_of_too_many_the_words_come_first_and_then_none_is_translated() -> None:
    assert shown("{ { שלום book", most=1) == "{ { _ book"
    assert shown("שלום, שלום book", most=1) is None
    assert shown("これは良い本です。とても面白い。") is None


@pytest.mark.parametrize("word", ["שלום", "Łódź", "القرآن", "本"])
def test_a_word_in_another_script_is_in_the_translation(translator: Translator, word: str) -> None:
    [done] = translator.translate([f"The book {word} is good."], source="en", target="de")
    assert done.text.count(word) == 1


def test_a_text_in_another_script_stays_as_it_is_and_is_flagged(translator: Translator) -> None:
    text = "これは良い本です。"
    [done] = translator.translate([text], source="en", target="de")
    assert (done.text, done.status, done.checks) == (text, "needs_review", ("empty",))


def test_what_was_escaped_stays_escaped(translator: Translator) -> None:
    text = "The book &lt; b &lt;script&gt; is good."
    [done] = translator.translate([text], source="en", target="de", format="html")
    assert "<" not in done.text
    assert done.text.count("&lt;") == 2
