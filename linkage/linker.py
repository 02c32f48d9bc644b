"""Linker: the one object callers ask what belongs to an item, and what a text mentions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from linkage import candidates, cursor, dates, evidence, mentions, rank, store
from linkage.candidates import Question, Ranks, Shelf
from linkage.embed import DEFAULT_ENCODER, Encoder, load_encoder, text_to_embed
from linkage.errors import InvalidCursorError
from linkage.evidence import Profile, Signals
from linkage.lexical import language_tags
from linkage.types import Filters, Item, Link, Mention, Related, Relation
from linkage.views import IndexStatus, View, Views

log = structlog.get_logger()

MAX_SERVED = 500
"""How far a listing of related items can be paged."""
_POOL = 40
_ATTEMPTS = 4

__all__ = ["IndexStatus", "Linker"]


@dataclass(frozen=True, slots=True)
class _Ranked:
    key: int
    profile: Profile
    signals: Signals
    relation: Relation
    score: float


class Linker:
    """Answers from the live index build of each tenant, kept fresh by what changed since.

    `data_dir` holds the builds. `encoders` gives the encoder a build names; `encoder` is the name
    of the one to use where there is no build. `on_damage` is told the tenant and the
    build of files that could not be loaded. Safe for many threads.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        encoder: str = DEFAULT_ENCODER,
        encoders: Callable[[str], Encoder] = load_encoder,
        on_damage: Callable[[str, str], None] | None = None,
    ) -> None:
        self._views = Views(data_dir, encoder=encoder, encoders=encoders, on_damage=on_damage)

    def related(  # noqa: PLR0913 - the options of one question
        self,
        session: Session,
        tenant_id: str,
        item_id: str,
        *,
        filters: Filters | None = None,
        relation: Relation | None = None,
        limit: int = 10,
        cursor: str | None = None,
    ) -> Related:
        """Return what belongs to an item of the catalogue; ItemNotFoundError if there is none."""
        stored = store.get(session, tenant_id, item_id)
        query = self._query(session, tenant_id, stored.item, filters, stored.key)
        return query.page(relation, limit, cursor, own_key=stored.key)

    def related_to(  # noqa: PLR0913 - the options of one question
        self,
        session: Session,
        tenant_id: str,
        item: Item | str,
        *,
        filters: Filters | None = None,
        relation: Relation | None = None,
        limit: int = 10,
        cursor: str | None = None,
    ) -> Related:
        """Return what belongs to an item that need not be in the catalogue, or to a text."""
        asked = Item(id="", kind="text", title="", text=item) if isinstance(item, str) else item
        query = self._query(session, tenant_id, asked, filters)
        own = store.keys(session, tenant_id, [asked.id]).get(asked.id) if asked.id else None
        return query.page(relation, limit, cursor, own_key=own)

    def mentions(
        self,
        session: Session,
        tenant_id: str,
        written: str,
        *,
        language: str | None = None,
        top_k: int = 1,
    ) -> tuple[Mention, ...]:
        """Return the items and creators a text names, in the order of the text."""
        del language  # names are matched in every language; a hint has nothing to decide yet
        spans = self._views.names(session, tenant_id).spans(written)
        wanted = {key for span in spans for key in span.items}
        items = store.visible(session, tenant_id, wanted)
        return mentions.resolve(written, spans, items, top_k=top_k)

    def warm(self) -> None:
        """Load the encoder, so that the first question need not wait for it."""
        self._views.encoder().encode(["warm"])

    def status(self, session: Session, tenant_id: str) -> IndexStatus:
        """Return what answers for a tenant now and how much waits for the next build."""
        return self._views.current(session, tenant_id).status()

    def _query(
        self,
        session: Session,
        tenant_id: str,
        item: Item,
        filters: Filters | None,
        key: int | None = None,
    ) -> "_Query":
        view = self._views.current(session, tenant_id)
        vector = None if key is None else view.vector(key)
        if vector is None:
            vector = view.encoder.encode([text_to_embed(item)])[0]
        shelves = view.shelves()
        words = candidates.telling_words(item, shelves)
        return _Query(
            view=view,
            shelves=shelves,
            session=session,
            tenant_id=tenant_id,
            question=Question(item=item, vector=vector, words=words),
            source=Profile(item),
            filters=filters or Filters(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """One question, put to one view."""

    view: View
    shelves: list[Shelf]
    session: Session
    tenant_id: str
    question: Question
    source: Profile
    filters: Filters

    def page(
        self, relation: Relation | None, limit: int, cursor_text: str | None, *, own_key: int | None
    ) -> Related:
        """Return a page; candidates are fetched until it is full or there are no more."""
        served = _served(cursor_text)
        hidden = {own_key} if own_key is not None else set()
        skipped = len(served) + len(self.filters.exclude)
        pool, wanted = _POOL + 2 * (skipped + limit), limit + 1
        for _ in range(_ATTEMPTS):
            found = candidates.gather(self.question, self.shelves, filters=self.filters, limit=pool)
            ranked = [r for r in self._ranked(found, hidden) if _is_asked(r, relation)]
            fresh = [r for r in _one_a_work(ranked) if r.key not in served]
            if len(fresh) >= wanted or len(found) < pool:
                break
            pool *= 3
        return self._related(fresh, served, limit)

    def _ranked(self, found: Mapping[int, Ranks], hidden: set[int]) -> list[_Ranked]:
        items = store.visible(self.session, self.tenant_id, found)
        self.view.forget(set(found) - items.keys())
        cosines = candidates.similarities(self.question.vector, list(found), self.shelves)
        shown = [key for key in found if key in items and key not in hidden]
        passing = (key for key in shown if _passes(items[key], self.filters))
        ranked = [self._compare(key, items[key], cosines.get(key), found[key]) for key in passing]
        return sorted(ranked, key=lambda r: -r.score)

    def _compare(self, key: int, item: Item, cosine: float | None, ranks: Ranks) -> _Ranked:
        target = Profile(item)
        found = evidence.signals(
            self.source, target, weights=self.question.words, similarity=cosine, ranks=ranks
        )
        relation = rank.relation(self.source, target, found)
        return _Ranked(key, target, found, relation, rank.score(self.source, target, found))

    def _related(self, fresh: list[_Ranked], served: set[int], limit: int) -> Related:
        page = fresh[:limit]
        links = tuple(link for r in page if (link := self._link(r)).evidence)
        done = [*served, *(r.key for r in page)]
        more = len(fresh) > limit and len(done) < MAX_SERVED
        return Related(links, cursor.encode(done) if more else None, self.view.info)

    def _link(self, ranked: _Ranked) -> Link:
        reasons = evidence.explain(self.source, ranked.profile, ranked.signals, self.question.words)
        return Link(ranked.profile.item, ranked.relation, ranked.score, reasons)


def _served(cursor_text: str | None) -> set[int]:
    keys = cursor.decode(cursor_text) if cursor_text else []
    if len(keys) > MAX_SERVED or not all(isinstance(key, int) for key in keys):
        raise InvalidCursorError
    return set(keys)


def _is_asked(ranked: _Ranked, relation: Relation | None) -> bool:
    """Tell whether to list it; the item's own editions only when they are asked for."""
    return ranked.relation == relation if relation else ranked.relation != "same_work"


def _one_a_work(ranked: Iterable[_Ranked]) -> list[_Ranked]:
    """Keep the best edition of each work."""
    kept: list[_Ranked] = []
    seen: set[tuple[str, ...]] = set()
    for one in ranked:
        marks = _work_marks(one)
        if one.relation == "same_work" or not marks & seen:
            kept.append(one)
        seen |= marks
    return kept


def _work_marks(ranked: _Ranked) -> set[tuple[str, ...]]:
    item, profile = ranked.profile.item, ranked.profile
    alike = {(item.kind, profile.title, creator) for creator in profile.creators}
    return alike | {(scheme, value) for scheme, value in item.identifiers.items()}


def _passes(item: Item, filters: Filters) -> bool:
    """Check what was found against the item as it is now; the index may know an older one."""
    languages = {language.lower() for language in filters.languages}
    return (
        item.id not in filters.exclude
        and (not filters.kinds or item.kind in filters.kinds)
        and (not filters.sources or item.source in filters.sources)
        and (not languages or not languages.isdisjoint(language_tags(item.language)))
        and dates.is_after(item.published_at, filters.published_after)
    )
