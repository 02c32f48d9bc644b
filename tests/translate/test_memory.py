import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.fingerprint import bands
from translate.memory import Hit, Unit, generated_tuid, match, skeleton
from translate.protect import protect
from translate.types import MemoryMatch


def unit(source: str, target: str, language: str = "de") -> Unit:
    return Unit("en", language, "t1", source, target)


def matched(known: Unit, text: str, threshold: float = 0.7) -> tuple[str, str, float] | None:
    hit = match(known, protect(text), threshold=threshold)
    return (hit.run.plain(), hit.match.match, hit.match.score) if hit else None


PAGE = unit("Page 5 of {n}.", "Seite 5 von {n}.")


@pytest.mark.parametrize(
    ("text", "translated", "score"),
    [
        ("Page 5 of {n}.", "Seite 5 von {n}.", 1.0),
        ("Page  5\nof {n}.", "Seite 5 von {n}.", 1.0),
        ("page 5 of {n}!", "Seite 5 von {n}!", 0.99),
        ("Page 7 of %d", "Seite 7 von %d", 0.99),
        ("PAGES", None, None),
    ],
)
def test_a_unit_serves_texts_of_the_same_words(
    text: str, translated: str | None, score: float | None
) -> None:
    expected = (translated, "exact", score) if translated else None
    assert matched(PAGE, text) == expected


def test_capitals_are_those_of_the_new_text() -> None:
    known = unit("A good book.", "Ein gutes Buch.")
    assert matched(known, "A GOOD BOOK!") == ("EIN GUTES BUCH!", "exact", 0.99)


def test_other_words_are_a_fuzzy_match_and_flagged() -> None:
    hit = match(PAGE, protect("Page 5 of the {n}."), threshold=0.7)
    assert hit is not None
    assert (hit.match.match, hit.checks) == ("fuzzy", frozenset({"fuzzy"}))
    assert hit.match.score < 0.99


def test_a_number_that_counts_is_changed_only_where_the_form_stays() -> None:
    known = unit("2 books left", "noch 2 Bücher")
    assert matched(known, "7 books left") == ("noch 7 Bücher", "exact", 0.99)
    assert matched(known, "1 books left") is None
    volume = unit("Volume 2", "Band 2")
    assert matched(volume, "Volume 1") == ("Band 1", "exact", 0.99)
    polish = unit("2 books left", "zostały 2 książki", "pl")
    assert matched(polish, "3 books left") == ("zostały 3 książki", "exact", 0.99)
    assert matched(polish, "5 books left") is None


def test_a_number_written_out_in_the_translation_is_no_match_for_another() -> None:
    assert matched(unit("2 cats", "zwei Katzen"), "3 cats") is None
    assert matched(unit("2 cats", "zwei Katzen"), "2 cats!") == ("zwei Katzen!", "exact", 0.99)


def test_numbers_written_the_other_languages_way_stay_so() -> None:
    known = unit("Over 1,000 books", "Über 1.000 Bücher")
    assert matched(known, "over 1,000 books") == ("Über 1.000 Bücher", "exact", 0.99)
    assert matched(known, "Over 25 books") == ("Über 25 Bücher", "exact", 0.99)
    assert matched(known, "Over 2,500 books") == ("Über 2.500 Bücher", "exact", 0.99)
    assert matched(known, "Over 2,5 books") is None


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("Only €22.50!", "Nur 22,50 €!"),
        ("Only €7!", "Nur 7 €!"),
        ("Only €1,022.50!", None),
        ("Only €18.100!", None),
        ("Only $22.50!", None),
        ("Only 20.50 kg!", None),
    ],
)
def test_an_amount_is_written_as_the_unit_writes_it(text: str, translated: str | None) -> None:
    known = unit("Only €18.10!", "Nur 18,10 €!")
    assert matched(known, text) == (translated and (translated, "exact", 0.99))


def test_a_translation_that_lost_a_placeholder_is_taken_for_its_very_text_only() -> None:
    known = unit("Hello {name}, hi", "Hallo, grüß dich")
    hit = match(known, protect("Hello {name}, hi"), threshold=0.9)
    assert hit is not None
    assert hit.checks == {"placeholders"}
    assert matched(known, "Hello {user}, hi") is None


@given(st.text(max_size=60), st.text(min_size=1, max_size=60))
def test_a_text_matches_its_own_unit(text: str, translated: str) -> None:
    hit = match(unit(text, translated), protect(text), threshold=0.85)
    if skeleton(text).words:
        assert hit is not None
        assert hit.match == MemoryMatch("exact", 1.0, "t1")
        assert hit.run.plain() == translated
    else:
        assert hit is None


PIECES = st.lists(st.sampled_from(["book", "Books", "{a}", "{b}", "%s", "7", "12", "1,000", "."]))


@given(PIECES.map(" ".join), PIECES.map(" ".join), PIECES.map(" ".join))
def test_what_a_match_gives_holds_the_placeholders_of_the_text(
    source: str, target: str, text: str
) -> None:
    hit: Hit | None = match(unit(source, target), protect(text), threshold=0.5)
    if hit and "placeholders" not in hit.checks:
        for span in ("{a}", "{b}", "%s"):
            assert hit.run.plain().count(span) == text.count(span)


def test_generated_ids_are_of_the_text_and_of_who_wrote_it() -> None:
    ids = {generated_tuid(text, is_correction=False) for text in ("a b", " a\n b ", "a\tb")}
    assert len(ids) == 1
    assert generated_tuid("a b", is_correction=True) not in ids


def test_the_fingerprint_of_a_text_never_changes() -> None:
    assert bands("a gripping novel", "alpha/en/de")[:2] == [
        -4766853928506878939,
        2933783212595058980,
    ]


def test_texts_that_are_alike_share_bands_and_others_do_not() -> None:
    one = set(bands("the dark tower is a long and winding story", "s"))
    other = set(bands("the dark tower is a long and winding tale", "s"))
    assert len(one & other) >= 3
    assert not one & set(bands("your order has been shipped to the address", "s"))
    assert not one & set(bands("the dark tower is a long and winding story", "t"))
    assert bands("short", "s") == []
