"""How common words are in everyday language: what tells the novel "It" from the word.

The only module that knows wordfreq, of which the small lists of the languages are laid together:
about 30,000 words each, on the Zipf scale (log10 of occurrences in a billion words).
"""

import math
from functools import lru_cache

from linkage import text

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "ru", "sv", "ja")
_UNSEEN = 2.5
_DIGITS = 5.0
_CERTAIN = 8.0
"""Above the commonest word of any language."""


@lru_cache(maxsize=65_536)
def rarity(name: str) -> float:
    """Return how surprising a folded name is in a running text: the sum over its words.

    It is about 1 for "it", 4 for "emma", 7 for "the hunger games", and grows with each word.
    """
    return sum(_CERTAIN - _zipf(word) for word in name.split())


def _zipf(word: str) -> float:
    if word.isdecimal():
        return _DIGITS
    return _frequencies().get(word, _UNSEEN)


@lru_cache(maxsize=1)
def _frequencies() -> dict[str, float]:
    from wordfreq import get_frequency_dict  # noqa: PLC0415 - its lists take a moment to read

    found: dict[str, float] = {}
    for language in LANGUAGES:
        for word, frequency in get_frequency_dict(language, wordlist="small").items():
            folded = text.key(word)
            zipf = math.log10(frequency) + 9
            if zipf > found.get(folded, 0.0):
                found[folded] = zipf
    return found
