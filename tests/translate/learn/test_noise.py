import random
from collections import Counter

from translate.learn.noise import EMOJI, with_noise
from translate.learn.readers import Pair
from translate.types import PLACEHOLDERS

PAIR = Pair("de", "shop", "Order ABC12 has arrived.", "Bestellung ABC12 ist da.")


def drawn(pair: Pair = PAIR) -> list[Pair]:
    rng = random.Random(1)
    return [with_noise(pair, rng) for _ in range(3000)]


def test_most_pairs_stay_as_they_are_when_there_is_nothing_to_mask() -> None:
    pair = Pair("de", "shop", "it has arrived.", "es ist da.")
    assert drawn(pair).count(pair) > 2500


def test_a_placeholder_stands_for_the_same_word_on_both_sides() -> None:
    masked = [pair for pair in drawn() if "ABC12" not in pair.text.upper()]
    assert len(masked) > 500
    for pair in masked:
        [mark] = [each for each in PLACEHOLDERS if each in pair.text]
        assert pair.other.count(mark) == pair.text.count(mark) == 1


def test_a_word_that_only_one_side_has_is_not_masked() -> None:
    pair = Pair("de", "shop", "Order ABC12 has arrived", "Die Bestellung ist da")
    assert not [each for each in drawn(pair) if any(mark in each.text for mark in PLACEHOLDERS)]


def test_both_sides_are_changed_alike() -> None:
    seen: Counter[str] = Counter()
    for pair in drawn():
        seen["capitals"] += pair.text.isupper()
        assert pair.text.isupper() == pair.other.isupper()
        emoji = pair.text[-1] in EMOJI
        seen["emoji"] += emoji
        assert emoji == (pair.other[-1] in EMOJI)
        bare = [text.rstrip(EMOJI + " ") for text in (pair.text, pair.other)]
        assert bare[0].endswith(".") == bare[1].endswith(".")
        seen["unfinished"] += not bare[0].endswith(".")
    assert all(seen[kind] > 10 for kind in ("capitals", "emoji", "unfinished"))


def test_a_name_that_both_sides_have_is_now_and_then_another() -> None:
    pair = Pair("de", "shop", "he saw Michaela there.", "er sah Michaela dort.")
    others = [each for each in drawn(pair) if "MICHAELA" not in each.text.upper()]
    assert len(others) > 500
    for each in others:
        name = each.text.split()[2]
        assert name.isalpha()
        assert name in each.other.split()


def test_a_word_that_is_translated_is_never_renamed() -> None:
    pair = Pair("de", "shop", "he saw Anna in Munich.", "er sah Anna in München.")
    assert all("MUNICH" in each.text.upper() for each in drawn(pair))
