"""Mentions: which items, creators and imported entities a text names, and where.

All names are found in one pass; what cannot be meant (the word "it" for the novel) is left out
at once; what the rest may stand for is read from the database and weighed by what stands beside.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from linkage import text
from linkage.embed import Encoder, Vectors
from linkage.errors import TooManyNamesError
from linkage.naming.commonness import rarity
from linkage.naming.cues import Cues, cues, echoes, is_cued
from linkage.naming.disambiguate import AGREEING, Disambiguator, Features, Sense, features, sense_of
from linkage.naming.gazetteer import Gazetteer, Span
from linkage.naming.passage import Passage
from linkage.types import Entity, Item, Mention

NIL_BELOW = 0.5
DROP_BELOW = 0.3
MAX_PLACES = 5_000
"""Of one text; each takes a third of a millisecond or more."""
MAX_SENSES = 30
"""Bearers of one name that are looked at; those whose maker the text names come first."""
_MAX_CREATIONS = 3
"""Items that are asked whether a creator is still theirs."""
_ECHO_REACH = 60
_RARE = 9.0
CONTEXT_ENCODER = "weft-static-11"
"""Of all that ship the one that is fast enough to read what stands around every name."""
_REACH = 25
_MOST_COMPARED = 200
"""Senses whose descriptions are compared with the text; one takes about 50 microseconds."""

Known = Mapping[int, Item | Entity]
"""Items by their keys, entities by their negated keys."""


@dataclass(frozen=True, slots=True)
class Place:
    """Words that may name something: `bearers` are (name, key) pairs, `creations` keys."""

    cues: Cues
    bearers: tuple[tuple[str, int], ...]
    creations: tuple[int, ...] = ()

    @property
    def first(self) -> int:
        """The number of the first word."""
        return self.cues.first

    @property
    def last(self) -> int:
        """The number of the last word."""
        return self.cues.last

    @property
    def keys(self) -> set[int]:
        """All keys that must be known to resolve the place."""
        return {key for _, key in self.bearers} | set(self.creations)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A place with what it may stand for, and what speaks for each."""

    place: Place
    senses: tuple[Sense, ...]
    features: tuple[Features, ...]


def places(passage: Passage, gazetteer: Gazetteer) -> list[Place]:
    """Return where something may be named: known names, and books spoken of by another's name.

    Raises `TooManyNamesError` for a text that would take seconds.
    """
    spans = [span for span in gazetteer.spans(passage) if _may_name(passage, span)]
    if len(spans) > MAX_PLACES:
        raise TooManyNamesError(len(spans), MAX_PLACES)
    made = frozenset().union(*(span.made for span in spans))
    return [*(_place(passage, span, made) for span in spans), *_echoed(passage, spans, made)]


def weigh(passage: Passage, found: Iterable[Place], known: Known) -> Iterator[Weighed]:
    """Yield the places that have senses among what is known, with the features of each."""
    read: dict[int, Sense] = {}
    for place in found:
        senses = _distinct(_senses(passage, place, known, read))
        if senses:
            told = tuple(features(passage, place.cues, sense, name) for sense, name in senses)
            yield Weighed(place, tuple(sense for sense, _ in senses), told)


def compare(passage: Passage, weighed: Iterable[Weighed], encoder: Encoder) -> list[Weighed]:
    """Return the places with how near their surroundings are to what is told of each sense.

    Only names of several things are looked at: where there is no choice, it would tell little.
    """
    found = list(weighed)
    many = [one for one in found if len(one.senses) > 1 and not one.place.cues.echo]
    told = list(dict.fromkeys(s.about for one in many for s in one.senses if s.about))
    if len(told) > _MOST_COMPARED:
        told = told[:_MOST_COMPARED]
    if not told:
        return found
    around = [passage.surface(*_reach(passage, one.place)) for one in many]
    vectors = encoder.encode([*around, *told])
    of_told = dict(zip(told, vectors[len(around) :], strict=True))
    nearness = {id(one): vector for one, vector in zip(many, vectors, strict=False)}
    return [_compared(one, nearness.get(id(one)), of_told) for one in found]


def _reach(passage: Passage, place: Place) -> tuple[int, int]:
    return max(place.first - _REACH, 0), min(place.last + _REACH, len(passage.words) - 1)


def _compared(one: Weighed, around: Vectors | None, told: Mapping[str, Vectors]) -> Weighed:
    if around is None:
        return one
    return replace(
        one,
        features=tuple(
            {**features, "similar": float(around @ told[sense.about])}
            if sense.about in told
            else features
            for sense, features in zip(one.senses, one.features, strict=True)
        ),
    )


def choose(
    passage: Passage, weighed: Iterable[Weighed], model: Disambiguator, *, top_k: int = 1
) -> tuple[Mention, ...]:
    """Return the mentions, in the order of the text, of which no two overlap.

    A name that stands for nothing likely is left out; one that most probably names something, but
    perhaps none of the senses, comes with entity None. A longer name wins over one within it, and
    a book that is named somewhere is not found again in `the novel by …`.
    """
    likely: list[Mention] = []
    for one in sorted(weighed, key=lambda one: one.place.cues.echo == "maker"):
        mention = _mention(passage, one, model, top_k)
        is_repeat = one.place.cues.echo == "maker" and mention and mention.entity in _named(likely)
        if mention and not is_repeat:
            likely.append(mention)
    likely.sort(key=lambda m: (m.entity is None, m.start - m.end, -m.probability))
    kept: list[Mention] = []
    taken = bytearray(len(passage.written))
    for mention in likely:
        if not any(taken[mention.start : mention.end]):
            kept.append(mention)
            taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
    return tuple(sorted(kept, key=lambda m: m.start))


