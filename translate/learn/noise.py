"""The same pair as it may also come in: shouted, unfinished, with an emoji, with placeholders."""

import random
import re

from translate.learn.readers import Pair
from translate.types import PLACEHOLDERS

EMOJI = "😀😂🙂😍😊👍👎❤⭐🎉📚🎬🎧🔥😢😡🤔✨"
UNFINISHED, SHOUTED, SMILING, MASKED = 0.1, 0.01, 0.02, 0.3
"""Shares of the pairs: without a full stop, in capitals, with an emoji, with placeholders."""

_COPIED = re.compile(
    r"(?:https?://\S+|[\w.+-]+@[\w-]+\.\w+|\b\d[\d.,:/-]*\d\b|\b[A-Z]\w*[A-Z0-9]\w*)"
)


def with_noise(pair: Pair, rng: random.Random) -> Pair:
    """Return the pair, changed on both sides alike in some of the ways that texts come in."""
    english, other = pair.english, pair.other
    if rng.random() < UNFINISHED and english.endswith(".") and other.endswith("."):
        english, other = english[:-1], other[:-1]
    if rng.random() < MASKED:
        english, other = _masked(english, other, rng)
    if rng.random() < SHOUTED:
        english, other = english.upper(), other.upper()
    if rng.random() < SMILING:
        mark = " " + rng.choice(EMOJI) * rng.randint(1, 3)
        english, other = english + mark, other + mark
    return Pair(pair.language, pair.domain, english, other)


def _masked(english: str, other: str, rng: random.Random) -> tuple[str, str]:
    """Replace what both sides copy (numbers, addresses, codes) by placeholder tokens."""
    numbers = rng.sample(range(len(PLACEHOLDERS)), 3)
    for word in dict.fromkeys(_COPIED.findall(english)):
        if numbers and english.count(word) == 1 and other.count(word) == 1:
            token = PLACEHOLDERS[numbers.pop()]
            english, other = english.replace(word, token), other.replace(word, token)
    return english, other
