import html
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.markup import HTML, XML, Markup, join_markup, split_markup
from translate.protect import Run

PIECES = st.sampled_from(
    ["<p>", "</p>", "<b>", "</b>", "<br/>", "<a href='x>y'>", "</a>", "&lt;", "&amp;", "&eacute;",
     "&nbsp;", "word", " ", "\n", "<", ">", "&", "é", "<!-- <p> -->", "<script>", "</script>",
     "a < b", "{x}", "<li>", "😀", "<code>x</code>"]
)  # fmt: skip


def runs(text: str) -> list[str]:
    return [
        part.plain() for part in split_markup(text) if isinstance(part, Run) and part.text.strip()
    ]


def visible(text: str) -> str:
    """What a reader sees, unescaped once."""
    return html.unescape(text)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_html_comes_back_meaning_what_it_meant(text: str) -> None:
    back = join_markup(split_markup(text))
    assert visible(back) == visible(text)
    assert join_markup(split_markup(back)) == back


@pytest.mark.parametrize(
    "text",
    ["<p>Hello <b>world</b></p>", "<ul><li>one</li><li>two</li></ul>", "a<br>b", "&lt;script&gt;",
     "&amp;lt;", "<script>if (a<b) {}</script>", "<!DOCTYPE html><title>x</title>",
     '<img alt="a > b">', "<p>&quot;&#8211;</p>",
     "<p>&mdash; <b>&#39;5&#39;</b> &hellip;</p>", '<p translate="no">as <b>is</b></p>', "R&amp;D",
     "<style>p{}</style>"],
)  # fmt: skip
def test_well_written_html_comes_back_character_for_character(text: str) -> None:
    assert join_markup(split_markup(text)) == text


def test_blocks_part_texts_and_inline_tags_do_not() -> None:
    text = "<h1>A title</h1><p>One <b>bold</b> word.<br>Next line</p>"
    assert runs(text) == ["A title", "One <b>bold</b> word.", "Next line"]


@pytest.mark.parametrize(
    "kept",
    ['<span translate="no">a <span>b</span> c</span>', "<b class='x notranslate'>a</b>",
     "<code>a <code>b</code> c</code>", "<![CDATA[a > b]]>", "<svg><svg/><g>a</g></svg>"],
)  # fmt: skip
def test_what_is_not_for_translation_is_one_span_to_its_own_end(kept: str) -> None:
    [part] = [part for part in split_markup(f"One {kept} two") if isinstance(part, Run)]
    assert [span.text for span in part.spans] == [kept]
    assert part.text == "One \ufffc two"


def test_a_void_tag_that_is_not_for_translation_ends_with_itself() -> None:
    [part] = [part for part in split_markup("a <img translate=no> b") if isinstance(part, Run)]
    assert part.text == "a \ufffc b"


def values(text: str, markup: Markup = HTML) -> list[str]:
    parts = [part for part in split_markup(text, (), markup) if isinstance(part, Run)]
    return [run.plain() for part in parts for run in part.nested()]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('<p>A <img src="title.png" alt="A dark tower"> here</p>', ["A dark tower"]),
        ("<p TITLE = 'Good &amp; new'>A <a aria-label='Buy' title=\"Now\">x</a></p>",
         ["Good & new", "Buy", "Now"]),
        ('<input placeholder="Search books" data-x=\' title="no"\'/>', ["Search books"]),
        ('<img alt="no" translate="no"><b class="notranslate" title="no">x</b>', []),
        ('<img alt=""><img alt="5 &gt; 3"><img alt=cover><img src="a.png" value="no">', []),
        ('<code title="no">x</code><!-- <img alt="no"> -->', []),
    ],
)  # fmt: skip
def test_attributes_that_people_read_are_runs_of_their_own(text: str, wanted: list[str]) -> None:
    assert values(text) == wanted
    assert join_markup(split_markup(text)) == text
    assert values(text, XML) == []


