"""Works: items that are the same thing, in groups whose ids last.

Items that share a block are compared; what is probable enough becomes an edge. The groups of
average linkage over edges are the works. An edge depends on its two items only and a group on its
edges only, so the same catalogue has the same works, whatever the order in which it came. Ids
follow `clusters.inherit`: the older one survives a merge and the other becomes its alias; of a
split the larger part keeps it.

`catch_up` follows the catalogue from a revision, as builds do. A new catalogue, and one being
rebuilt, is compared first and grouped at its end, all at once.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from linkage import catalogue, store
from linkage.cursor import LAST_KEY
from linkage.imports import Transaction
from linkage.match import Matcher
from linkage.models import CatalogueState, WorkStateRow
from linkage.store import Stored
from linkage.types import Item
from linkage.works import workstore
from linkage.works.blocking import blocks
from linkage.works.clusters import average_link, components, inherit
from linkage.works.editions import probabilities
from linkage.works.workstore import Edges

BATCH = 500
LARGEST_BLOCK = 50
"""A block of more items, such as a title that everybody uses, tells nothing and is passed over."""
LEAST = 0.05
"""Pairs less probable than this are not kept; they count as 0."""
LEASE = timedelta(minutes=2)

Progress = Callable[[int, int], None]
"""Gets how many items were compared in this call, and how many there are to be."""


def catch_up(
    transaction: Transaction, tenant_id: str, matcher: Matcher, *, progress: Progress | None = None
) -> int:
    """Bring the works of a catalogue up to date and return how many items were compared.

    Nothing is done while another run is at it.
    """
    claim, done = uuid.uuid4().hex, 0
    while batch := _next(transaction, tenant_id, claim):
        edges = _compare(batch, matcher)
        with transaction() as session:
            if not _is_ours(session, tenant_id, claim):
                break
            _keep(session, tenant_id, batch, edges, matcher.threshold)
        done += len(batch.items)
        if progress:
            progress(done, done + batch.left)
    with transaction() as session:
        if _is_ours(session, tenant_id, claim):
            _finish(session, tenant_id, matcher.threshold)
    return done


@dataclass(frozen=True, slots=True)
class _Batch:
    """Changed items, each with its blocks, those they are compared with, and how many are left."""

    items: list[Stored]
    blocks: dict[int, set[int]]
    rivals: dict[int, Item]
    pairs: list[tuple[int, int]]
    left: int


def _next(transaction: Transaction, tenant_id: str, claim: str) -> _Batch | None:
    """Return what to compare next; None when there is nothing, or another run is at it."""
    with transaction() as session:
        state = _state(session, tenant_id)
        is_free = state.claim in (None, claim) or not _is_leased(state)
        if not is_free:
            return None
        state.claim, state.lease_until = claim, datetime.now(UTC) + LEASE
        changed = store.changed_since(
            session, tenant_id, state.revision, after_key=state.key, limit=BATCH
        )
        if not changed:
            return None
        left = store.count(session, tenant_id, after_revision=state.revision, after_key=state.key)
        return _gathered(session, tenant_id, changed, left - len(changed))


def _gathered(session: Session, tenant_id: str, changed: list[Stored], left: int) -> _Batch:
    """Return changed items with all that share a block with them."""
    own = {stored.key: stored.item for stored in changed}
    in_blocks = {key: blocks(item) for key, item in own.items()}
    held = workstore.members(session, tenant_id, set().union(*in_blocks.values()))
    together = {block: keys - own.keys() for block, keys in held.items()}
    for key, of_item in in_blocks.items():
        for block in of_item:
            together.setdefault(block, set()).add(key)
    pairs = {
        pair
        for keys in together.values()
        if len(keys) <= LARGEST_BLOCK
        for pair in combinations(sorted(keys), 2)
        if not own.keys().isdisjoint(pair)
    }
    others = {key for pair in pairs for key in pair} - own.keys()
    rivals = {**store.by_keys(session, tenant_id, others), **own}
    there = sorted((a, b) for a, b in pairs if a in rivals and b in rivals)
    return _Batch(changed, in_blocks, rivals, there, left)


def _compare(batch: _Batch, matcher: Matcher) -> Edges:
    """Return the pairs of a batch that are probable enough to be kept."""
    pairs = [(batch.rivals[one], batch.rivals[other]) for one, other in batch.pairs]
    found = probabilities(pairs, matcher) if pairs else []
    judged = zip(batch.pairs, found, strict=True)
    return {pair: probability for pair, probability in judged if probability >= LEAST}


def _keep(session: Session, tenant_id: str, batch: _Batch, edges: Edges, threshold: float) -> None:
    """Store what was compared and group anew what it touches."""
    state = _state(session, tenant_id)
    keys = batch.blocks.keys()
    named = workstore.names(session, tenant_id, keys)
    replaced = [s.key for s in batch.items if named.get(s.key, s.item.id) != s.item.id]
    touched = _leave(session, tenant_id, replaced)
    touched |= _ends(workstore.edges_of(session, tenant_id, keys)) | keys
    names = {stored.key: stored.item.id for stored in batch.items}
    workstore.put(session, tenant_id, names, batch.blocks, edges)
    if not state.is_rebuilding:
        _regroup(session, tenant_id, touched, threshold)
    last = max((s.revision, s.key) for s in batch.items)
    state.revision, state.key = last
    session.flush()


def _finish(session: Session, tenant_id: str, threshold: float) -> None:
    """Let deleted items go; the works are up to date, unless there is news by now."""
    state = _state(session, tenant_id)
    revision = catalogue.revision(session, tenant_id)
    while gone := workstore.gone(session, tenant_id, limit=BATCH):
        touched = _leave(session, tenant_id, gone)
        if not state.is_rebuilding:
            _regroup(session, tenant_id, touched, threshold)
    state.claim = state.lease_until = None
    if store.changed_since(session, tenant_id, state.revision, after_key=state.key, limit=1):
        return
    if state.is_rebuilding:
        _group_all(session, tenant_id, threshold)
    state.revision, state.key, state.is_rebuilding = revision, LAST_KEY, False
    session.flush()


def _leave(session: Session, tenant_id: str, keys: Collection[int]) -> set[int]:
    """Take items out of their works; return those that they had edges with."""
    touched = _ends(workstore.edges_of(session, tenant_id, keys)) - set(keys)
    works = set(workstore.works_of(session, tenant_id, keys).values())
    workstore.take_out(session, tenant_id, keys)
    workstore.drop_empty(session, tenant_id, works)
    return touched


def _regroup(session: Session, tenant_id: str, touched: Collection[int], threshold: float) -> None:
    """Group anew the items that edges or works tie to the touched ones."""
    keys, edges = set(touched), Edges()
    fresh = keys
    while fresh:
        found = workstore.edges_of(session, tenant_id, fresh)
        edges |= found
        works = set(workstore.works_of(session, tenant_id, fresh).values())
        fresh = (_ends(found) | workstore.items_of(session, tenant_id, works)) - keys
        keys |= fresh
    named = workstore.names(session, tenant_id, keys)
    before = workstore.works_of(session, tenant_id, keys)
    _hand_on(session, tenant_id, _groups(named, edges, threshold), before)


def _group_all(session: Session, tenant_id: str, threshold: float) -> None:
    named, before = workstore.everything(session, tenant_id)
    edges = workstore.all_edges(session, tenant_id)
    _hand_on(session, tenant_id, _groups(named, edges, threshold), before)


def _groups(named: Mapping[int, str], edges: Edges, threshold: float) -> list[list[int]]:
    """Return the groups of items whose edges are all given."""
    sound = {pair: p for pair, p in edges.items() if pair[0] in named and pair[1] in named}
    parts = components(named, sound)
    at = {key: place for place, keys in enumerate(parts) for key in keys}
    own: dict[int, Edges] = defaultdict(dict)
    for pair, probability in sound.items():
        own[at[pair[0]]][pair] = probability
    return [
        group
        for place, keys in enumerate(parts)
        for group in average_link(keys, own[place], threshold, named.__getitem__)
    ]


def _hand_on(
    session: Session, tenant_id: str, groups: Sequence[Collection[int]], before: Mapping[int, int]
) -> None:
    """Give each group the work it inherits, or a new one."""
    ids, merged = inherit(groups, before, lambda number: number)
    fresh = iter(workstore.found_works(session, tenant_id, ids.count(None)))
    numbers = [next(fresh) if number is None else number for number in ids]
    after = {key: n for group, n in zip(groups, numbers, strict=True) for key in group}
    moved = {key: number for key, number in after.items() if before.get(key) != number}
    workstore.assign(session, tenant_id, moved)
    workstore.merge(session, merged)


def _ends(edges: Iterable[tuple[int, int]]) -> set[int]:
    return {key for pair in edges for key in pair}


def rebuild(session: Session, tenant_id: str) -> None:
    """Have all items compared anew at the next `catch_up`; ids stay where items stay together."""
    _state(session, tenant_id)
    workstore.forget_all(session, tenant_id)
    session.execute(
        update(WorkStateRow)
        .where(WorkStateRow.tenant_id == tenant_id)
        .values(revision=0, key=0, is_rebuilding=True, claim=None, lease_until=None)
    )


def waiting(session: Session) -> list[str]:
    """Return the tenants whose works are behind their catalogue and not being worked on."""
    followed = and_(WorkStateRow.tenant_id == CatalogueState.tenant_id)
    is_behind = or_(
        WorkStateRow.tenant_id.is_(None),
        WorkStateRow.revision < CatalogueState.revision,
        WorkStateRow.key < LAST_KEY,
    )
    is_free = or_(WorkStateRow.lease_until.is_(None), WorkStateRow.lease_until < datetime.now(UTC))
    query = select(CatalogueState.tenant_id).outerjoin(WorkStateRow, followed)
    return list(session.execute(query.where(is_behind, is_free)).scalars())


def _state(session: Session, tenant_id: str) -> WorkStateRow:
    """Return how far the works are, held until the transaction ends."""
    row = session.get(WorkStateRow, tenant_id, populate_existing=True, with_for_update=True)
    if row is None:
        row = WorkStateRow(tenant_id=tenant_id, revision=0, key=0, is_rebuilding=True)
        session.add(row)
        session.flush()
    return row


def _is_leased(state: WorkStateRow) -> bool:
    return state.lease_until is not None and state.lease_until > datetime.now(UTC)


def _is_ours(session: Session, tenant_id: str, claim: str) -> bool:
    return _state(session, tenant_id).claim == claim
