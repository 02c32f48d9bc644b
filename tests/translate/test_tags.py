import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.alignment import Correspondence
from translate.tags import Tag, place
from translate.types import Alignment, Decoded

NAMES = ("b", "i", "a")


def written(source: str, answer: str, links: dict[str, str]) -> str:
    """Return the answer with the source's tags, where the words are aligned as `links` says."""
    segment, tags = "", []
    for part in re.split(r"(<[^>]*>)", source):
        if part.startswith("<"):
            tags.append(Tag(part, len(segment)))
        else:
            segment += part
    origins = {match.group(): match.start() for match in re.finditer(r"\w+|[^\w\s]", segment)}
    starts = [(match.start(), match.group()) for match in re.finditer(r"\w+|[^\w\s]", answer)]
    rows = [[float(origins.get(links.get(word, word)) == at) for at in origins.values()]
            for _, word in starts]  # fmt: skip
    alignment = Alignment(tuple(origins.values()), tuple(at for at, _ in starts), rows)
    where = Correspondence(segment, Decoded(answer, 0.0, alignment))
    text, shift = answer, 0
    for at, number in place(tags, segment, where):
        text = text[: at + shift] + tags[number].text + text[at + shift :]
        shift += len(tags[number].text)
    return text


LINKS = {"livre": "book", "rouge": "red", "le": "the", "petit": "small"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("the <b>red</b> book", "le livre <b>rouge</b>"),
        ("the <b>red</b> <i>book</i>", "le <i>livre</i> <b>rouge</b>"),
        ("<b>the red book</b>", "<b>le livre rouge</b>"),
        ("<b>the <i>red</i> book</b>", "<b>le livre <i>rouge</i></b>"),
        ("<b><i>the red book</i></b>", "<b><i>le livre rouge</i></b>"),
        ("the<!-- x --> red book", "le <!-- x -->livre rouge"),
        ("<b></b>the red book", "<b></b>le livre rouge"),
        ("the <b>red book", "le <b>livre rouge"),
        ("the red</b> book", "le livre rouge</b>"),
        ("the <b>red</b> <b>book</b>", "le <b>livre</b> <b>rouge</b>"),
        ("the red</b> <i>book", "le livre rouge</b><i>"),
    ],
)
def test_tags_follow_their_words(source: str, expected: str) -> None:
    found = written(source, "le livre rouge", LINKS)
    assert found == expected


def test_marks_of_punctuation_stay_outside() -> None:
    assert written("<b>red</b>.", "rouge.", LINKS) == "<b>rouge</b>."
    assert written("the <b>red</b>, small", "le rouge, petit", LINKS) == "le <b>rouge</b>, petit"


def test_tags_that_cross_keep_their_order() -> None:
    crossed = "<b>the <i>red</b> book</i>"
    found = written(crossed, "le livre rouge", LINKS)
    assert re.findall("<[^>]*>", found) == re.findall("<[^>]*>", crossed)


@st.composite
def nested(draw: st.DrawFn, depth: int = 0) -> str:
    """Well nested markup over words."""
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.integers(0, 3))
        if kind < 2 or depth == 3:
            parts.append(draw(st.sampled_from(["red ", "book ", "the ", "small ", ", "])))
        elif kind == 2:
            parts.append("<!---->")
        else:
            name = draw(st.sampled_from(NAMES))
            parts.append(f"<{name}>{draw(nested(depth + 1))}</{name}>")
    return "".join(parts)


def is_well_nested(text: str) -> bool:
    stack: list[str] = []
    for close, name in re.findall(r"<(/?)([a-z]+)>", text):
        if not close:
            stack.append(name)
        elif not stack or stack.pop() != name:
            return False
    return not stack


@given(nested(), st.lists(st.sampled_from([*LINKS, "x", ","]), max_size=6).map(" ".join))
def test_whatever_the_answer_each_tag_comes_once_and_well_nested(source: str, answer: str) -> None:
    found = written(source, answer, LINKS)
    assert sorted(re.findall("<[^>]*>", found)) == sorted(re.findall("<[^>]*>", source))
    assert is_well_nested(found)
    assert re.sub("<[^>]*>", "", found) == answer
