"""Query: one question put to one view, from its candidates to a page of links."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple
from zlib import crc32

import numpy as np
import orjson

from linkage import candidates, evidence, rank, store
from linkage.candidates import Gathered, Question, Shelf
from linkage.cursor import MAX_SERVED, Place
from linkage.embed import Vectors
from linkage.feedback import Tie
from linkage.indexing.views import View
from linkage.related import diversity, filters, form, freshness
from linkage.related.laid import Fit, Laid
from linkage.related.ranker import Ranker
from linkage.related.signals import Column, Comparison, Signals
from linkage.related.sketch import Sketch
from linkage.related.sketches import Catalogue
from linkage.types import Evidence, Explanation, Filters, Item, Link, Options, Related, Relation
from linkage.works import lookup

POPULARITY_WEIGHT = 0.05
"""By how much the most popular item is preferred to an equally good one that nobody knows."""
_POOL = 35
_LAID = 10
"""Pages of at most so many links are made from what a build says of an item."""
_LEAST_LEFT = 0.5
"""Where less is left of that, the build is asked again."""
_POOL_TO_REORDER = 150
_WIDER = 6
_WIDEST = 20_000
_MOST_COMPARED = 1_000
_COMPARED_TO_LEARN = 120
_EXPLAINED = 500
"""Among so many links the place of one is sought."""
_FEW = 2_000
"""When so few items pass the filters, the nearest of them are looked at, not of all."""

Features = Mapping[str, float]


class Ranked(NamedTuple):
    """A candidate that was compared: the one in a row of `found`, None if that was before.

    `work` is the id of the work it is an edition of, if that is known yet, and `is_edition` tells
    whether that is the source's too. `is_laid` tells that it is what the build says.
    """

    fit: Fit
    work: str | None
    is_edition: bool
    found: Signals | None
    at: int
    is_laid: bool

    @property
    def key(self) -> int:
        """The candidate."""
        return self.fit.key

    @property
    def value(self) -> float:
        """What orders links: the score and what weighs beside it."""
        return self.fit.value


@dataclass(slots=True, kw_only=True)
class Query:
    """One question, put to one view. `own_key` is that of the item asked about, if it has one."""

    view: View
    shelves: list[Shelf]
    catalogue: Catalogue
    question: Question
    source: Item
    sketch: Sketch
    own_key: int | None
    options: Options
    half_lives: Mapping[str, float]
    ties: Mapping[int, Tie]
    """What clicks say of links from the item."""
    ranker: Ranker | None
    """The tenant's own, if it has one."""
    own_revision: int | None = None
    laid: Laid | None = None
    """What the build says of the item, if that was asked before or a page asked it."""
    has_laid: bool = False
    """Whether a page laid what may be kept."""
    expiries: list[datetime] = field(default_factory=list)
    """When what was looked at expires: before the first of them the page is the same again."""
    _comparison: Comparison | None = None

    @property
    def comparison(self) -> Comparison:
        """The item, prepared to be compared; a page of laid links may do without."""
        if self._comparison is None:
            self._comparison = Comparison(self.sketch, self.source, self.question)
        return self._comparison

    def page(self) -> Related:
        """Return a page; candidates are fetched until it is full or there are no more.

        The order of a listing is kept in its cursor: later pages go on in it, whatever is indexed
        meanwhile, and leave out what is gone.
        """
        page, cursor = self._page()
        links = tuple(link for link in self.links(page).values() if link.evidence)
        return Related(links, cursor, self.view.info)

    def written(self) -> bytes:
        """Return a page as it is sent. What the build says is written once."""
        page, cursor = self._page()
        kept = self.laid.written if self.laid else {}
        new = [one for one in page if not (one.is_laid and one.key in kept)]
        made = {key: orjson.dumps(form.link(told)) if told.evidence else b""
                for key, told in self.links(new).items()}  # fmt: skip
        kept.update((one.key, made[one.key]) for one in new if one.is_laid and one.key in made)
        links = [kept.get(one.key) if one.is_laid else made.get(one.key) for one in page]
        return form.written(list(filter(None, links)), cursor, self.view.info)

    def _page(self) -> tuple[list[Ranked], str | None]:
        """Return what a page lists, and the cursor of the next."""
        place, limit = self._place(), self.options.limit
        listed = self.listing(place)
        page, rest = listed[:limit], listed[limit:]
        served = (*place.served, *(r.key for r in page))
        next_place = Place(place.began, served, tuple(r.key for r in rest))
        more = rest and len(served) < MAX_SERVED
        return page, next_place.written(self._number) if more else None

    def listing(self, place: Place) -> list[Ranked]:
        """Return what is to be listed next, more than a page of it where there is so much.

        What a former page promised comes first, in the order it was promised in.
        """
        ranked: list[Ranked] = []
        if self._is_laid_for():
            ranked, has_more = self._from_build(place.began)
            ranked = self._ordered(ranked, place)
            if len(ranked) > self.options.limit or not has_more:
                return ranked
        before = (*place.served, *place.ahead)
        for keys in self._widening(len(before)):
            found = self.compare(list(dict.fromkeys((*before, *keys))), place.began)
            ranked = self._ordered(found, place)
            if len(ranked) > self.options.limit:
                break
        return ranked

    def _is_laid_for(self) -> bool:
        """Tell whether what a build says may be kept for such a question."""
        options, wanted = self.options, self.options.filters
        is_plain = options.relation is None and not (options.fresh or options.diversity)
        is_known = wanted.published_after is None and not (wanted.attributes or wanted.exclude)
        return (
            is_plain
            and is_known
            and not options.cursor
            and not self.ties
            and options.limit <= _LAID
            and self.question.rarity.is_settled
            and self.own_revision is not None
            and self.own_revision <= self.view.revision
        )

    def _from_build(self, now: datetime) -> tuple[list[Ranked], bool]:
        """Return what the build says and what came since, and whether there may be more."""
        build, *others = self.shelves
        wanted, pool = self.options.filters, _POOL + 2 * _LAID
        ranked = self._still(self.laid) if self.laid else []
        if self.laid is None or _LEAST_LEFT * len(self.laid.keys) > len(ranked):
            gathered = candidates.gather(self.question, [build], filters=wanted, limit=pool)
            ranked = self.compare(gathered.keys, now, is_laid=True)
            self._lay(ranked, gathered)
        assert self.laid
        later = self._changed(self.laid)
        for shelf in others:
            later += candidates.since(
                self.question, shelf, self.laid.standards, like=build, filters=wanted, limit=pool
            )
        there = {one.key for one in ranked}
        new = self.compare([key for key in dict.fromkeys(later) if key not in there], now)
        has_more = self.laid.has_more or wanted != Filters()
        return sorted((*ranked, *new), key=lambda r: -r.value), has_more

    def _lay(self, ranked: Sequence[Ranked], gathered: Gathered) -> None:
        """Keep what the build says, but for where it no longer knows an item as it is."""
        revisions = self.catalogue.revisions([one.key for one in ranked])
        targets = ((one.key, one.found.targets[one.at]) for one in ranked if one.found)
        expiries = {key: target.expires_at for key, target in targets if target.expires_at}
        self.laid = Laid.of([one.fit for one in ranked], expiries, gathered)
        self.has_laid = all(revision <= self.view.revision for revision in revisions.values())

    def _still(self, laid: Laid) -> list[Ranked]:
        """Return what of it is there and as the build knows it."""
        revisions, now = self.catalogue.revisions(laid.keys), datetime.now(UTC)
        self.expiries.extend(laid.expiries.values())
        if len(revisions) < len(laid.keys):
            self.view.forget(set(laid.keys) - revisions.keys())
        gone = {key for key, at in laid.expiries.items() if at <= now}
        known = self.view.revision
        there = [
            fit for fit in laid.fits() if revisions.get(fit.key, known + 1) <= known
            and fit.key not in gone
        ]  # fmt: skip
        return self._placed(there, None, is_laid=True)

    def _changed(self, laid: Laid) -> list[int]:
        """Return what of it has changed so lately that the view has not taken it in."""
        revisions, known = self.catalogue.revisions(laid.keys), self.view.revision
        changed = (key for key, revision in revisions.items() if revision > known)
        return [key for key in changed if not self.view.is_buried(key)]

    def compare(
        self, found: Collection[int], now: datetime, *, is_laid: bool = False
    ) -> list[Ranked]:
        """Return those candidates that may be shown and pass the filters, the best first."""
        there = self.catalogue.shown(found)
        self.expiries.extend(one.expires_at for one in there.values() if one.expires_at)
        if len(there) < len(found):
            self.view.forget(set(found) - there.keys())
        keys = self._sieved([key for key in found if key in there and key != self.own_key])
        ranked = self.ranked(keys, [there[key] for key in keys], now, is_laid=is_laid)
        return sorted(ranked, key=lambda r: -r.value)

    def ranked(
        self, keys: list[int], targets: list[Sketch], now: datetime, *, is_laid: bool = False
    ) -> list[Ranked]:
        """Compare items with the source."""
        if not keys:
            return []
        cosines = candidates.similarities(self.question.vector, keys, self.shelves)
        similarity = np.array([cosines.get(key, math.nan) for key in keys])
        found = self.comparison.signals(targets, similarity)
        scores = self._weighed(keys, rank.scores(found, self.ranker))
        popularity = np.array([target.popularity for target in targets])
        values = scores * (1 + POPULARITY_WEIGHT * popularity)
        if self.options.fresh:
            values *= self._freshness(keys, now)
        columns = (scores.tolist(), values.tolist(), rank.is_same_work(found).tolist())
        fits = map(Fit, keys, *columns, [target.editions() for target in targets])
        return self._placed(list(fits), found, is_laid=is_laid)

    def _placed(self, fits: Sequence[Fit], found: Signals | None, *, is_laid: bool) -> list[Ranked]:
        """Return candidates with their works as they are now."""
        own_key = () if self.own_key is None else (self.own_key,)
        works = self.catalogue.works((*(fit.key for fit in fits), *own_key))
        own = None if self.own_key is None else works[self.own_key]
        return [
            Ranked(fit, work := works[fit.key],
                   fit.is_edition or (work is not None and work == own), found, at, is_laid)
            for at, fit in enumerate(fits)
        ]  # fmt: skip

    def _weighed(self, keys: list[int], scores: Column) -> Column:
        """Return the scores with what clicks say."""
        for at, key in enumerate(keys if self.ties else ()):
            if tie := self.ties.get(key):
                scores[at] = tie.weigh(float(scores[at]))
        return scores

    def _freshness(self, keys: list[int], now: datetime) -> Column:
        """Return what freshness makes of each relevance, as a factor."""
        items, fresh = self.catalogue.items(keys), self.options.fresh
        ages = [freshness.decay(items[key], now, self.half_lives) for key in keys]
        return np.array([freshness.weigh(1.0, age, fresh) for age in ages])

    def _sieved(self, keys: list[int]) -> list[int]:
        """Return those of the keys whose items pass the filters as they are now."""
        if self.options.filters == Filters():
            return keys
        passes, items = filters.sieve(self.options.filters), self.catalogue.items(keys)
        return [key for key in keys if key in items and passes(items[key])]

    def features(self, among: Collection[int] | None = None) -> Iterator[tuple[Item, Features]]:
        """Yield candidates, not only those of a page, and what a ranker weighs of each.

        With `among` those items alone, whether or not they are candidates.
        """
        found = self._gather(_COMPARED_TO_LEARN) if among is None else among
        ranked = self.compare(found, datetime.now(UTC))
        items = self.catalogue.items([one.key for one in ranked])
        weighed = rank.features(ranked[0].found) if ranked and ranked[0].found else {}
        for one in ranked:
            yield items[one.key], {name: float(weighed[name][one.at]) for name in rank.FEATURES}

    def explain(self, key: int, target: Item) -> Explanation:
        """Return the link to one item in full and its place among those that are served."""
        place = Place(datetime.now(UTC))
        [ranked] = self.ranked([key], [Sketch(target)], place.began)
        widest = replace(self, options=replace(self.options, limit=_EXPLAINED))
        listed = widest.listing(place)
        keys = [r.key for r in listed]
        position = keys.index(key) + 1 if key in keys else None
        link = self._link(ranked, target)
        reason = None if position else self._absence(ranked, link, listed, place.began)
        return Explanation(self.source, link, position, reason, self.view.info)

    def _absence(self, ranked: Ranked, link: Link, listed: Sequence[Ranked], now: datetime) -> str:
        """Return why an item is not among the related ones."""
        item = link.target
        if ranked.key == self.own_key:
            return "an item is not related to itself"
        if item.hidden:
            return "the target is hidden"
        if item.expires_at and item.expires_at <= now:
            return f"the target expired at {item.expires_at.isoformat()}"
        if link.relation == "same_work":
            return (
                "it is another edition of the source, listed when relation=same_work is asked for"
            )
        mine = _work_marks(ranked)
        for other in listed:
            if mine & _work_marks(other):
                stands = self.catalogue.items([other.key])[other.key].id
                return f"another edition of the same work stands for it: {stands!r}"
        return "no way of searching brings the target up for this source"

    def links(self, ranked: Sequence[Ranked]) -> dict[int, Link]:
        """Return the links by key, with their reasons; what was laid is compared again."""
        again = [one.key for one in ranked if one.found is None]
        compared = {one.key: one for one in self.compare(again, datetime.now(UTC))}
        items = self.catalogue.items([one.key for one in ranked])
        found = ((one.key, compared.get(one.key, one)) for one in ranked)
        return {
            key: self._link(one, items[key]) for key, one in found if one.found and key in items
        }

    def _link(self, one: Ranked, target: Item) -> Link:
        assert one.found
        reasons = evidence.explain(one.found, one.at, self.source, target, self.question.words)
        relation = self._relation(one, target)
        if one.work and relation == "same_work":
            reasons = (Evidence("same_work", {"work": one.work}), *reasons)
        if tie := self.ties.get(one.key):
            reasons = (*reasons, _told_by(tie))
        return Link(target, relation, round(one.fit.score, 4), reasons)

    def _relation(self, one: Ranked, target: Item) -> Relation:
        if one.is_edition:
            return "same_work"
        assert one.found
        return rank.relation(one.found, one.at, one.fit.score, self.source, target)

    def _widening(self, listed: int) -> Iterator[list[int]]:
        """Yield candidates by key, then more of them, up to all there are."""
        is_reordered = self.options.fresh or self.options.diversity
        pool = (_POOL_TO_REORDER if is_reordered else _POOL) + 2 * (listed + self.options.limit)
        found = self._gather(pool)
        yield self._passing(found)
        if len(found) < candidates.of_each(pool):
            return
        if (few := self._few()) is not None:
            yield self._nearest(few)
            return
        while len(found) >= candidates.of_each(pool) and pool < _WIDEST:
            pool *= _WIDER
            found = self._gather(pool)
            yield self._passing(found)

    def _gather(self, limit: int) -> list[int]:
        clicked = [key for key, tie in self.ties.items() if tie.clicks > tie.dismissals]
        found = candidates.gather(
            self.question, self.shelves, filters=self.options.filters, limit=limit, clicked=clicked
        ).keys
        if self.options.relation != "same_work" or self.own_key is None:
            return found
        session, tenant_id = self.catalogue.session, self.catalogue.tenant_id
        editions = lookup.editions_of(session, tenant_id, self.own_key)
        return list(dict.fromkeys((*editions, *found)))[:limit]

    def _passing(self, keys: list[int]) -> list[int]:
        """Drop what does not pass filters that the index knows roughly or not at all."""
        wanted = self.options.filters
        if wanted.attributes or wanted.published_after:
            keys = store.passing_of(self.catalogue.session, self.catalogue.tenant_id, wanted, keys)
        return keys[:_MOST_COMPARED]

    def _few(self) -> list[int] | None:
        """Return the keys of all items that pass the filters, or None if they are many."""
        wanted = self.options.filters
        if wanted == Filters(exclude=wanted.exclude):
            return None
        catalogue = self.catalogue
        keys = store.passing(catalogue.session, catalogue.tenant_id, wanted, limit=_FEW + 1)
        if len(keys) <= _FEW:
            return keys
        self.expiries.append(datetime.now(UTC))  # any of them may expire and leave few
        return None

    def _nearest(self, keys: list[int]) -> list[int]:
        """Return those of the keys that any way of searching brings up, then the nearest."""
        passing = set(keys)
        found = [key for key in self._gather(_MOST_COMPARED) if key in passing]
        cosines = candidates.similarities(self.question.vector, keys, self.shelves)
        near = sorted(cosines, key=lambda key: (-cosines[key], key))
        return list(dict.fromkeys((*found, *near, *keys)))[:_MOST_COMPARED]

    def _ordered(self, ranked: list[Ranked], place: Place) -> list[Ranked]:
        """Return what is not yet listed: what was promised, then the best of the rest."""
        before = {key: at for at, key in enumerate((*place.served, *place.ahead))}
        in_turn = sorted(ranked, key=lambda r: before.get(r.key, len(before)))
        kept = _one_a_work(self._asked(in_turn))
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
        return Place(freshness.minute())

    @property
    def _number(self) -> int:
        """What a cursor of this question is known by; what may be excluded later is no part."""
        item, options, wanted = self.source, self.options, self.options.filters
        asked = (
            (item.id, item.title, item.text),
            (options.relation, options.fresh, options.diversity, wanted.published_after),
            (sorted(wanted.kinds), sorted(wanted.languages), sorted(wanted.sources)),
            sorted(wanted.attributes),
        )
        return crc32(orjson.dumps(asked))

    def _asked(self, ranked: list[Ranked]) -> list[Ranked]:
        """Return what is to be listed; the item's own editions only when they are asked for."""
        wanted = self.options.relation
        if wanted is None or wanted == "same_work":
            return [r for r in ranked if r.is_edition == (wanted == "same_work")]
        items = self.catalogue.items([r.key for r in ranked])
        return [r for r in ranked if r.key in items and self._relation(r, items[r.key]) == wanted]


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
    seen: set[object] = set()
    for one in ranked:
        marks = _work_marks(one)
        if one.is_edition or seen.isdisjoint(marks):
            kept.append(one)
        seen |= marks
    return kept


def _work_marks(ranked: Ranked) -> set[object]:
    """Return what two editions have in common; what is new is not yet in a work."""
    marks: set[object] = set(ranked.fit.editions)
    if ranked.work:
        marks.add(ranked.work)
    return marks
