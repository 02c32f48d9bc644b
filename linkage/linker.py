"""Linker: the one object callers ask what belongs to an item, and what a text mentions."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from linkage import candidates, mentions
from linkage.candidates import Shelf
from linkage.embed import DEFAULT_ENCODER, Encoder, Vectors, load_encoder, text_to_embed
from linkage.errors import ItemNotFoundError, LinkageError
from linkage.feedback import Tie, Ties
from linkage.index import STORES, VectorStores
from linkage.indexing.views import IndexStatus, Reading, View, Views
from linkage.mentions import CONTEXT_ENCODER
from linkage.naming.disambiguate import load_disambiguator
from linkage.naming.names import Names, bearers
from linkage.naming.passage import Passage
from linkage.related import freshness
from linkage.related.answers import Answers, Asked, Sign
from linkage.related.laid import LAID, Ground, Laid
from linkage.related.preparation import Preparation
from linkage.related.query import Features, Query, vectors_of
from linkage.related.ranker import Ranker
from linkage.related.rankers import Rankers
from linkage.related.sketch import Sketch
from linkage.related.sketches import Catalogue, Changes, Recent, Sketches
from linkage.types import Entity, Explanation, Filters, Item, Mention, Options, Related, Relation

__all__ = ["Ask", "IndexStatus", "Linker", "text_item"]

MAX_NAMESAKES = 200
"""Bearers of one name that are looked at."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: about an item of the catalogue, by its id, or any other item."""

    subject: str | Item
    options: Options = field(default_factory=Options)


