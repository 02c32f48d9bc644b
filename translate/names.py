"""Names come out as they are written: a model makes other names of those that it never met.

A name is a word with a capital that neither the model nor a dictionary knows. In German, where all
nouns have one, its end is no word either: `Windschutzscheibe` is a compound. Elsewhere words with
capitals on end are one too where the first is no word in small letters: `Stephen King` is, `New
York` is not, which may have another name.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import zip_longest

from translate.glossary import CAPITALISED
from translate.languages import is_latin
from translate.normalise import is_shouted, is_titled
from translate.protect import MARK, Run, Span
from translate.types import PLACEHOLDERS
from translate.words import is_in_dictionary

Knows = Callable[[str, str], bool]
"""Tells whether a word of a language is known."""

_LETTER = r"[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f]"
_WORD = re.compile(rf"(?<!\w){_LETTER}{{2,}}(?!\w)")
_INITIALS = re.compile(r"(?<!\w)(?:[A-Z]\.[ ]?){1,4}\Z")
_JOINTS = frozenset({" ", "-"})
_TITLES = frozenset({"Mr", "Mrs", "Ms", "Dr", "Mme", "Mlle", "Sr", "Sra", "Sig"})
_SHORTEST_END = 4
"""Letters of the word that a compound ends in, at least; before it are no fewer than one less."""


def mask_names(run: Run, source: str, target: str, knows: Knows) -> Run:
    """Take the names out of a run as well, while there are tokens for them; its spans stay."""
    room = len(PLACEHOLDERS) - sum(span.kind != "tag" for span in run.spans)
    found = names_in(run.text, source, target, knows)[: max(room, 0)]
    return _without(run, found) if found else run


def has_names(run: Run, answer: Run, source: str, target: str, knows: Knows) -> bool:
    """Tell whether an answer has the names that stand in the text of a run, each as often."""
    stretches = names_in(run.text, source, target, knows)
    names = Counter(run.text[begin:end] for begin, end in stretches)
    return all(answer.text.count(name) >= count for name, count in names.items())


def names_in(text: str, source: str, target: str, knows: Knows) -> list[tuple[int, int]]:
    """Return where names are: words that only a space or hyphen parts, with their initials.

    Only Latin letters are copied, and only into languages written in them.
    """
    found: list[tuple[int, int]] = []
    if not is_latin(target) or is_shouted(text):
        return found
    for begin, end in _names(text, source, knows):
        if found and text[found[-1][1] : begin] in _JOINTS:
            found[-1] = found[-1][0], end
            continue
        initials = _INITIALS.search(text, found[-1][1] if found else 0, begin)
        found.append((initials.start() if initials else begin, end))
    return found


def _names(text: str, language: str, knows: Knows) -> Iterator[tuple[int, int]]:
    """Yield the places of words of names, those that make up a full name among them."""
    has_capitals = language in CAPITALISED
    has_title = is_titled(text)  # where each word has a capital
    is_full, last = False, 0
    words = [match for match in _WORD.finditer(text) if match.group()[0].isupper()]
    for match, after in zip_longest(words, words[1:]):
        begin, end = match.span()
        leads = not has_capitals and _leads(match.group(), language)
        is_full &= text[last:begin] in _JOINTS and (leads or not has_title)
        last = end
        if leads and not is_full and after:
            is_next = text[end : after.start()] in _JOINTS
            is_full = is_next and not (has_title and not _leads(after.group(), language))
        if is_full or not (
            _is_word(match.group(), language, knows)
            or (has_capitals and _is_compound(match.group(), language, knows))
        ):
            yield begin, end


def _leads(word: str, language: str) -> bool:
    """Tell whether a word begins a name that is known or not: it is no word in small letters."""
    return not (word.isupper() or word in _TITLES or is_in_dictionary(word.lower(), language))


def _is_word(word: str, language: str, knows: Knows) -> bool:
    return knows(word, language) or is_in_dictionary(word, language)


def _is_compound(word: str, language: str, knows: Knows) -> bool:
    ends = range(_SHORTEST_END - 1, len(word) - _SHORTEST_END + 1)
    return any(_is_word(word[begin:].capitalize(), language, knows) for begin in ends)


def _without(run: Run, stretches: list[tuple[int, int]]) -> Run:
    """Return a run with some stretches of its text as spans."""
    text, last = "", 0
    known, spans = iter(run.spans), list[Span]()
    for begin, end in stretches:
        before = run.text[last:begin]
        spans += [next(known) for _ in range(before.count(MARK))]
        spans.append(Span(run.text[begin:end], "name"))
        text, last = f"{text}{before}{MARK}", end
    return Run(text + run.text[last:], (*spans, *known))
