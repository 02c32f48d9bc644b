"""Languages of texts for dialects whose clients know no abstaining."""

from translate.detect import Detection
from translate.translator import Translator

FALLBACK = "en"
"""What is said of a text that has no language."""


def likeliest(translator: Translator, text: str) -> Detection:
    """Return the language of a text; of an unsure one the likeliest that can be translated."""
    sources = sources_of(translator)
    if sure := translator.detector.detect(text, sources):
        return sure
    ranking = translator.detector.rank(text, sources)
    return next((each for each in ranking if each.language in sources), Detection(FALLBACK, 0.0))


def sources_of(translator: Translator) -> list[str]:
    """Return the languages that can be translated from, the best known first."""
    return list(dict.fromkeys(each.source for each in translator.directions))
