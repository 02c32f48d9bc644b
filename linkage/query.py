"""Query: one question put to one view, from its candidates to a page of links."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from zlib import crc32

import numpy as np
import orjson

from linkage import candidates, diversity, evidence, filters, freshness, rank, store, works
from linkage.candidates import Question, Ranks, Shelf
from linkage.cursor import MAX_SERVED, Place
from linkage.embed import Vectors
from linkage.evidence import Comparison, Profile, Signals
from linkage.feedback import Tie
from linkage.profiles import Catalogue
from linkage.ranker import Ranker
from linkage.types import Evidence, Explanation, Filters, Item, Link, Options, Related, Relation
from linkage.views import View

POPULARITY_WEIGHT = 0.05
"""By how much the most popular item is preferred to an equally good one that nobody knows."""
_POOL = 35
_POOL_TO_REORDER = 150
_WIDER = 6
_WIDEST = 20_000
_MOST_COMPARED = 1_000
_COMPARED_TO_LEARN = 120
_EXPLAINED = 500
"""Among so many links the place of one is sought."""
_FEW = 2_000
"""When so few items pass the filters, the nearest of them are looked at, not of all."""

Found = Mapping[int, Ranks]
"""Candidates by key, the most promising first."""
NO_RANKS: Ranks = MappingProxyType({})
Features = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate that was compared. `value` orders links: the score and what weighs beside it.

    `work` is the id of the work it is an edition of, if that is known yet.
    """

    key: int
    profile: Profile
    signals: Signals
    relation: Relation
    score: float
    value: float
    work: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question, put to one view. `own_key` is that of the item asked about, if it has one."""

    view: View
    shelves: list[Shelf]
    catalogue: Catalogue
    question: Question
    source: Profile
    comparison: Comparison
    own_key: int | None
    options: Options
    half_lives: Mapping[str, float]
    ties: Mapping[int, Tie]
    """What clicks say of links from the item."""
    ranker: Ranker | None
    """The tenant's own, if it has one."""

    def page(self) -> Related:
        """Return a page; candidates are fetched until it is full or there are no more.

        The order of a listing is kept in its cursor: later pages go on in it, whatever is indexed
        meanwhile, and leave out what is gone.
        """
        place, limit = self._place(), self.options.limit
        listed = self.listing(place)
        page, rest = listed[:limit], listed[limit:]
        served = (*place.served, *(r.key for r in page))
        next_place = Place(place.began, served, tuple(r.key for r in rest))
        more = rest and len(served) < MAX_SERVED
        links = tuple(link for r in page if (link := self.link(r)).evidence)
        return Related(links, next_place.written(self._number) if more else None, self.view.info)

    def listing(self, place: Place) -> list[Ranked]:
        """Return what is to be listed next, more than a page of it where there is so much.

        What a former page promised comes first, in the order it was promised in.
        """
        ranked: list[Ranked] = []
        for keys in self._widening(len(place.served) + len(place.ahead)):
            ranked = self._ordered(keys, place)
            if len(ranked) > self.options.limit:
                break
        return ranked

    def compare(self, found: Mapping[int, Ranks], now: datetime) -> list[Ranked]:
        """Return those candidates that may be shown and pass the filters, the best first."""
        profiles = self.catalogue.shown(found)
        self.view.forget(found.keys() - profiles.keys())
        cosines = candidates.similarities(self.question.vector, list(profiles), self.shelves)
        passes = filters.sieve(self.options.filters)
        groups = self._works(profiles)
        ranked = [
            self.ranked(key, profile, cosines.get(key), now, groups)
            for key in found
            if key != self.own_key and (profile := profiles.get(key)) and passes(profile.item)
        ]
        return sorted(ranked, key=lambda r: -r.value)

    def ranked(
        self,
        key: int,
        target: Profile,
        cosine: float | None,
        now: datetime,
        groups: Mapping[int, str],
    ) -> Ranked:
        """Compare one item with the source; `groups` tells the works of both."""
        found = self.comparison.signals(target, cosine)
        relation, score = rank.judge(self.source, target, found, self.ranker)
        work = groups.get(key)
        if work and self.own_key is not None and work == groups.get(self.own_key):
            relation = "same_work"
        if tie := self.ties.get(key):
            score = tie.weigh(score)
        value = score * (1 + POPULARITY_WEIGHT * target.item.popularity)
        if self.options.fresh:
            age = freshness.decay(target.item, now, self.half_lives)
            value = freshness.weigh(value, age, self.options.fresh)
        return Ranked(key, target, found, relation, score, value, work)

    def features(self, among: Collection[int] | None = None) -> Iterator[tuple[Item, Features]]:
        """Yield candidates, not only those of a page, and what a ranker weighs of each.

        With `among` those items alone, whether or not they are candidates.
        """
        chosen = None if among is None else dict.fromkeys(among, NO_RANKS)
        found = self._gather(_COMPARED_TO_LEARN) if chosen is None else chosen
        for one in self.compare(found, datetime.now(UTC)):
            yield one.profile.item, rank.features(self.source, one.profile, one.signals)

    def explain(self, key: int, target: Profile) -> Explanation:
        """Return the link to one item in full and its place among those that are served."""
        place = Place(datetime.now(UTC))
        cosines = candidates.similarities(self.question.vector, [key], self.shelves)
        ranked = self.ranked(key, target, cosines.get(key), place.began, self._works([key]))
        widest = replace(self, options=replace(self.options, limit=_EXPLAINED))
        listed = widest.listing(place)
        keys = [r.key for r in listed]
        position = keys.index(key) + 1 if key in keys else None
        reason = None if position else self._absence(ranked, listed, place.began)
        return Explanation(self.source.item, self.link(ranked), position, reason, self.view.info)

    def _absence(self, ranked: Ranked, listed: Sequence[Ranked], now: datetime) -> str:
        """Return why an item is not among the related ones."""
        item = ranked.profile.item
        if ranked.key == self.own_key:
            return "an item is not related to itself"
        if item.hidden:
            return "the target is hidden"
        if item.expires_at and item.expires_at <= now:
            return f"the target expired at {item.expires_at.isoformat()}"
        if ranked.relation == "same_work":
            return (
                "it is another edition of the source, listed when relation=same_work is asked for"
            )
        mine = _work_marks(ranked)
        for other in listed:
            if mine & _work_marks(other):
                stands = other.profile.item.id
                return f"another edition of the same work stands for it: {stands!r}"
        return "no way of searching brings the target up for this source"

    def link(self, ranked: Ranked) -> Link:
        """Return the link of what was compared, with its reasons."""
        reasons = evidence.explain(self.source, ranked.profile, ranked.signals, self.question.words)
        if ranked.work and ranked.relation == "same_work":
            reasons = (Evidence("same_work", {"work": ranked.work}), *reasons)
        if tie := self.ties.get(ranked.key):
            reasons = (*reasons, _told_by(tie))
        return Link(ranked.profile.item, ranked.relation, round(ranked.score, 4), reasons)

    def _widening(self, listed: int) -> Iterator[Found]:
        """Yield candidates, then more of them, up to all there are."""
        is_reordered = self.options.fresh or self.options.diversity
        pool = (_POOL_TO_REORDER if is_reordered else _POOL) + 2 * (listed + self.options.limit)
        found = self._gather(pool)
        yield self._passing(found)
        if len(found) == pool and (few := self._few()) is not None:
            yield self._nearest(few)
            return
        while len(found) == pool and pool < _WIDEST:
            pool *= _WIDER
            found = self._gather(pool)
            yield self._passing(found)

    def _gather(self, limit: int) -> Found:
        clicked = [key for key, tie in self.ties.items() if tie.clicks > tie.dismissals]
        found = candidates.gather(
            self.question, self.shelves, filters=self.options.filters, limit=limit, clicked=clicked
        )
        if self.options.relation != "same_work" or self.own_key is None:
            return found
        session, tenant_id = self.catalogue.session, self.catalogue.tenant_id
        editions = works.editions_of(session, tenant_id, self.own_key)
        return dict(islice({**dict.fromkeys(editions, NO_RANKS), **found}.items(), limit))

    def _works(self, keys: Iterable[int]) -> dict[int, str]:
        """Return the works of these items and of the source."""
        own = () if self.own_key is None else (self.own_key,)
        return works.ids_of(self.catalogue.session, self.catalogue.tenant_id, {*keys, *own})

    def _passing(self, found: Found) -> Found:
        """Drop what does not pass filters that the index knows roughly or not at all."""
        wanted, keys = self.options.filters, list(found)
        if wanted.attributes or wanted.published_after:
            keys = store.passing_of(self.catalogue.session, self.catalogue.tenant_id, wanted, keys)
        return {key: found[key] for key in keys[:_MOST_COMPARED]}

    def _few(self) -> list[int] | None:
        """Return the keys of all items that pass the filters, or None if they are many."""
        wanted = self.options.filters
        if wanted == Filters(exclude=wanted.exclude):
            return None
        catalogue = self.catalogue
        keys = store.passing(catalogue.session, catalogue.tenant_id, wanted, limit=_FEW + 1)
        return keys if len(keys) <= _FEW else None

    def _nearest(self, keys: list[int]) -> Found:
        """Return those of the keys that any way of searching brings up, then the nearest."""
        passing = set(keys)
        found = {k: ranks for k, ranks in self._gather(_MOST_COMPARED).items() if k in passing}
        cosines = candidates.similarities(self.question.vector, keys, self.shelves)
        near = sorted(cosines, key=lambda key: (-cosines[key], key))
        for place, key in enumerate(near, start=1):
            found.setdefault(key, {"vector": place})
        for key in keys:
            found.setdefault(key, NO_RANKS)
        return dict(islice(found.items(), _MOST_COMPARED))

    def _ordered(self, found: Found, place: Place) -> list[Ranked]:
        """Return what is not yet listed: what was promised, then the best of the rest."""
        before = {key: at for at, key in enumerate((*place.served, *place.ahead))}
        ranked = self.compare({**dict.fromkeys(before, NO_RANKS), **found}, place.began)
        in_turn = sorted(ranked, key=lambda r: before.get(r.key, len(before)))
        kept = _one_a_work(r for r in in_turn if self._is_asked(r))
        shown = [r for r in kept if r.key in before]
        rest = [r for r in kept if r.key not in before]
        served = set(place.served)
        return [r for r in (*shown, *self._diversified(rest, shown)) if r.key not in served]

    def _diversified(self, rest: list[Ranked], shown: list[Ranked]) -> list[Ranked]:
        if not self.options.diversity:
            return rest
        order = diversity.reorder(
            [r.value for r in rest],
            self._vectors(rest),
            self.options.diversity,
            self._vectors(shown),
        )
        return [rest[at] for at in order]

    def _vectors(self, ranked: list[Ranked]) -> Vectors:
        """Return the vectors of what was compared; zeros where there is none yet."""
        there = vectors_of(self.shelves, [r.key for r in ranked])
        nothing = np.zeros_like(self.question.vector)
        return np.array([there.get(r.key, nothing) for r in ranked]).reshape(-1, len(nothing))

    def _place(self) -> Place:
        if self.options.cursor:
            return Place.read(self.options.cursor, self._number)
        return Place(datetime.now(UTC))

    @property
    def _number(self) -> int:
        """What a cursor of this question is known by; what may be excluded later is no part."""
        item, options, wanted = self.source.item, self.options, self.options.filters
        asked = (
            (item.id, item.title, item.text),
            (options.relation, options.fresh, options.diversity, wanted.published_after),
            (sorted(wanted.kinds), sorted(wanted.languages), sorted(wanted.sources)),
            sorted(wanted.attributes),
        )
        return crc32(orjson.dumps(asked))

    def _is_asked(self, ranked: Ranked) -> bool:
        """Tell whether to list it; the item's own editions only when they are asked for."""
        wanted = self.options.relation
        return ranked.relation == wanted if wanted else ranked.relation != "same_work"


