"""Mentions: which items and creators of the catalogue a text names, and where.

All names are found in one pass (Aho-Corasick over folded words). What a name stands for is then
judged by its surroundings: a long title says enough by itself, "It" or "Emma" needs its author, a
word such as "the novel", or quotes beside it.
"""

import math
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ahocorasick

from linkage import dates, text
from linkage.types import Entity, Item, Mention

NIL_BELOW = 0.5
DROP_BELOW = 0.3
MAX_SENSES = 30
"""Items of one name that are looked at."""
_MERGE_AT = 5_000
_MIN_ALIAS_WORDS = 2

_NEAR = 200
_WORKS = r"novel|book|memoir|play|story|film|movie|series|show|game|album|roman|buch|serie|spiel"
_WORKS += r"|livre|série|jeu|novela|libro|película|juego|romanzo|romance|livro|filme|boek"
_APOSTROPHE = "['\u2019]"
_OPENING, _CLOSING = "\"'\u201c\u201e\u00ab\u2018\u00bb*_", "\"'\u201d\u201c\u00bb\u2019\u00ab*_"
_OPEN, _CLOSE = rf"(?:[{_OPENING}]|\u00ab\s)?", rf"(?:[{_CLOSING}]|\s\u00bb)?"
_QUOTED = re.compile(rf"(?:[{_OPENING}]|\u00ab\s)\0(?:[{_CLOSING}]|\s\u00bb)")
_BEFORE = re.compile(rf"(?:\b|l{_APOSTROPHE})(?P<work>{_WORKS})s?,?\s+{_OPEN}$", re.IGNORECASE)
_AFTER = re.compile(rf"^{_CLOSE}\s+\(?(?:\d{{4}}\s+)?(?P<work>{_WORKS})\b", re.IGNORECASE)
_BY = re.compile(
    rf"^{_CLOSE},?\s*(?:\(\d{{4}}\)\s*)?(?:by|von|de|par|di|door|av|van|por)\s+$", re.IGNORECASE
)
_OWNS = re.compile(rf"^(?:{_APOSTROPHE}s?)?\s+(?:[\w\-]+\s+){{0,3}}{_OPEN}$")
_KIND_WORDS = {
    "book": re.compile(
        r"novel|book|memoir|play|story|roman|buch|livre|libro|livro|boek", re.IGNORECASE
    ),
    "film": re.compile(r"film|movie|película", re.IGNORECASE),
    "series": re.compile(r"seri|show|série", re.IGNORECASE),
    "game": re.compile(r"game|spiel|jeu|juego", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A place where a name of the catalogue stands, and the items it may stand for."""

    start: int
    end: int
    name: str
    items: tuple[int, ...]


class Names:
    """An immutable automaton over names, each with the keys of the items that bear it."""

    def __init__(self, items: Mapping[str, Iterable[int]]) -> None:
        self._automaton: Any = ahocorasick.Automaton()
        for name, keys in items.items():
            self._automaton.add_word(f" {name} ", (name, tuple(keys)))
        if items:
            self._automaton.make_automaton()

    def find(self, folded: str) -> Iterator[tuple[int, str, tuple[int, ...]]]:
        """Yield (offset of the first letter, name, keys) in a folded text."""
        if len(self._automaton):
            for last, (name, keys) in self._automaton.iter(folded):
                yield last - len(name), name, keys


class Gazetteer:
    """All names of a catalogue. Added items are found at once through a second, small automaton."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[str, list[int]] = defaultdict(list)
        self._new: dict[str, list[int]] = defaultdict(list)
        self._parts = (Names({}), Names({}))

    def add(self, items: Mapping[int, Item]) -> None:
        """Add the names of items; older names of theirs stay and must be checked by the caller."""
        with self._lock:
            for key, item in items.items():
                for name in names(item):
                    if key not in self._new[name] and key not in self._all.get(name, ()):
                        self._new[name].append(key)
            if len(self._new) < _MERGE_AT:
                self._parts = (self._parts[0], Names(self._new))
                return
            for name, keys in self._new.items():
                self._all[name] += keys
            self._new = defaultdict(list)
            self._parts = (Names(self._all), Names({}))

    def spans(self, written: str) -> list[Span]:
        """Return where names stand in a text, the longest where several overlap."""
        folded, offsets = text.folded_with_offsets(written)
        found: dict[tuple[int, int], Span] = {}
        for part in self._parts:
            for at, name, keys in part.find(folded):
                first, last = offsets[at], offsets[at + len(name) - 1] + 1
                known = found.get((first, last))
                merged = (*(known.items if known else ()), *keys)[:MAX_SENSES]
                found[first, last] = Span(first, last, name, merged)
        return _longest(found.values())


def names(item: Item) -> set[str]:
    """Return the folded names under which an item or its creators may be mentioned."""
    title = item.title.split(":")[0]
    found = {text.title_key(item.title), *(text.name_key(name) for name in item.creators)}
    if len(text.words(title)) >= _MIN_ALIAS_WORDS:
        found.add(text.title_key(title))
    aliases = item.attributes.get("aliases", ())
    found |= {text.title_key(a) for a in _listed(aliases) if isinstance(a, str)}
    return {name for name in found if name and not _is_single_letter(name)}


def resolve(
    written: str, spans: list[Span], items: Mapping[int, Item], *, top_k: int = 1
) -> tuple[Mention, ...]:
    """Return the mentions among spans, given the items they may stand for.

    A name that stands for nothing likely is left out; one that most probably names something, but
    perhaps none of the items, comes with entity None.
    """
    makers = _maker_spans(spans, items)
    found = (_mention(written, span, items, makers, top_k) for span in spans)
    return tuple(mention for mention in found if mention)


def _mention(
    written: str,
    span: Span,
    items: Mapping[int, Item],
    makers: Mapping[str, list[Span]],
    top_k: int,
) -> Mention | None:
    senses: dict[str, tuple[Entity, float]] = {}
    for key in span.items:
        if item := items.get(key):
            entity, evidence = _sense(written, span, item, makers)
            if entity and evidence > senses.get(entity.id, (entity, -math.inf))[1]:
                senses[entity.id] = (entity, evidence)
    if not senses:
        return None
    ranked = sorted(senses.values(), key=lambda sense: (-sense[1], sense[0].id))
    shares = _shares([evidence for _, evidence in ranked])
    candidates = tuple(
        (entity, round(_sigmoid(evidence) * (0.5 + 0.5 * share), 4))
        for (entity, evidence), share in zip(ranked, shares, strict=True)
    )
    best, probability = candidates[0]
    if probability < DROP_BELOW:
        return None
    return Mention(
        start=span.start,
        end=span.end,
        surface=written[span.start : span.end],
        entity=best if probability >= NIL_BELOW else None,
        probability=probability,
        candidates=candidates[:top_k] if top_k > 1 else (),
    )


def _sense(
    written: str, span: Span, item: Item, makers: Mapping[str, list[Span]]
) -> tuple[Entity | None, float]:
    for creator in item.creators:
        if text.name_key(creator) == span.name:
            entity = Entity(f"creator:{span.name}", creator, "person")
            return entity, _creator_evidence(written, span, creator)
    if span.name not in names(item):
        return None, -math.inf  # the item was renamed since
    entity = Entity(item.id, item.title, item.kind, item.identifiers)
    return entity, _title_evidence(written, span, item, makers)


def _creator_evidence(written: str, span: Span, name: str) -> float:
    prior = 2.5 if len(span.name.split()) > 1 else -2.0
    return prior + _case(written[span.start : span.end], name)


def _title_evidence(
    written: str, span: Span, item: Item, makers: Mapping[str, list[Span]]
) -> float:
    before, after = written[: span.start][-60:], written[span.end :][:60]
    evidence = _prior(span.name) + _case(written[span.start : span.end], item.title)
    evidence += _cue(before, after, item.kind) + item.popularity * 0.5
    if _QUOTED.search(f"{before[-2:]}\0{after[:2]}"):
        evidence += 1.5
    year = dates.year(item.published_at)
    if year and re.search(rf"\b{year}\b", before[-20:] + " " + after[:20]):
        evidence += 0.7
    own = [s for name in item.creators for s in makers.get(text.name_key(name), ())]
    return evidence + max((_support(written, span, maker) for maker in own), default=0.0)


def _prior(name: str) -> float:
    words = name.split()
    if len(words) > 1:
        return 0.3 if len(words) == 2 else 1.5  # noqa: PLR2004 - two words, three and more
    return -3.0 - (len(name) <= 3) * 1.5 - name.isdecimal() * 1.0  # noqa: PLR2004 - It, Her, She


def _case(surface: str, name: str) -> float:
    if surface == name:
        return 0.5
    is_lowered = surface == surface.lower() and name != name.lower()
    return -2.5 if is_lowered else 0.0


def _cue(before: str, after: str, kind: str) -> float:
    found = _BEFORE.search(before) or _AFTER.search(after)
    if not found:
        return 0.0
    of_kind = _KIND_WORDS.get(kind)
    agrees = of_kind.search(found["work"]) if of_kind else None
    return 4.0 if agrees else 2.0


def _support(written: str, span: Span, maker: Span) -> float:
    if maker.end <= span.start:
        between = written[maker.end : span.start]
        return 5.5 if _OWNS.search(between) else _nearness(between)
    between = written[span.end : maker.start]
    return 5.5 if _BY.search(between) else _nearness(between)


def _nearness(between: str) -> float:
    if len(between) > _NEAR:
        return 0.0
    return 1.5 if re.search(r"[.!?]\s", between) else 2.5


def _maker_spans(spans: list[Span], items: Mapping[int, Item]) -> Mapping[str, list[Span]]:
    makers: dict[str, list[Span]] = defaultdict(list)
    known = {text.name_key(name) for item in items.values() for name in item.creators}
    for span in spans:
        if span.name in known:
            makers[span.name].append(span)
    return makers


def _longest(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _shares(evidence: list[float]) -> list[float]:
    weights = [math.exp(value - evidence[0]) for value in evidence]
    return [weight / sum(weights) for weight in weights]


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _is_single_letter(name: str) -> bool:
    return len(name) == 1 and name.isascii()
