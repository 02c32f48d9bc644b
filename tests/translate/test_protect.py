import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translate.protect import MARK, Run, fill, mask_numbers, protect


def taken(text: str, *terms: str) -> list[str]:
    return [span.text for span in protect(text, terms).spans]


@pytest.mark.parametrize(
    "span",
    ["{{x}}", "{{ user.name }}", "{x}", "{0}", "{}", "{price:.2f}", "%s", "%d", "%1$s", "%(x)s",
     "%-5d", "%.2f", "%%", "%@", "%{count}", "${x}", "#{x}", ":name", "[X0X]", "[0]", "⟦3⟧", "⟦12⟧",
     "__NAME__", '<x id="1"/>', '<g id="2">', "</g>", "<br>", "&amp;", "&#39;", "&#x2019;",
     "https://example.com/a?b=c#d", "www.example.com/x", "example.com", "a.b+c@example.co.uk",
     "978-3-16-148410-0", "9783161484100", "316148410X", "B000FA5KK0", "AB-1234", "WH-1000XM4",
     "USB3", "😀", "👍🏽", "👨‍👩‍👧", "❤️", "🇩🇪", "1️⃣", "™", ":-)", ";)", "@reader", "<3", MARK, "▁",
     "{count, plural}", "\x00", "\ud800", ":x", "€18.10", "18,10 €", "$1,299.99", "US$ 5", "EUR 20",
     "1 234,50 €", "20,- €", "5 kg", "15 x 20 cm", "2-3 kg", "50%", "5 %", "-5 °C", "100 km/h",
     "16GB", "2 m²", "£1.5", "{{{x}}}", "{ name }", "{% if x %}", "<%= x %>", "%NAME%", "$name",
     "½", "1 ½", "1¾ kg", "+49 30 1234567", "+1 (212) 555-0123",
     "https://example.com/{{id}}/{v}", "https://example.com/Dune_(novel)",
     "VIII", "XIV", "II", "#ff00aa", "#FFF", "#000", "#BookTok", "#SummerReads2026", "v1.2.3",
     "v2", "v1.0-rc.1",
     "list.csv", "map_of-arrakis.v2.PDF", "C:\\Users\\anna\\list.csv", "/var/log/app.log",
     "~/books/", "../covers/a.png", "dark_mode", "get_item()", "`weft serve --port 80`",
     "](https://example.com/a_(b))", "](/shop)", "](#top)"],
)  # fmt: skip
def test_what_must_survive_is_taken_out_whole(span: str) -> None:
    assert taken(f"Take {span} away") == [span]


def test_a_placeholder_behind_a_digit_is_taken_out_and_a_per_cent_is_not_one() -> None:
    assert taken("100%s of it") == ["%s"]
    assert taken("100% sure") == ["100%"]


@pytest.mark.parametrize(
    "text",
    ["A plain sentence, with (brackets) and a colon: so.", "It's 3 < 4", "5 in a row",
     "AT&T and R&D", "10:30 in the morning", "a/b", "He said: {this is a remark}", "5 more",
     "his/her/their books", "24 hours/7 days", "#1 in C# and F#", "the _whole_ book", "a ` b ` c",
     "It ends.So it", "X. V. Ixion, IIII",
     "NASA", "I am 42.", "x > y", "See page 8) there", "Note:this", "e.g. this", "The End."],
)  # fmt: skip
def test_plain_text_is_left_alone(text: str) -> None:
    assert taken(text) == []


def test_a_number_before_a_placeholder_leaves_it_its_sign() -> None:
    assert [span.text for span in protect("2-4 %.2f players").spans] == ["%.2f"]
    assert [span.text for span in protect("90 ${name} left").spans] == ["${name}"]
    assert [span.text for span in protect("about 4 %. It was less.").spans] == ["4 %"]


def test_a_number_before_a_keycap_leaves_it_its_digit() -> None:
    assert [span.text for span in protect("Call +49 30 123451 1️⃣!").spans] == ["+49 30 123451", "1️⃣"]
    found = protect("12 books 123456789 1️⃣", numbers=True).spans
    assert [span.text for span in found] == ["12", "123456789", "1️⃣"]


@pytest.mark.parametrize(
    ("text", "span"),
    [("See https://example.com/a.", "https://example.com/a"),
     ("(https://example.com/a)", "https://example.com/a"),
     ("(https://example.com/Dune_(novel)).", "https://example.com/Dune_(novel)"),
     ("“https://example.com/{v}”", "https://example.com/{v}"),
     ("Write to a@example.com, please", "a@example.com"),
     ("So good😀!", "😀"),
     ("It is in /var/log/app.log.", "/var/log/app.log"),
     ("Read (list.csv), then", "list.csv"),
     ("“/var/log/app.log”", "/var/log/app.log"),
     ("In v1.2.3.", "v1.2.3"),
     ("So good, #BookTok!", "#BookTok")],
)  # fmt: skip
def test_punctuation_after_a_span_is_not_part_of_it(text: str, span: str) -> None:
    assert taken(text) == [span]


def test_a_path_within_tags_is_taken_out() -> None:
    assert taken("In <em>/var/log/app.log.</em>") == ["<em>", "/var/log/app.log", "</em>"]


def test_terms_are_whole_words_the_longest_first_in_their_own_case() -> None:
    text = "Harry Potter and Harry; Harrying, harry. C++ too"
    assert taken(text, "Harry", "Harry Potter", "C++") == ["Harry Potter", "Harry", "C++"]


@given(st.text(), st.lists(st.text(min_size=1, max_size=5), max_size=3))
@example("{a}{b}￼", ["a"])
def test_a_protected_text_comes_back_character_for_character(text: str, terms: list[str]) -> None:
    run = protect(text, terms)
    assert run.text.count(MARK) == len(run.spans)
    assert run.plain() == text


def test_numbers_are_masked_beside_the_spans_that_are_there() -> None:
    run = mask_numbers(protect("Pay {x} 18.10 for 2 of B000FA5KK0"))
    assert [span.text for span in run.spans] == ["{x}", "18.10", "2", "B000FA5KK0"]
    assert run.plain() == "Pay {x} 18.10 for 2 of B000FA5KK0"


def test_filling_needs_as_many_texts_as_there_are_marks() -> None:
    assert fill(f"a{MARK}b", ["x"]) == "axb"
    with pytest.raises(AssertionError):
        fill(f"a{MARK}b", [])


def test_hostile_text_takes_linear_time(benchmark_seconds) -> None:
    rng = random.Random(1)
    units = [
        "<a ",
        '<a "',
        "{",
        "{{",
        "a-",
        "A1-",
        "www.",
        "a.",
        "@",
        "&a",
        "%",
        ":",
        "1 ",
        "a@",
        "⟦",
        "+1 ",
        "+49",
        "https://",
        "(",
    ]
    for unit in units:
        with benchmark_seconds(3):
            protect(unit * (100_000 // len(unit)))
    with benchmark_seconds(3):
        protect("".join(rng.choice(units) for _ in range(50_000)))


def test_a_run_without_spans_is_its_text() -> None:
    assert Run("plain").plain() == "plain"
