"""The words of a run's examples, for the model that comes of it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import sentencepiece

from translate.learn.dataset import Examples
from translate.lexis import Lexis

ENOUGH = 10
"""Texts with a word, from which on the model is taken to know it."""
_AT_ONCE = 20_000
_WORD = re.compile(r"[^\W\d_]+")


def known_words(
    examples: Examples,
    processor: sentencepiece.SentencePieceProcessor,
    languages: Sequence[str],
) -> Lexis:
    """Return the words that the model met often enough to know; each text counts once."""
    counts = [Counter[str]() for _ in languages]
    for language, text in _texts(examples, processor):
        counts[language].update({word.casefold() for word in _WORD.findall(text)})
    return Lexis.of({
        code: [word for word, count in counted.items() if count >= ENOUGH]
        for code, counted in zip(languages, counts, strict=True)
    })  # fmt: skip


def _texts(
    examples: Examples, processor: sentencepiece.SentencePieceProcessor
) -> Iterator[tuple[int, str]]:
    """Yield the distinct texts, each with the number of its language."""
    seen: set[tuple[int, int]] = set()
    for first in range(0, len(examples), _AT_ONCE):
        rows: list[list[int]] = []
        whose: list[int] = []
        for pair in range(first, min(first + _AT_ONCE, len(examples))):
            sides = (int(examples.bases[pair]), int(examples.languages[pair]))
            for side, language in enumerate(sides, start=2 * pair):
                ids = examples.ids[examples.starts[side] : examples.starts[side + 1]]
                mark = language, hash(ids.tobytes())
                if mark not in seen:
                    seen.add(mark)
                    rows.append(ids.tolist())
                    whose.append(language)
        yield from zip(whose, processor.decode(rows), strict=True)
