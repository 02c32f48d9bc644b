"""Evidence: the reasons for a link, with names and offsets, of the signals that were found."""

from collections.abc import Iterator, Mapping
from itertools import compress

import numpy as np

from linkage import lexical, text
from linkage.related import sketch
from linkage.related.signals import Naming, Signals
from linkage.related.sketch import CUE, READ_CHARACTERS, Sketch
from linkage.types import Evidence, Item

_CUE_REACH = 160
_MAX_TERMS = 8


def explain(
    found: Signals, at: int, source: Item, target: Item, weights: Mapping[str, float]
) -> tuple[Evidence, ...]:
    """Return the reasons for the link to one of the targets, the strongest kinds first.

    `weights` are the words of the question.
    """
    return tuple(_reasons(found, at, source, target, weights))


def has_cue_near(namer: Item, named: Sketch) -> bool:
    """Tell whether a text says, near a creator's name, that something was made from a work."""
    told = sketch.named(namer)
    names = (*named.creators, *named.surnames)
    at = next((at for name in names if (at := told.find(f" {name} ")) >= 0), None)
    return at is not None and bool(CUE.search(told[max(0, at - _CUE_REACH) : at + _CUE_REACH]))


def _reasons(
    found: Signals, at: int, source: Item, target: Item, weights: Mapping[str, float]
) -> Iterator[Evidence]:
    if found.identifiers[at]:
        for scheme in _shared_identifiers(source, target):
            value = source.identifiers[scheme]
            yield Evidence("identifier", {"scheme": scheme, "value": value})
    yield from _namings(found, at, source, target)
    if found.titles.is_alike[at] or found.titles.is_same_head[at]:
        yield Evidence("title", {"title": target.title})
        if found.has_cue[at]:
            yield from _made_from(source, target)
    if found.series[at]:
        shared = lexical.series(source) & lexical.series(target)
        yield Evidence("series", {"names": sorted(shared)})
    if found.creators[at]:
        names = {text.name_key(name): name for name in target.creators}
        yield Evidence(
            "creator", {"names": [names[k] for k in found.source.creators if k in names]}
        )
    terms = list(compress(weights, found.shared[at].tolist()))
    if terms:
        terms.sort(key=lambda word: (-weights[word], word))
        overlap = round(float(found.overlap[at]), 3)
        yield Evidence("lexical", {"terms": terms[:_MAX_TERMS], "overlap": overlap})
    if not np.isnan(similarity := float(found.similarity[at])):
        yield Evidence("vector", {"similarity": round(similarity, 4)})


def _namings(found: Signals, at: int, source: Item, target: Item) -> Iterator[Evidence]:
    if (by_target := found.named_by_target).any_at(at):
        yield _named("target", target, found.source, by_target, at)
    if (by_source := found.named_by_source).any_at(at):
        yield _named("source", source, found.targets[at], by_source, at)


def _named(where: str, namer: Item, named: Sketch, found: Naming, at: int) -> Evidence:
    read = namer.text[:READ_CHARACTERS]
    spans: dict[str, list[int]] = {}
    if found.title[at] and (title := next(text.occurrences(named.title, read), None)):
        spans["title"] = list(title)
    if found.full[at] or found.surname[at]:
        names = named.creators if found.full[at] else [k.split()[-1] for k in named.creators]
        first = (next(text.occurrences(name, read), None) for name in names)
        if creator := next(filter(None, first), None):
            spans["creator"] = list(creator)
    return Evidence("named", {"in": where, "field": "text", **spans})


def _made_from(source: Item, target: Item) -> Iterator[Evidence]:
    """Yield the word that says one was made from a book, and where it stands."""
    for where, item in (("target", target), ("source", source)):
        if cue := CUE.search(sketch.named(item)):
            read = item.text[:READ_CHARACTERS]
            span = next(text.occurrences(cue[1], read), None)
            yield Evidence("made_from", {"in": where, "term": cue[1], "span": span and list(span)})
            return


def _shared_identifiers(source: Item, target: Item) -> tuple[str, ...]:
    return tuple(
        scheme
        for scheme, value in source.identifiers.items()
        if target.identifiers.get(scheme) == value
    )
