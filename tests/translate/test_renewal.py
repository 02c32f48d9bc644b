"""What is kept of a translation when its text changes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.memory import Hit, MemoryMatch
from translate.protect import Run, protect
from translate.renewal import Passage, Renewed, renew
from translate.translator import Translator

STORY = "The book is good.  The cover is dark.\n\nThe page is long."


def _renewed(translator: Translator, text: str, earlier: Renewed | None = None) -> Renewed:
    passage = Passage(text, "en", earlier.pieces if earlier else ())
    [found] = renew(translator, [passage], target="de")
    return found


def test_a_passage_reads_as_if_it_were_translated_whole(translator: Translator) -> None:
    [whole] = translator.translate([STORY], target="de", source="en")
    assert _renewed(translator, STORY).text == whole.text


def test_nothing_is_translated_where_nothing_changed(translator: Translator) -> None:
    first = _renewed(translator, STORY)
    again = _renewed(translator, STORY, first)
    assert first.translated == 3
    assert again == replace(first, translated=0, characters=0)


def test_sentences_that_moved_or_get_others_beside_them_are_kept(translator: Translator) -> None:
    first = _renewed(translator, "The book is good. The cover is dark.")
    moved = "\tThe cover is dark. The page is long.\n\nThe book is good."
    assert _renewed(translator, moved, first).translated == 1


def test_a_text_in_another_language_than_before_is_translated_again(
    translator: Translator,
) -> None:
    first = _renewed(translator, "The book is good.")
    [french] = renew(translator, [Passage("The book is good.", "de", first.pieces)], target="de")
    assert french.text == "The book is good."


def test_segments_that_two_texts_share_are_counted_for_each(translator: Translator) -> None:
    found = renew(translator, [Passage("The book is good.", "en")] * 2, target="de")
    assert found[0] == found[1]


def test_what_fails_comes_back_with_its_reason_and_is_tried_again(translator: Translator) -> None:
    [failed] = renew(translator, [Passage("The book is good.", "xx")], target="de")
    assert (failed.status, failed.text) == ("failed", "The book is good.")
    assert "xx" in str(failed.reason)
    [again] = renew(translator, [Passage("The book is good.", "xx", failed.pieces)], target="de")
    assert again.translated == 1


def test_a_correction_replaces_what_was_kept(translator: Translator) -> None:
    class Corrections:
        def has_units(self, source: str, target: str) -> bool:
            return (source, target) == ("en", "de")

        def recall(self, runs: list[Run], source: str, target: str) -> list[Hit | None]:
            del source, target
            hit = Hit(protect("Prima."), MemoryMatch("exact", 1.0, "c"))
            return [hit if run.plain() == "The book is good." else None for run in runs]

    first = _renewed(translator, STORY)
    [corrected] = renew(
        translator, [Passage(STORY, "en", first.pieces)], target="de",
        memory=Corrections(), corrections=Corrections(),
    )  # fmt: skip
    assert corrected.translated == 1
    assert corrected.text.startswith("Prima.  ")
    assert corrected.pieces[1:] == first.pieces[1:]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "42", "{count, plural, one {# book}}"])
def test_texts_without_sentences_survive(translator: Translator, text: str) -> None:
    found = _renewed(translator, text)
    assert found.text.strip() == text.strip() or "{" in text
    assert _renewed(translator, text, found).translated == 0


@settings(max_examples=25)
@given(st.text(max_size=80))
def test_any_text_is_kept_as_it_was_translated(translator: Translator, text: str) -> None:
    first = _renewed(translator, text)
    again = _renewed(translator, text, first)
    assert again.text == first.text
    assert again.translated == 0 or first.status == "failed"
