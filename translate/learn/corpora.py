"""What of a parallel corpus is learnt from: cleaned, without what is kept for measuring."""

import csv
import hashlib
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from translate.detect import LanguageDetector
from translate.errors import CorpusError
from translate.learn.readers import ENGLISH, Pair

MISSION = "mission"
"""The domain of hand-written segments."""
HELD_OUT_SHARE = 128
"""One English text in this many is kept for measuring, whatever its languages."""

MAX_CHARACTERS = 400
MAX_LENGTH_RATIO = 2.5
CHECKED_WORDS, SURE = 6, 0.8
"""A text of so many words is left out when it is so surely in another language than its own."""
_LETTERS = re.compile(r"[^\W\d_]")
_MIS_ENCODED = re.compile(r"�|Ã[\x80-\xbf]|â€")
_ACCELERATOR = re.compile(r"(?<!\w)(?:_|&(?!\w+;))(?=\w)")


def read_mission(
    path: Path, languages: Iterable[str], split: str, base: str = ENGLISH
) -> Iterator[Pair]:
    """Yield the hand-written segments of `split` (`train` or `test`) in each language.

    Raises `CorpusError` where there is no such table.
    """
    wanted = list(languages)
    if not path.is_file():
        raise CorpusError(path, "is no file; mend `mission` in the recipe, or leave it out")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if "split" not in (rows.fieldnames or ()):
            raise CorpusError(path, "has no column `split` (train or test)")
        for row in rows:
            if row["split"] != split:
                continue
            for language in wanted:
                if (text := row.get(base)) and (other := row.get(language)):
                    yield Pair(language, MISSION, text, other, base)


def is_held_out(english: str) -> bool:
    """Tell whether a text is kept for measuring: a hash decides, so every run agrees."""
    digest = hashlib.sha256(english.strip().lower().encode()).digest()
    return int.from_bytes(digest[:4]) % HELD_OUT_SHARE == 0


def normalise(text: str) -> str:
    """Return the text in NFC, its white space folded, menu accelerators (`_File`) removed."""
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    return _ACCELERATOR.sub("", folded)


def is_clean(pair: Pair) -> bool:
    """Tell whether a pair teaches translation: letters on both sides, like lengths, no copy."""
    english, other = pair.text, pair.other
    if not english or not other or max(len(english), len(other)) > MAX_CHARACTERS:
        return False
    if _MIS_ENCODED.search(english) or _MIS_ENCODED.search(other):
        return False
    if min(_letter_share(english), _letter_share(other)) < 0.6:  # noqa: PLR2004
        return False
    shorter, longer = sorted((len(english), len(other)))
    if longer > MAX_LENGTH_RATIO * shorter + 10:
        return False
    return english.lower() != other.lower()


def _letter_share(text: str) -> float:
    visible = sum(not character.isspace() for character in text)
    return len(_LETTERS.findall(text)) / max(visible, 1)


def cleaned(pairs: Iterable[Pair], exclude: frozenset[str]) -> Iterator[Pair]:
    """Yield the normalised, clean, distinct pairs that are neither held out nor in `exclude`."""
    seen: set[int] = set()
    detector = LanguageDetector()
    for pair in pairs:
        tidy = replace(pair, text=normalise(pair.text), other=normalise(pair.other))
        key = hash((tidy.language, tidy.text, tidy.other))
        if key in seen or not is_clean(tidy):
            continue
        seen.add(key)
        if {tidy.text, tidy.other} & exclude or is_held_out(tidy.text):
            continue
        if is_in(tidy.text, ENGLISH, detector) and is_in(tidy.other, tidy.language, detector):
            yield tidy


def with_direct(pairs: Iterable[Pair], rng: random.Random) -> Iterator[Pair]:
    """Yield the pairs with English, and with them pairs of two languages that share its text.

    A sentence is paired with one of those that came before, each as likely as the others, so that
    no two languages are favoured. Every sentence and one translation are held in memory.
    """
    known: dict[str, tuple[int, Pair]] = {}
    for pair in pairs:
        yield pair
        if pair.domain != MISSION and not is_sentence(pair.text):
            continue  # what is said in a word may mean another thing in each language
        count, partner = known.get(pair.text, (0, pair))
        if partner.language != pair.language:
            direct = replace(pair, text=partner.other, base=partner.language)
            if is_clean(direct):
                yield direct
        is_next = rng.random() * (count + 1) < 1
        known[pair.text] = (count + 1, pair if is_next else partner)


def is_in(text: str, language: str, detector: LanguageDetector) -> bool:
    """Tell whether a text may be in a language: only a long one is surely in another."""
    if len(text.split()) < CHECKED_WORDS:
        return True
    ranking = detector.rank(text)
    return not ranking or ranking[0].language == language or ranking[0].confidence < SURE


def held_out(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield the clean held-out pairs that read as sentences."""
    for pair in pairs:
        tidy = replace(pair, text=normalise(pair.text), other=normalise(pair.other))
        if is_held_out(tidy.text) and is_clean(tidy) and is_sentence(tidy.text):
            yield tidy


def is_sentence(text: str) -> bool:
    """Tell whether a text reads as a sentence rather than as a menu string or a head-word."""
    return len(text.split()) >= 4 and text[-1:] in ".!?…:"  # noqa: PLR2004


def read_exclusions(paths: Iterable[Path]) -> frozenset[str]:
    """Return every cell of the benchmark files that must never be trained on."""
    cells: set[str] = set()
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            cells.update(normalise(cell) for cell in line.split("\t"))
    return frozenset(cells - {""})