class Linker:
    """Answers from the live index build of each tenant, kept fresh by what changed since.

    `data_dir` holds the builds. `encoders` gives the encoder a build names; `encoder` is the name
    of the one to use where there is no build. `stores` keep the vectors of each kind of index.
    With `reading`, which opens a session, threads keep views fresh and prepare items to be
    compared, and builds are swapped without a request waiting. `on_damage` is told the tenant and
    the build of files that could not be loaded. `half_lives` are days by kind, in place of those
    of `freshness.HALF_LIVES`. `mentions_model` is a file of weights, by default those that ship.
    `rankers` are those that tenants trained. `changes` is a number that is another once anything in
    the database is, None if that is not known. Safe for many threads.
    """

    def __init__(  # noqa: PLR0913 - what its parts need
        self,
        data_dir: Path,
        *,
        encoder: str = DEFAULT_ENCODER,
        encoders: Callable[[str], Encoder] = load_encoder,
        stores: Mapping[str, VectorStores] = STORES,
        reading: Reading | None = None,
        mentions_model: Path | None = None,
        on_damage: Callable[[str, str], None] | None = None,
        half_lives: Mapping[str, float] | None = None,
        rankers: Rankers | None = None,
        changes: Changes = lambda: None,
    ) -> None:
        self._views = Views(
            data_dir,
            encoder=encoder,
            encoders=encoders,
            stores=stores,
            reading=reading,
            on_damage=on_damage,
        )
        self._sketches = Sketches(changes=changes)
        self._preparation = Preparation(self._sketches, reading) if reading else None
        self._answers = Answers()
        self._laid = Recent[Laid](LAID, lambda laid: laid.size)
        self._ties = Ties()
        self._rankers = rankers
        self._half_lives = {**freshness.HALF_LIVES, **(half_lives or {})}
        self._names = Names()
        self._encoders = encoders
        self._disambiguator = load_disambiguator(mentions_model)

    def related(  # noqa: PLR0913 - the options of one question
        self,
        session: Session,
        tenant_id: str,
        item_id: str,
        *,
        filters: Filters | None = None,
        relation: Relation | None = None,
        fresh: float = 0.0,
        diversity: float = 0.0,
        limit: int = 10,
        cursor: str | None = None,
    ) -> Related:
        """Return what belongs to an item of the catalogue; ItemNotFoundError if there is none."""
        options = Options(
            filters=filters or Filters(), relation=relation, fresh=fresh, diversity=diversity,
            limit=limit, cursor=cursor,
        )  # fmt: skip
        return self.answer(session, tenant_id, Ask(item_id, options))

    def answer(self, session: Session, tenant_id: str, ask: Ask) -> Related:
        """Answer one question; ItemNotFoundError when it is about an item there is not."""
        return self._query(self._sketches.at(session, tenant_id), ask).page()

    def written(self, session: Session, tenant_id: str, item_id: str, options: Options) -> bytes:
        """Return an answer as it is sent, which is kept for who asks again.

        It is what would be made anew but for the moment in `next_cursor` at which the listing
        began, which only freshness looks at.
        """
        catalogue, ask = self._sketches.at(session, tenant_id), Ask(item_id, options)
        if options.cursor:
            return self._query(catalogue, ask).written()
        asked, sign = Asked(item_id, options), self._sign(catalogue, item_id, options)
        if (kept := self._answers.get(tenant_id, asked, sign)) is None:
            query = self._query(catalogue, ask)
            kept = self._from_laid(tenant_id, query)
            self._answers.keep(tenant_id, asked, sign, kept, expiries=query.expiries)
        return kept

    def _from_laid(self, tenant_id: str, query: Query) -> bytes:
        """Write a page, with what its build said of the item before, and keep what it says."""
        info = query.view.info
        ground = Ground(info.build if info else None, query.own_revision, query.ranker)
        place = (tenant_id, (query.own_key, query.options.filters), ground)
        query.laid = self._laid.get(place)
        page = query.written()
        if query.laid and query.has_laid:
            self._laid.keep(place, query.laid)
        return page

    def answer_many(
        self, session: Session, tenant_id: str, asked: Sequence[Ask]
    ) -> list[Related | LinkageError]:
        """Answer many questions at once, each in its place with its page or what is wrong with it.

        What has no vector yet is encoded together, which is much faster than one by one.
        """
        answers: list[Related | LinkageError] = []
        for query in self._queries(self._sketches.at(session, tenant_id), asked):
            try:
                answers.append(query if isinstance(query, LinkageError) else query.page())
            except LinkageError as error:
                answers.append(error)
        return answers

    def explain(
        self, session: Session, tenant_id: str, source_id: str, target_id: str
    ) -> Explanation:
        """Explain the link between two items of the catalogue, whether or not it is served.

        Raises ItemNotFoundError when the tenant has not both.
        """
        catalogue = self._sketches.at(session, tenant_id)
        target = catalogue.by_ids([target_id]).get(target_id)
        query = self._query(catalogue, Ask(source_id))
        if target is None:
            raise ItemNotFoundError(target_id)
        return query.explain(*target)

    def features(
        self,
        session: Session,
        tenant_id: str,
        ask: Ask,
        *,
        among: Collection[str] | None = None,
    ) -> list[tuple[Item, Features]]:
        """Return the candidates of a question and their `rank.features`, to train a ranker on.

        With `among` those items alone, whether or not they are candidates.
        """
        catalogue = self._sketches.at(session, tenant_id)
        query = self._query(catalogue, ask)
        if among is None:
            return list(query.features())
        return list(query.features([key for key, _ in catalogue.by_ids(among).values()]))

    def mentions(
        self,
        session: Session,
        tenant_id: str,
        written: str,
        *,
        language: str | None = None,
        top_k: int = 1,
    ) -> tuple[Mention, ...]:
        """Return the items, creators and entities a text names, in the order of the text."""
        del language  # names are matched in every language; a hint has nothing to decide yet
        passage = Passage(written)
        found = mentions.places(passage, self._names.current(session, tenant_id))
        known = bearers(session, tenant_id, {key for place in found for key in place.keys})
        weighed = mentions.compare(
            passage, mentions.weigh(passage, found, known), self._encoders(CONTEXT_ENCODER)
        )
        return mentions.choose(passage, weighed, self._disambiguator, top_k=top_k)

    def named(self, session: Session, tenant_id: str, name: str) -> list[Item | Entity]:
        """Return the items and entities whose own name or alias this is, but for case and marks."""
        passage = Passage(name)
        whole = (0, len(passage.words) - 1)
        spans = self._names.current(session, tenant_id).spans(passage)
        keys = [key for s in spans if (s.first, s.last) == whole for key in sorted(s.own)]
        return list(bearers(session, tenant_id, keys[:MAX_NAMESAKES]).values())

    def warm(self) -> None:
        """Load the encoder, so that the first question need not wait for it."""
        self._views.encoder().encode(["warm"])

    def status(self, session: Session, tenant_id: str) -> IndexStatus:
        """Return what answers for a tenant now and how much waits for the next build."""
        return self._views.current(session, tenant_id).status()

    def close(self) -> None:
        """Stop following the catalogue."""
        if self._preparation:
            self._preparation.close()
        self._views.close()

    def _sign(self, catalogue: Catalogue, item_id: str, options: Options) -> Sign:
        """Return what an answer depends on; the view first, so that it is none too new."""
        view = self._views.current(catalogue.session, catalogue.tenant_id).mark
        return Sign(
            view=view,
            catalogue=catalogue.known.version,
            ranker=self._ranker(catalogue),
            ties=self._tied(catalogue, catalogue.key(item_id)),
            minute=freshness.minute() if options.fresh else None,
        )

    def _query(self, catalogue: Catalogue, ask: Ask) -> Query:
        [query] = self._queries(catalogue, [ask])
        if isinstance(query, LinkageError):
            raise query
        return query

    def _queries(self, catalogue: Catalogue, asked: Sequence[Ask]) -> list[Query | LinkageError]:
        view = self._views.current(catalogue.session, catalogue.tenant_id)
        if self._preparation:
            self._preparation.begin(catalogue.tenant_id)
        shelves = view.shelves()
        known = catalogue.by_ids({_id(ask) for ask in asked})
        ranker = self._ranker(catalogue)
        queries: list[Query | LinkageError] = []
        for ask, vector in zip(asked, _vectors(view, shelves, asked, known), strict=True):
            key, stored = known.get(_id(ask), (None, None))
            source = stored if isinstance(ask.subject, str) else ask.subject
            if source is None or vector is None:
                queries.append(ItemNotFoundError(_id(ask)))
                continue
            is_stored = source is stored
            sketch = catalogue.sketch(source) if is_stored else Sketch(source)
            question = candidates.question(source, vector, shelves)
            queries.append(Query(
                view=view, shelves=shelves, catalogue=catalogue, question=question,
                source=source, sketch=sketch, own_key=key, options=ask.options,
                half_lives=self._half_lives, ties=self._tied(catalogue, key), ranker=ranker,
                own_revision=catalogue.revision(source.id) if is_stored else None,
            ))  # fmt: skip
        return queries

    def _ranker(self, catalogue: Catalogue) -> Ranker | None:
        return self._rankers.in_use(catalogue.tenant_id) if self._rankers else None

    def _tied(self, catalogue: Catalogue, key: int | None) -> Mapping[int, Tie]:
        if key is None:
            return {}
        return self._ties.of(catalogue.session, catalogue.tenant_id, key)


def text_item(written: str) -> Item:
    """Return an item that stands for a free text in a question."""
    return Item(id="", kind="text", title="", text=written)


def _id(ask: Ask) -> str:
    return ask.subject if isinstance(ask.subject, str) else ask.subject.id


def _vectors(
    view: View,
    shelves: list[Shelf],
    asked: Sequence[Ask],
    known: Mapping[str, tuple[int, Item]],
) -> list[Vectors | None]:
    """Return the vector of each subject, None of those that the catalogue lacks."""
    there = vectors_of(shelves, [key for key, _ in known.values()])
    found: list[Vectors | None] = [None] * len(asked)
    missing: dict[int, Item] = {}
    for at, ask in enumerate(asked):
        if not isinstance(ask.subject, str):
            missing[at] = ask.subject
        elif ask.subject in known:
            key, item = known[ask.subject]
            found[at] = there.get(key)
            if found[at] is None:
                missing[at] = item
    if missing:
        encoded = view.encoder.encode([text_to_embed(item) for item in missing.values()])
        for at, vector in zip(missing, encoded, strict=True):
            found[at] = vector
    return found
