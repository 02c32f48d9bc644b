"""What a model has no letters for, other scripts and symbols: it stays as it is written."""

import re
import unicodedata
from collections.abc import Callable, Iterable

from translate.normalise import for_model
from translate.protect import MARK, Run, Span

_PIECE = re.compile(rf"{MARK}|[^\s!-/:-@\[-`{{-~\xa1-\xbf\u2010-\u2027\u2030-\u205e{MARK}]+|\S")

_UNSEEN = frozenset({MARK, " "})


def readable(run: Run, reads: Callable[[str], bool], fits: Callable[[Run], bool]) -> Run | None:
    """Return a run with what the model cannot read protected: whole words, and single symbols.

    Where that is too much, only the words; None where those are too many, or nothing is left.
    """
    if all(map(reads, set(run.text) - _UNSEEN)):  # nearly every text, and quickly told
        return run
    found = set(for_model(run.text).lower()) - _UNSEEN
    unread = {each for each in found if not reads(each) and not reads(each.upper())}
    if not unread:
        return run
    for kept in (unread, set(filter(_is_letter, unread))):
        masked = _masked(run, kept)
        if fits(masked):
            return masked if any(map(str.isalpha, masked.text)) else None
    return None


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def _masked(run: Run, unread: Iterable[str]) -> Run:
    known, spans = iter(run.spans), list[Span]()

    def take(match: re.Match[str]) -> str:
        piece = match.group()
        if piece == MARK:
            spans.append(next(known))
        elif set(for_model(piece).lower()).isdisjoint(unread):
            return piece
        else:
            spans.append(Span(piece, "foreign"))
        return MARK

    return Run(_PIECE.sub(take, run.text), tuple(spans))
