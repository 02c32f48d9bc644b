import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.inline import fits, restore, show
from translate.protect import MARK, Kind, Run, Span, protect
from translate.types import PLACEHOLDERS, Decoded


def source(*texts: str, kind: Kind = "placeholder") -> Run:
    return Run(f"take {MARK}" * len(texts), tuple(Span(text, kind) for text in texts))


def restored(run: Run, decoded: str) -> tuple[Run, bool]:
    return restore(run, show(run), Decoded(decoded, -0.1))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Hello {name}, take %s", "Hello ⟦0⟧, take ⟦1⟧"),
        ("The <b>red</b> book", "The red book"),
        ("The <b> red </b> book", "The red book"),
        ("<i>The</i> {x} <b>book</b> ", "The ⟦0⟧ book"),
        ("un<b>believ</b>able", "unbelievable"),
        ("A <!-- b --> c", "A c"),
    ],
)
def test_the_model_reads_tokens_but_no_tags(text: str, read: str) -> None:
    assert show(protect(text)).text == read


def test_no_more_tokens_fit_than_the_model_knows() -> None:
    assert fits(source(*"0123456789"))
    assert not fits(source(*"0123456789x"))
    assert fits(source(*("<b>",) * 20, kind="tag"))


@pytest.mark.parametrize(
    ("decoded", "expected", "is_intact"),
    [
        ("Nimm ⟦1⟧ von ⟦0⟧", "Nimm {b} von {a}", True),
        ("Nimm ⟦0⟧ von ⟦0⟧ ⟦1⟧", "Nimm {a} von {b}", False),
        ("Nimm ⟦0⟧ ⟦1⟧ ⟦7⟧", "Nimm {a} {b}", False),
        ("Nimm ⟦0⟧ davon", "Nimm {a} {b} davon", False),
        ("", "{a} {b}", False),
    ],
)
def test_tokens_are_put_back_once_each_whatever_the_model_wrote(
    decoded: str, expected: str, *, is_intact: bool
) -> None:
    run, told = restored(source("{a}", "{b}"), decoded)
    assert run.plain() == expected
    assert told is is_intact


@given(
    st.lists(st.sampled_from([*PLACEHOLDERS, "⟦99⟧", MARK, " ", "word", "⟦", "0⟧"]), max_size=20),
    st.lists(st.sampled_from(["<b>", "</b>", "{x}", "<i>", "<!--x-->"]), max_size=10),
)
def test_each_span_is_restored_exactly_once_from_any_answer(
    parts: list[str], spans: list[str]
) -> None:
    wanted = Run(
        f"take {MARK}" * len(spans),
        tuple(Span(text, "tag" if text.startswith("<") else "placeholder") for text in spans),
    )
    run, _ = restored(wanted, "".join(parts))
    assert sorted(span.text for span in run.spans) == sorted(spans)
    assert run.text.count(MARK) == len(spans)


def test_a_lost_placeholder_comes_back_inside_its_element() -> None:
    run, _ = restored(protect("<a>{name}</a> wrote it"), "hat es")
    assert "<a>{name}</a>" in run.plain()


def test_the_answer_begins_with_a_capital_where_the_source_does() -> None:
    run, _ = restored(protect("<b>The book</b>"), "das Buch")
    assert run.plain() == "<b>Das Buch</b>"


def test_what_the_model_makes_up_is_dropped() -> None:
    run, is_intact = restored(protect("Hello {name}"), "Hallo ⟦0⟧ %s <b>")
    assert run.plain() == "Hallo {name}"
    assert not is_intact
