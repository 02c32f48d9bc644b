"""A text translated again after a change: only the segments that are new are translated."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from translate.glossary import Glossary
from translate.icu import is_message
from translate.languages import resolve
from translate.memory import Memory
from translate.pipeline import cut
from translate.protect import protect
from translate.translator import Translator
from translate.types import Translation


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment as it was translated, known by a digest of its source."""

    digest: str
    text: str
    status: str
    confidence: float
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, its language where that is known, and the pieces of its last translation."""

    text: str
    source: str | None = None
    earlier: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Renewed:
    """A translated passage. One that failed has a `reason` and its text is the passage's.

    `translated` is how many segments were not taken from the last translation, `characters` how
    long those of them are that did not fail.
    """

    text: str
    source: str | None
    pieces: tuple[Piece, ...]
    translated: int
    characters: int = 0
    reason: str | None = None

    @property
    def status(self) -> str:
        """The worst of the pieces'."""
        found = {piece.status for piece in self.pieces}
        return next((each for each in ("failed", "needs_review") if each in found), "done")

    @property
    def confidence(self) -> float:
        """That of the pieces, by their lengths."""
        total = sum(len(piece.text) for piece in self.pieces)
        weighed = sum(piece.confidence * len(piece.text) for piece in self.pieces)
        return round(weighed / total, 4) if total else 1.0

    @property
    def checks(self) -> list[str]:
        """What any piece fails."""
        return sorted({check for piece in self.pieces for check in piece.checks})


def renew(  # noqa: PLR0913 - what texts are translated with
    translator: Translator,
    passages: Sequence[Passage],
    *,
    target: str,
    glossary: Glossary | None = None,
    memory: Memory | None = None,
    corrections: Memory | None = None,
) -> list[Renewed]:
    """Translate passages; segments of their last translations are taken as they were.

    Not those that `corrections` knows by now. `glossary` and `memory` serve all that is translated.
    Raises `UnsupportedLanguageError` for a target that no model knows.
    """
    [target] = translator.check_targets([target])
    plans = [_Plan.of(passage, translator, target) for passage in passages]
    corrected = _known(corrections, plans, target) if corrections else set()
    new = list(dict.fromkeys(key for plan in plans for key in plan.new(corrected)))
    done = translator.translate(
        [segment for _, segment in new],
        target=target,
        sources=[source for source, _ in new],
        glossary=glossary,
        memory=memory,
    )
    found = dict(zip(new, done, strict=True))
    return [_renewed(plan, corrected, found) for plan in plans]


def digest_of(text: str, source: str | None = None) -> str:
    """Return what a text, or a segment in a language, is known by."""
    written = f"{source or ''}\0{text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(written, digest_size=16).hexdigest()


Key = tuple[str | None, str]
"""A segment and its language."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A passage in its segments with what stands between them, and the pieces there are of them.

    There is a gap before each segment and one at the end.
    """

    passage: Passage
    keys: tuple[Key, ...]
    gaps: tuple[str, ...]
    kept: Mapping[str, Piece]

    @classmethod
    def of(cls, passage: Passage, translator: Translator, target: str) -> "_Plan":
        source = _language(passage, translator, target)
        segments, gaps = _segments(passage.text, source)
        keys = tuple((source, segment) for segment in segments)
        usable = {piece.digest: piece for piece in passage.earlier if piece.status != "failed"}
        return cls(passage, keys, gaps, usable)

    def piece(self, key: Key, corrected: set[Key]) -> Piece | None:
        """Return the piece of the last translation that still holds."""
        return None if key in corrected else self.kept.get(digest_of(key[1], key[0]))

    def joined(self, texts: Iterable[str]) -> str:
        """Return the translations of the segments with the passage's own gaps."""
        *before, end = self.gaps
        return "".join(gap + text for gap, text in zip(before, texts, strict=True)) + end

    def new(self, corrected: set[Key]) -> list[Key]:
        """Return the segments that are to be translated."""
        return [key for key in self.keys if self.piece(key, corrected) is None]


def _language(passage: Passage, translator: Translator, target: str) -> str | None:
    """Return the language of the whole passage: its sentences may be too short to tell it from."""
    known = [*dict.fromkeys(each.source for each in translator.directions), target]
    if passage.source:
        return resolve(passage.source, known) or passage.source
    found = translator.detector.detect(passage.text, known)
    return found.language if found else None


def _segments(text: str, source: str | None) -> tuple[list[str], tuple[str, ...]]:
    """Return the sentences of a text, and the white space before, between and after them."""
    found: list[str] = []
    gaps = [""]
    for written in [text] if is_message(text) else _sentences(text, source or "en"):
        if body := written.strip():
            lead, _, trail = written.partition(body)
            found.append(body)
            gaps[-1:] = [gaps[-1] + lead, trail]
        else:
            gaps[-1] += written
    return found, tuple(gaps)


def _sentences(text: str, language: str) -> Iterator[str]:
    for unit in cut(protect(text), language, lambda _: True):
        yield "".join(run.plain() for run in (unit.head, unit.core, unit.tail))


def _known(memory: Memory, plans: Sequence[_Plan], target: str) -> set[Key]:
    """Return the segments for which a memory has an exact match."""
    by_source: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for source, segment in (key for plan in plans for key in plan.keys):
        if source and source != target:
            by_source[source][segment] = None
    return {
        (source, segment)
        for source, segments in by_source.items()
        for segment, hit in zip(
            segments,
            memory.recall([protect(segment) for segment in segments], source, target),
            strict=True,
        )
        if hit and hit.match.match == "exact"
    }


def _renewed(plan: _Plan, corrected: set[Key], done: Mapping[Key, Translation]) -> Renewed:
    new = plan.new(corrected)
    pieces = tuple(plan.piece(key, corrected) or _piece(key, done[key]) for key in plan.keys)
    reason = next((done[key].reason for key in new if done[key].status == "failed"), None)
    text = plan.passage.text if reason else plan.joined(piece.text for piece in pieces)
    source = plan.keys[0][0] if plan.keys else plan.passage.source
    characters = sum(len(key[1]) for key in new if done[key].status != "failed")
    return Renewed(text, source, pieces, len(new), characters, reason)


def _piece(key: Key, done: Translation) -> Piece:
    source, segment = key
    return Piece(digest_of(segment, source), done.text, done.status, done.confidence, done.checks)
