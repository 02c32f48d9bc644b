"""Why two items belong together: what they share, and which names the other.

`signals` is cheap and runs for every candidate; `explain` turns the signals of a link that will be
served into evidence with names and offsets.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from linkage import dates, lexical, text
from linkage.candidates import Ranks
from linkage.types import Evidence, Item

READ_CHARACTERS = 5_000
"""How far into a text names are looked for; a work is named at its beginning or hardly at all."""

_SURNAME_LETTERS = 4
_CUE_REACH = 160
_CUE = re.compile(
    r" (based on|adapt\w*|inspired by|novels?|novella|memoir|book|short story|comics?|play"
    r"|nach dem|basier\w*|verfilm\w*|romans?|buch|erzahlung"
    r"|d apres|inspire\w* d|livre|nouvelle"
    r"|basad[oa]|inspirad[oa]|novela|libro|romanzo|tratto d\w*) "
)
"""Folded words that say one work was made from another: English, German, French, Spanish."""
_MAX_TERMS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """One item's words name the other's title, creator, or both."""

    title: bool
    creator: Literal["full", "surname"] | None
    has_cue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """All that was found between two items."""

    identifiers: tuple[str, ...]
    creators: tuple[str, ...]
    series: tuple[str, ...]
    same_title: bool
    same_head: bool
    """The whole title of one is what the other's begins with, before a colon or a dash."""
    has_cue: bool
    """One is said to be made from a book, film …; which one stands elsewhere, if anywhere."""
    named_by_target: Naming | None
    named_by_source: Naming | None
    similarity: float | None
    """Cosine of the vectors."""
    overlap: float
    """Share of the source's telling words that the target has, by weight, 0..1."""
    ranks: Ranks
    """The target's places among the source's candidates."""


class Profile:
    """An item, prepared for comparison."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.title = text.title_key(item.title)
        self.head = text.title_key(text.head_of(item.title))
        self.creators = {key: name for name in item.creators if (key := text.name_key(name))}
        self.series = lexical.series(item)
        self.year = dates.year(item.published_at)

    @cached_property
    def named(self) -> str:
        """The folded text, between spaces."""
        return text.padded(self.item.text[:READ_CHARACTERS])

    @cached_property
    def has_cue(self) -> bool:
        """Whether the text speaks of something it was made from."""
        return bool(_CUE.search(self.named))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words said about the item."""
        return frozenset(text.words(lexical.body(self.item)[:READ_CHARACTERS]))


def signals(
    source: Profile,
    target: Profile,
    *,
    weights: Mapping[str, float],
    similarity: float | None,
    ranks: Ranks = MappingProxyType({}),
) -> Signals:
    """Compare two items. `weights` holds the source's telling words."""
    total = sum(weights.values())
    shared = sum(weight for word, weight in weights.items() if word in target.words)
    return Signals(
        identifiers=_shared_identifiers(source.item, target.item),
        creators=tuple(key for key in source.creators if key in target.creators),
        series=tuple(sorted(source.series & target.series)),
        same_title=bool(source.title) and source.title == target.title,
        same_head=bool(source.head and target.head)
        and source.title != target.title
        and (source.title == target.head or target.title == source.head),
        has_cue=source.item.kind != target.item.kind and (source.has_cue or target.has_cue),
        named_by_target=_naming(target, source),
        named_by_source=_naming(source, target),
        similarity=similarity,
        overlap=shared / total if total else 0.0,
        ranks=ranks,
    )


def explain(
    source: Profile, target: Profile, found: Signals, weights: Mapping[str, float]
) -> tuple[Evidence, ...]:
    """Return the reasons for a link, the strongest kinds first."""
    return tuple(_reasons(source, target, found, weights))


def _reasons(
    source: Profile, target: Profile, found: Signals, weights: Mapping[str, float]
) -> Iterator[Evidence]:
    for scheme in found.identifiers:
        yield Evidence("identifier", {"scheme": scheme, "value": source.item.identifiers[scheme]})
    if found.named_by_target:
        yield _named("target", target.item, source, found.named_by_target)
    if found.named_by_source:
        yield _named("source", source.item, target, found.named_by_source)
    if found.same_title or found.same_head:
        yield Evidence("title", {"title": target.item.title})
        if found.has_cue:
            yield from _made_from(source, target)
    if found.series:
        yield Evidence("series", {"names": list(found.series)})
    if found.creators:
        yield Evidence("creator", {"names": [target.creators[key] for key in found.creators]})
    terms = sorted(weights.keys() & target.words, key=lambda word: (-weights[word], word))
    if terms:
        yield Evidence("lexical", {"terms": terms[:_MAX_TERMS], "overlap": round(found.overlap, 3)})
    if found.similarity is not None:
        yield Evidence("vector", {"similarity": round(found.similarity, 4)})


def _naming(namer: Profile, named: Profile) -> Naming | None:
    if not namer.item.text or not named.title:
        return None
    creator, at = _creator(namer.named, named)
    has_title = f" {named.title} " in namer.named
    if creator is None and not (has_title and named.title != namer.title):
        return None
    if creator and not has_title and named.title != namer.title:
        return None
    nearby = namer.named[max(0, at - _CUE_REACH) : at + _CUE_REACH] if creator else ""
    return Naming(title=has_title, creator=creator, has_cue=bool(_CUE.search(nearby)))


def _creator(folded: str, named: Profile) -> tuple[Literal["full", "surname"] | None, int]:
    for key in named.creators:
        if (at := folded.find(f" {key} ")) >= 0:
            return "full", at
    for key in named.creators:
        surname = key.split()[-1]
        if len(surname) >= _SURNAME_LETTERS and (at := folded.find(f" {surname} ")) >= 0:
            return "surname", at
    return None, -1


def _named(where: str, namer: Item, named: Profile, found: Naming) -> Evidence:
    read = namer.text[:READ_CHARACTERS]
    spans: dict[str, list[int]] = {}
    if found.title and (title := next(text.occurrences(named.title, read), None)):
        spans["title"] = list(title)
    if found.creator:
        keys = list(named.creators)
        names = keys if found.creator == "full" else [key.split()[-1] for key in keys]
        first = (next(text.occurrences(name, read), None) for name in names)
        if creator := next(filter(None, first), None):
            spans["creator"] = list(creator)
    return Evidence("named", {"in": where, "field": "text", **spans})


def _made_from(source: Profile, target: Profile) -> Iterator[Evidence]:
    """Yield the word that says one was made from a book, and where it stands."""
    for where, profile in (("target", target), ("source", source)):
        if cue := _CUE.search(profile.named):
            read = profile.item.text[:READ_CHARACTERS]
            span = next(text.occurrences(cue[1], read), None)
            yield Evidence("made_from", {"in": where, "term": cue[1], "span": span and list(span)})
            return


def _shared_identifiers(source: Item, target: Item) -> tuple[str, ...]:
    return tuple(
        scheme
        for scheme, value in source.identifiers.items()
        if target.identifiers.get(scheme) == value
    )
