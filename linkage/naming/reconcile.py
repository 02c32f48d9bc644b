"""Reconciliation: which item or imported entity a row of somebody else's table stands for.

Candidates are what bears the name and, among the items, what the index finds for it. Works are
judged by the matcher of editions; people, places and the like by the model of mentions, which knows
how surely a name stands for its bearer. The probability is the score, and a candidate is taken for
a match only where it is likely and no other is. Where none is, the answer is NIL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from linkage import store, text
from linkage.linker import Ask, Linker
from linkage.match import Matcher
from linkage.naming import entity_store, properties
from linkage.naming.disambiguate import AGREEING
from linkage.naming.gazetteer import entity_names, written_names
from linkage.related.query import Features
from linkage.types import Entity, Filters, Item, Options
from linkage.works import editions

MAX_COMPARED = 30
"""Candidates a row that are judged, those of the most similar names."""
_LEAST = 0.01
_EXCERPT = 300

Quantifier = Literal["any", "all", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a row has in a column: which of the values a candidate should have."""

    property: str
    values: tuple[str, ...]
    quantifier: Quantifier = "any"
    is_exact: bool = False
    is_required: bool = False

    def holds(self, item: Item) -> bool:
        """Tell whether an item satisfies it."""
        found = [
            properties.has(item, self.property, value, is_exact=self.is_exact)
            for value in self.values
        ]
        if self.quantifier == "all":
            return all(found)
        return any(found) == (self.quantifier == "any")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is asked about: names, of which any will do, kinds (all if empty), other columns."""

    names: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a row may stand for, how probably, and what speaks for it, 0..1 each."""

    item: Item
    probability: float
    is_match: bool
    features: Mapping[str, float] = field(default_factory=dict)


def reconcile(
    session: Session, tenant_id: str, row: Row, *, linker: Linker, matcher: Matcher
) -> list[Candidate]:
    """Return what a row may stand for, the likeliest first; nothing where nothing is at hand."""
    if not (row.names or row.conditions):
        return []
    own, named = _identified(session, tenant_id, row), _named(session, tenant_id, row, linker)
    indexed = {item.id: (item, told) for item, told in _indexed(session, tenant_id, row, linker)}
    known = {item.id: item for item in (*(item for item, _ in indexed.values()), *named, *own)}
    fitting = [item for item in known.values() if _fits(row, item)]
    likeness = {item.id: _likeness(row, item) for item in fitting}
    nearest = sorted(fitting, key=lambda item: -likeness[item.id][0])[:MAX_COMPARED]
    pairs = [_pair(row, item, likeness[item.id]) for item in nearest]
    judged = editions.probabilities(pairs, matcher) if pairs else []
    certain = _borne(session, tenant_id, row, linker) | {item.id: 1.0 for item in own}
    found = [
        (certain.get(item.id, probability), item)
        for item, probability in zip(nearest, judged, strict=True)
    ]
    found.sort(key=lambda one: (-one[0], -one[1].popularity, one[1].id))
    is_clear = sum(probability >= matcher.threshold for probability, _ in found) == 1
    return [
        Candidate(
            item,
            probability,
            is_clear and probability >= matcher.threshold,
            _features(row, item, likeness[item.id][0], indexed.get(item.id)),
        )
        for probability, item in found[: row.limit]
        if probability >= _LEAST
    ]


def things(session: Session, tenant_id: str, ids: Sequence[str]) -> dict[str, Item]:
    """Return the items that may be shown, and the entities, of these ids; an item goes first."""
    entities = entity_store.by_ids(session, tenant_id, ids)
    keys = store.keys(session, tenant_id, ids)
    items = store.visible(session, tenant_id, keys.values(), excerpt=_EXCERPT)
    found = {id_: as_item(entity) for id_, entity in entities.items()}
    return found | {item.id: item for item in items.values()}


