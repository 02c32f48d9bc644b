"""Words of a text and their base forms, in whatever language.

The dictionaries are simplemma's, read in their packed form: some 10 MB a language instead of 100.
A language it does not know has no inflection here; one written without spaces has a word a letter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from simplemma import Lemmatizer
from simplemma.strategies import DefaultStrategy
from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES
from simplemma.strategies.dictionaries.stream_dictionary_factory import StreamDictionaryFactory

UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "zh", "zh-hant"})
"""Languages that put no space between words."""

_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W_]")
_dictionaries = StreamDictionaryFactory()
_lemmatizer = Lemmatizer(lemmatization_strategy=DefaultStrategy(dictionary_factory=_dictionaries))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, from `start` to `end` in its characters."""

    text: str
    start: int
    end: int


def words(text: str, language: str) -> Iterator[Word]:
    """Yield the words of a text, in its order."""
    pattern = _LETTER if language in UNSPACED else _WORD
    for match in pattern.finditer(text):
        yield Word(match.group(), match.start(), match.end())


@lru_cache(maxsize=50_000)
def lemma(word: str, language: str) -> str:
    """Return the base form of a word, case-folded: `Büchern` is `buch`."""
    if language not in SUPPORTED_LANGUAGES:
        return word.casefold()
    # a word in capitals is in no dictionary, be it a noun's
    plain = word.capitalize() if word.isupper() else word
    return _lemmatizer.lemmatize(plain, lang=language).casefold()


@lru_cache(maxsize=50_000)
def is_in_dictionary(word: str, language: str) -> bool:
    """Tell whether a dictionary has a form of a word, in its case or in small letters."""
    if language not in SUPPORTED_LANGUAGES:
        return False
    known = _dictionaries.get_dictionary(language)
    return word in known or word.lower() in known
