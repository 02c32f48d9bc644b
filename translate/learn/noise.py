"""The same pair as it may also come in: shouted, unfinished, with emoji, placeholders, other names.

Only what changes both sides alike, since a pair is learnt in both directions.
"""

import random
import re
from dataclasses import replace

from translate.learn.readers import Pair
from translate.types import PLACEHOLDERS

EMOJI = "😀😂🙂😍😊👍👎❤⭐🎉📚🎬🎧🔥😢😡🤔✨"
UNFINISHED, SHOUTED, SMILING, MASKED, RENAMED = 0.1, 0.01, 0.02, 0.3, 0.3
"""Shares of the pairs: no full stop, in capitals, with emoji, placeholders, other names."""

_COPIED = re.compile(
    r"(?:https?://\S*\w|[\w.+-]+@[\w-]+\.\w+|\b\d[\d.,:/-]*\d\b|\b[A-Z]\w*[A-Z0-9]\w*)"
)
_NAME = re.compile(r"(?<=\w )[A-Z][a-zà-öø-ÿ]{2,}\b")
_ONSETS = ("b", "br", "d", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "r", "s", "st",
           "t", "tr", "v", "w", "y", "z", "sh", "ch")  # fmt: skip
_RIMES = ("a", "e", "i", "o", "u", "an", "en", "in", "on", "ar", "el", "is", "os", "ie", "ei",
          "ick", "ell", "ard", "ov", "ez", "ini", "öm", "é")  # fmt: skip


def with_noise(pair: Pair, rng: random.Random) -> Pair:
    """Return the pair, changed on both sides alike in some of the ways that texts come in."""
    text, other = pair.text, pair.other
    if rng.random() < UNFINISHED and text.endswith(".") and other.endswith("."):
        text, other = text[:-1], other[:-1]
    if rng.random() < MASKED:
        text, other = _masked(text, other, rng)
    if rng.random() < RENAMED:
        text, other = _renamed(text, other, rng)
    if rng.random() < SHOUTED:
        text, other = text.upper(), other.upper()
    if rng.random() < SMILING:
        mark = " " + rng.choice(EMOJI) * rng.randint(1, 3)
        text, other = text + mark, other + mark
    return replace(pair, text=text, other=other)


def _masked(text: str, other: str, rng: random.Random) -> tuple[str, str]:
    """Replace what both sides copy (numbers, addresses, codes) by placeholder tokens."""
    numbers = rng.sample(range(len(PLACEHOLDERS)), 3)
    for word in dict.fromkeys(_COPIED.findall(text)):
        if numbers and text.count(word) == 1 and other.count(word) == 1:
            token = PLACEHOLDERS[numbers.pop()]
            text, other = text.replace(word, token), other.replace(word, token)
    return text, other


def _renamed(text: str, other: str, rng: random.Random) -> tuple[str, str]:
    """Give what both sides call by one name another that nobody bears: names are to be copied."""
    for name in dict.fromkeys(_NAME.findall(text)):
        if text.count(name) == 1 and other.count(name) == 1:
            made = "".join(
                rng.choice(_ONSETS) + rng.choice(_RIMES) for _ in range(rng.randint(1, 2))
            )
            text, other = (each.replace(name, made.capitalize()) for each in (text, other))
    return text, other