def vectors_of(shelves: Iterable[Shelf], keys: Sequence[int]) -> dict[int, Vectors]:
    """Return the vector of each of the keys that has one yet."""
    found: dict[int, Vectors] = {}
    for shelf in shelves:
        if shelf.vectors:
            there, vectors = shelf.vectors.vectors(keys)
            found.update(zip(there.tolist(), vectors, strict=True))
    return found


def _told_by(tie: Tie) -> Evidence:
    return Evidence(
        "clicks", {"clicks": round(tie.clicks, 2), "dismissals": round(tie.dismissals, 2)}
    )


def _one_a_work(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Keep the first edition of each work."""
    kept: list[Ranked] = []
    seen: set[tuple[str, ...]] = set()
    for one in ranked:
        marks = _work_marks(one)
        if one.relation == "same_work" or not marks & seen:
            kept.append(one)
        seen |= marks
    return kept


def _work_marks(ranked: Ranked) -> set[tuple[str, ...]]:
    """Return what two editions have in common; what is new is not yet in a work."""
    profile = ranked.profile
    item = profile.item
    alike = {(item.kind, profile.title, creator) for creator in profile.creators}
    work = {("work", ranked.work)} if ranked.work else set()
    return alike | work | {(scheme, value) for scheme, value in item.identifiers.items()}