def _named(mentions: Iterable[Mention]) -> list[Entity]:
    return [mention.entity for mention in mentions if mention.entity]


def _may_name(passage: Passage, span: Span) -> bool:
    """Tell whether to look at a span at all: not at a common word, unless something gives it away.

    Nothing that runs over the end of a sentence or a quotation is a name, unless it is written so.
    """
    surface = passage.surface(span.first, span.last)
    if rarity(span.name) >= _RARE:
        return True
    is_plain = surface == surface.lower()
    return not is_plain or is_cued(passage, span.first, span.last)


def _place(passage: Passage, span: Span, made: frozenset[int]) -> Place:
    bearers = tuple((span.name, key) for key in _best(span.own, made))
    creations = tuple(sorted(span.made)[-_MAX_CREATIONS:])
    return Place(cues(passage, span.first, span.last), bearers, creations)


def _best(keys: frozenset[int], made: frozenset[int]) -> list[int]:
    if len(keys) <= MAX_SENSES:
        return sorted(keys)
    return sorted(keys, key=lambda key: (key not in made, key))[:MAX_SENSES]


def _echoed(passage: Passage, spans: list[Span], made: frozenset[int]) -> Iterator[Place]:
    """Yield the books spoken of by a name said before: the text's first, or one in the sentence."""
    named = _outermost(span for span in spans if span.own and passage.is_capital(span.first))
    for said in echoes(passage):
        nearest = passage.before(said.first, _ECHO_REACH)
        # a sentence that begins with "It" does not name a book that is called so
        near = [s for s in named if s.first in nearest and rarity(s.name) >= _RARE]
        of_name = {span.name: span.own for span in (*named[:1], *near) if span.last < said.first}
        bearers = tuple((name, key) for name in of_name for key in _best(of_name[name], made))
        if bearers:
            yield Place(said, bearers)


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Return the spans, given in order, that are not within another."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span.last > kept[-1].last:
            kept.append(span)
    return kept


def _senses(
    passage: Passage, place: Place, known: Known, read: dict[int, Sense]
) -> Iterator[tuple[Sense, str]]:
    """Yield what a place may stand for, with the name under which it is known."""
    for name, key in place.bearers:
        if (thing := known.get(key)) is not None:
            if key not in read:
                read[key] = sense_of(thing)
            if name in read[key].forms and _fits(read[key], place.cues):
                yield read[key], name
    name = passage.name(place.first, place.last)
    for creator in _creators(place, known):
        if text.name_key(creator) == name:
            yield Sense.of_creator(creator), name
            return


def _creators(place: Place, known: Known) -> Iterator[str]:
    for key in place.creations:
        if (thing := known.get(key)) is not None:
            yield from thing.creators


def _fits(sense: Sense, said: Cues) -> bool:
    """Tell whether an echo may speak of a sense: of its kind and, if no name is said, its maker."""
    if not said.echo:
        return True
    agrees = said.noun in AGREEING.get(sense.entity.kind, ())
    return agrees and (said.echo == "name" or said.credits(sense.entity.creators))


def _distinct(senses: Iterable[tuple[Sense, str]]) -> list[tuple[Sense, str]]:
    """Leave out a creator who is an imported person, and an imported thing that is an item."""
    by_id = {sense.entity.id: (sense, name) for sense, name in senses}
    people = any(s.is_imported and s.entity.kind == "person" for s, _ in by_id.values())
    held = {
        identifier
        for sense, _ in by_id.values()
        if not sense.is_imported
        for identifier in sense.entity.identifiers.items()
    }
    return [
        (sense, name)
        for sense, name in by_id.values()
        if not (people and sense.is_creator)
        and not (sense.is_imported and held & set(sense.entity.identifiers.items()))
    ]


def _mention(passage: Passage, one: Weighed, model: Disambiguator, top_k: int) -> Mention | None:
    ranked = _ranked(one, model)
    best, probability = ranked[0]
    if probability < DROP_BELOW:
        return None
    start, end = passage.starts[one.place.first], passage.ends[one.place.last]
    return Mention(
        start=start,
        end=end,
        surface=passage.written[start:end],
        entity=best if probability >= NIL_BELOW else None,
        probability=probability,
        candidates=tuple(ranked[:top_k]) if top_k > 1 else (),
    )


def _ranked(one: Weighed, model: Disambiguator) -> list[tuple[Entity, float]]:
    """Return the senses with their probabilities, best first.

    Editions of one work share theirs: the best known or, among equals, the plainest stands for all.
    """
    entities = [sense.entity for sense in one.senses]
    found = dict(zip(map(id, entities), model.probabilities(one.features), strict=True))
    plainest = sorted(entities, key=lambda e: (-e.popularity, len(e.name), e.id))
    works: list[tuple[Entity, float]] = []
    for entity in plainest:
        at = next((i for i, (work, _) in enumerate(works) if _is_edition(entity, work)), None)
        if at is None:
            works.append((entity, found[id(entity)]))
        else:
            works[at] = (works[at][0], works[at][1] + found[id(entity)])
    works.sort(key=lambda work: -work[1])
    return [(entity, round(probability, 4)) for entity, probability in works]


def _is_edition(one: Entity, other: Entity) -> bool:
    """Tell whether two senses of a name are one work: alike in kind and in a creator."""
    makers = {text.name_key(name) for name in one.creators}
    return one.kind == other.kind and not makers.isdisjoint(map(text.name_key, other.creators))