def begin_with(session: Session, tenant_id: str, prefix: str, *, limit: int) -> list[Item]:
    """Return the items and entities whose name, or whole id, begins so; the best known first."""
    own = things(session, tenant_id, [prefix]) if prefix else {}
    items = store.titled(session, tenant_id, prefix, limit=limit, excerpt=_EXCERPT)
    entities = entity_store.titled(session, tenant_id, prefix, limit=limit)
    named = [*items, *map(as_item, entities)]
    named.sort(key=lambda item: (-item.popularity, item.title, item.id))
    return list({item.id: item for item in (*own.values(), *named)}.values())[:limit]


def kinds(session: Session, tenant_id: str) -> list[str]:
    """Return the kinds of all that is there."""
    return sorted({*store.kinds(session, tenant_id), *entity_store.kinds(session, tenant_id)})


def as_item(entity: Entity) -> Item:
    """Return an entity as the item it would be."""
    told = entity.description
    return Item(
        id=entity.id,
        kind=entity.kind,
        title=entity.name,
        creators=entity.creators,
        text=told.get("en") or next(iter(told.values()), ""),
        identifiers=entity.identifiers,
        published_at=entity.published_at,
        popularity=entity.popularity,
        attributes={"aliases": list(entity_names(entity).values())},
    )


def _identified(session: Session, tenant_id: str, row: Row) -> list[Item]:
    return list(things(session, tenant_id, row.names).values())


def _named(session: Session, tenant_id: str, row: Row, linker: Linker) -> Iterable[Item]:
    for name in row.names:
        for thing in linker.named(session, tenant_id, name):
            yield as_item(thing) if isinstance(thing, Entity) else thing


def _borne(session: Session, tenant_id: str, row: Row, linker: Linker) -> dict[str, float]:
    """Return how likely the names stand for things other than works, by the things' ids."""
    return {
        thing.id: probability
        for name in row.names
        for mention in linker.mentions(session, tenant_id, name, top_k=MAX_COMPARED)
        if mention.surface == name.strip()
        for thing, probability in mention.candidates
        if thing.kind not in AGREEING
    }


def _indexed(
    session: Session, tenant_id: str, row: Row, linker: Linker
) -> list[tuple[Item, Features]]:
    options = Options(filters=Filters(kinds=row.kinds))
    return linker.features(session, tenant_id, Ask(_subject(row), options))


def _subject(row: Row) -> Item:
    """Return the item that a row would be."""
    values = {c.property: c.values for c in row.conditions if c.quantifier != "none"}
    kind = next(iter(row.kinds)) if len(row.kinds) == 1 else "text"
    name = row.names[0] if row.names else ""
    return Item(id="", kind=kind, title=name, **properties.given(values))  # type: ignore[arg-type]


def _fits(row: Row, item: Item) -> bool:
    is_of_kind = not row.kinds or item.kind in row.kinds
    return is_of_kind and all(c.holds(item) for c in row.conditions if c.is_required)


def _likeness(row: Row, item: Item) -> tuple[float, str, str]:
    """Return how alike the most similar names of a row and an item are, 0..1, and which they are.

    Without a name in the row, its other columns decide.
    """
    if not row.names:
        return float(any(c.holds(item) for c in row.conditions)), "", item.title
    return max(
        (fuzz.ratio(text.title_key(name), key) / 100, name, written)
        for name in row.names
        for key, written in written_names(item).items() or [(item.title, item.title)]
    )


def _pair(row: Row, item: Item, likeness: tuple[float, str, str]) -> tuple[Item, Item]:
    _, asked, written = likeness
    return replace(_subject(row), title=asked, kind=item.kind), replace(item, title=written)


def _features(
    row: Row, item: Item, likeness: float, indexed: tuple[Item, Mapping[str, float]] | None
) -> dict[str, float]:
    told = indexed[1] if indexed else {}
    return {
        "name": round(likeness, 4),
        "popularity": item.popularity,
        **{f"property_{c.property}": float(c.holds(item)) for c in row.conditions},
        **{name: round(value, 4) for name, value in told.items() if value},
    }
