import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.icu import is_doubled, is_message, join_message, split_message

PLURAL = "You have {n, plural, offset:1 =0 {no books} one {# book} other {# books}} here."
NESTED = "{g, select, male {He has {n, plural, one {a book} other {# books}}} other {They can''t}}"


def back(text: str) -> str:
    return join_message(split_message(text), doubled=is_doubled(text))


def branches(text: str) -> list[str]:
    run = split_message(text)
    return [each.plain() for each in run.nested()]


def test_branches_are_texts_of_their_own() -> None:
    assert branches(PLURAL) == ["no books", "# book", "# books"]
    assert branches(NESTED)[1:3] == ["a book", "# books"]


def test_the_number_sign_of_a_plural_survives_and_is_plain_in_a_select() -> None:
    run = split_message("{n, plural, other {# books}} {x, select, other {book # 3}}")
    first, second = run.nested()
    assert [span.text for span in first.spans] == ["#"]
    assert [span.text for span in second.spans] == []


@pytest.mark.parametrize(
    "text",
    [PLURAL, NESTED, "{n,plural,other{#}}", "{n, selectordinal, one {#st} other {#th}}",
     "{n, plural, other {it''s '{'n'}'}}", "{a, plural, other {x}} and {b, plural, other {y}}"],
)  # fmt: skip
def test_a_message_comes_back_character_for_character(text: str) -> None:
    assert is_message(text)
    assert back(text) == text


@pytest.mark.parametrize(
    "text",
    ["{n, plural}", "{n, plural, }", "{n, plural, one {x}", "{n, plural, one x}", "{n, number, #}",
     "{n, plural, one {x} rest}"],
)  # fmt: skip
def test_what_is_no_argument_is_left_to_the_other_rules(text: str) -> None:
    assert branches(text) == []


def test_an_apostrophe_never_quotes_what_was_not_quoted() -> None:
    run = split_message("{n, plural, other {it is {x}}}")
    [branch] = run.nested()
    [outer] = run.spans
    translated = type(branch)("c'est l'\ufffc'", branch.spans)
    inner = tuple(translated if part == branch else part for part in outer.inner)
    text = join_message(type(run)(run.text, (type(outer)("", "message", inner),)), doubled=False)
    assert text == "{n, plural, other {c'est l''{x}''}}"


def test_arguments_nested_too_deep_are_kept_whole() -> None:
    text = "{n, plural, other {" * 50 + "x" + "}}" * 50
    assert back(text) == text


PIECES = [
    "{n, plural,",
    " one {",
    "}",
    "{",
    "'",
    "''",
    "x",
    "#",
    " other {",
    "{x}",
    "|",
    "{g, select,",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_anything_can_be_split(text: str) -> None:
    back(text)


@pytest.mark.parametrize("unit", ["{n, plural,", "{n, plural, x{", "'{", "{n,plural,x{}", "}"])
def test_hostile_messages_take_linear_time(unit: str, benchmark_seconds) -> None:
    with benchmark_seconds(5):
        split_message(unit * (100_000 // len(unit)))


def test_the_number_of_a_plural_is_kept_in_a_choice_inside_of_it() -> None:
    text = "{n, plural, other {{who, select, other {# books}}}}"
    assert ["#"] in [[span.text for span in run.spans] for run in split_message(text).nested()]