@pytest.mark.parametrize(
    ("quote", "written"), [('"', "&quot; ' &lt;b> &amp;"), ("'", '" &#x27; &lt;b> &amp;')]
)
def test_what_a_model_writes_stays_inside_of_its_attribute(quote: str, written: str) -> None:
    [part] = [part for part in split_markup(f"<p title={quote}x{quote}>") if isinstance(part, Run)]
    [span] = part.spans
    hostile = replace(span, inner=(span.inner[0], Run("\" ' <b> &"), span.inner[2]))
    assert join_markup([Run(part.text, (hostile,))]) == f"<p title={quote}{written}{quote}>"


def test_entities_are_read_as_the_letters_they_are() -> None:
    [part] = [part for part in split_markup("caf&eacute; &quot;x&quot;") if isinstance(part, Run)]
    assert part.text == 'café "x"'


def test_an_escaped_tag_never_becomes_a_tag() -> None:
    text = "Try &lt;script&gt;alert(1)&lt;/script&gt; now"
    back = join_markup(split_markup(text))
    assert "<script" not in back
    assert back == text


def test_what_a_model_writes_is_escaped() -> None:
    assert join_markup([Run("a <b> & c")]) == "a &lt;b&gt; &amp; c"


def test_terms_survive_escaped() -> None:
    [part] = [part for part in split_markup("Buy R&amp;D now", ["R&D"]) if isinstance(part, Run)]
    assert [span.text for span in part.spans] == ["R&amp;D"]


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        "{n, plural, other {",
        "{n, plural, other {}",
        "<p ",
        "<code>",
        "<!--",
        "<p translate=no>",
        "<script>",
        "&",
        '<a "',
    ],
)
def test_hostile_html_takes_linear_time(unit: str, benchmark_seconds) -> None:
    with benchmark_seconds(3):
        split_markup(unit * (100_000 // len(unit)))


OURS = Markup(is_xml=True, kept=frozenset({"sku"}), breaking=frozenset({"title"}))


def _texts(text: str, markup: Markup) -> list[str]:
    return [part.text for part in split_markup(text, (), markup) if not isinstance(part, str)]


def test_elements_that_are_kept_stay_whole() -> None:
    assert "blue" not in "".join(_texts("A <sku>blue <b>one</b></sku> book", OURS))


def test_tags_break_the_text_or_not_as_they_are_told_to() -> None:
    assert _texts("<title>One</title>two", OURS) == ["One", "two"]
    assert len(_texts("One<p>two</p>", OURS)) == 1
    assert _texts("One<p>two</p>", HTML) == ["One", "two"]


@pytest.mark.parametrize("text", ["A\xa0book &amp; more", "A&nbsp;book"])
@pytest.mark.parametrize("markup", [HTML, OURS])
def test_no_break_spaces_are_written_as_in_the_source(text: str, markup: Markup) -> None:
    assert join_markup(split_markup(text, (), markup), markup.like(text)) == text


MESSAGE = "{n, plural, offset:1 =0 {No <b>books</b>} other {It''s # of {all}<br>books}}"


def test_branches_of_messages_are_runs_of_their_own_with_their_tags() -> None:
    [part] = [part for part in split_markup(f"<p>You have {MESSAGE}</p>") if isinstance(part, Run)]
    assert part.text == "You have \ufffc"
    assert [run.text for run in part.nested()] == [
        "No \ufffcbooks\ufffc",
        "It's \ufffc of \ufffc",
        "books",
    ]
    assert [span.text for run in part.nested() for span in run.spans] == [
        "<b>",
        "</b>",
        "#",
        "{all}",
    ]


@pytest.mark.parametrize(
    "text",
    [f"<p>You have {MESSAGE}</p>", "{n, plural, } it''s", "{n, plural, one {open",
     "{a, select, x {&lt;b&gt; {n, plural, other {# a}}} other {'{b}'}}",
     "<a title='{n, plural,'>{n, plural, other {don''t}}</a>",
     "{n, plural, other {<code>'{'</code>}}"],
)  # fmt: skip
def test_messages_in_markup_come_back_character_for_character(text: str) -> None:
    assert join_markup(split_markup(text)) == text
