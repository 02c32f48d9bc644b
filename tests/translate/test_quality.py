import pytest

from translate.detect import LanguageDetector
from translate.quality import assess, is_copy, is_reordered, is_repetitive, numbers

DETECTOR = LanguageDetector()


def checks(source: str, text: str, target: str = "de", *, is_intact: bool = True) -> frozenset[str]:
    return assess(
        source, text, score=-0.1, target=target, is_intact=is_intact, detector=DETECTOR
    ).checks


def test_a_good_translation_passes_with_its_score_as_confidence() -> None:
    quality = assess("The book is good.", "Das Buch ist gut.", score=-0.105, target="de",
                     is_intact=True, detector=DETECTOR)  # fmt: skip
    assert quality.checks == frozenset()
    assert quality.confidence == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("source", "text", "failed"),
    [
        ("The book is good.", "Das Das Das Das ist gut.", "repetition"),
        ("The book is good.", "Ist du ssssssssssssss", "repetition"),
        ("The book is good.", "… 1", "empty"),
        ("It costs 18.10 today.", "Es kostet 18h20 heute.", "numbers"),
        ("I have three cats.", "Ich habe 3 Katzen.", "numbers"),
        ("The story moves slowly through it.", "The story moves slowly so.", "copy"),
        ("Good.", "Das ist ein sehr langer Text, der gar nicht aufhören will, so lang.", "length"),
        ("This is a rather long sentence about a lighthouse and its keeper.", "Gut.", "length"),
        (
            "The keeper of the lighthouse finds an old diary.",
            "Le gardien du phare trouve un vieux journal intime.",
            "language",
        ),
    ],
)
def test_what_went_wrong_is_named(source: str, text: str, failed: str) -> None:
    assert failed in checks(source, text)


def test_a_lost_placeholder_is_named_and_costs_confidence() -> None:
    assert checks("Hello.", "Hallo.", is_intact=False) == {"placeholders"}


def test_a_number_is_the_same_however_its_thousands_are_parted() -> None:
    assert numbers("1,234.50 and 7") == numbers("1.234,50 und 7") == numbers("1 234,50 et 7")
    assert numbers("1 2") != numbers("12")


def test_a_decimal_is_not_the_whole_number_of_the_same_digits() -> None:
    assert numbers("5.5") == numbers("5,5")
    assert numbers("55") != numbers("5.5") != numbers("5.55")


def test_a_number_that_lost_its_sign_is_another() -> None:
    assert numbers("It was -5 outside (+3 inside)") == numbers("Es war \u22125, innen +3")
    assert numbers("-5 outside") != numbers("5 outside")
    assert numbers("1984-1990") == numbers("1984\u20131990")


def test_numbers_in_another_order_are_told_from_other_numbers() -> None:
    assert is_reordered("3 of 10 copies, 1,000 pages", "10 von 3 Exemplaren, 1.000 Seiten")
    assert not is_reordered("3 of 10 copies, 1,000 pages", "3 von 10 Exemplaren, 1.000 Seiten")
    assert not is_reordered("3 of 10 copies", "10 von 4 Exemplaren")


def test_fractions_and_powers_are_numbers() -> None:
    assert numbers("2 ½ cups, x²") != numbers("2 cups, x²")
    assert numbers("2 ½ cups, x²") != numbers("2 ½ cups, x")


def test_repetition_is_not_mere_emphasis() -> None:
    assert not is_repetitive("very, very good")
    assert is_repetitive("so gut so gut so gut")
    assert "repetition" not in checks(
        "No, no, no, not again!", "Nein, nein, nein, nicht schon wieder!"
    )


def test_names_are_no_copy() -> None:
    assert not is_copy("Stephen King and Peter Straub", "Stephen King und Peter Straub")


def test_a_title_that_comes_back_whole_is_a_copy() -> None:
    title = "The Girl With The Dragon"
    assert is_copy(title, title)


@pytest.mark.parametrize("score", [-1e9, -1.0, 0.0, 5.0])
def test_a_confidence_is_between_zero_and_one(score: float) -> None:
    quality = assess("a", "b", score=score, target="de", is_intact=True, detector=DETECTOR)
    assert 0 <= quality.confidence <= 1
