"""Sketches: what is kept of items between questions, so that the database need not be asked again.

What is kept of an item is good for one revision of it. What the database said may be shown is good
as long as the catalogue has the revision it was said at, so what was deleted or hidden is gone at
once; what expires is told by the clock. Works are known likewise until they change.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from linkage import catalogue, store
from linkage.catalogue import Version
from linkage.related.sketch import Sketch
from linkage.store import Stored
from linkage.types import Item
from linkage.works import lookup

SKETCHES = 192_000_000
"""Bytes of sketches to keep, about: of 200,000 items with a paragraph of text each."""
ITEMS = 64_000_000
"""Bytes of whole items to keep, about; they are read when they are answered or asked about."""
_ITEM_OVERHEAD = 1_500
_MOST_CHANGED = 5_000
"""After so many changes the database is asked about all items again."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Changes = Callable[[], int | None]
Place = tuple[str, Hashable, object]
"""A tenant, a key and a revision, such as those of an item: what is made of it never changes."""


class Recent(Generic[V]):
    """The values used last, of about a total size, one for each key. Safe for many threads."""

    def __init__(self, capacity: int, size: Callable[[V], int]) -> None:
        self._capacity, self._size = capacity, size
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Hashable], tuple[object, V]] = OrderedDict()
        self._held = 0
        self.has_room = True
        """Whether all that came in is there still; once full, each value costs another."""

    def get(self, place: Place) -> V | None:
        """Return what is kept."""
        tenant_id, key, revision = place
        kept = self._kept.get((tenant_id, key))
        if kept is None or kept[0] != revision:
            return None
        with suppress(KeyError):  # another thread may just have pushed it out
            self._kept.move_to_end((tenant_id, key))
        return kept[1]

    def keep(self, place: Place, value: V) -> None:
        """Keep a value, in place of that of another revision."""
        tenant_id, key, revision = place
        with self._lock:
            if (old := self._kept.pop((tenant_id, key), None)) is not None:
                self._held -= self._size(old[1])
            self._kept[tenant_id, key] = revision, value
            self._held += self._size(value)
            while self._held > self._capacity:
                self.has_room = False
                self._held -= self._size(self._kept.popitem(last=False)[1][1])


class Facts(Generic[K, V]):
    """What the database said of some things. When a few of them change, the rest is still so.

    Then `without` makes another that shares what both know: what a request that began before
    learns of what changed stays in its own.
    """

    def __init__(self) -> None:
        self._shared: dict[K, V] = {}
        self._changed: frozenset[K] = frozenset()
        self._own: dict[K, V] = {}

    def without(self, changed: Collection[K]) -> "Facts[K, V]":
        """Return these facts but for things that have changed; with too many, none of them."""
        facts = Facts[K, V]()
        if len(self._changed) + len(changed) <= _MOST_CHANGED:
            facts._shared, facts._changed = self._shared, self._changed.union(changed)
        return facts

    def get(self, key: K) -> V | None:
        """Return what is known of a thing, None if nothing is."""
        return self._of(key).get(key)

    def __contains__(self, key: K) -> bool:
        return key in self._of(key)

    def __getitem__(self, key: K) -> V:
        return self._of(key)[key]

    def update(self, found: Iterable[tuple[K, V]]) -> None:
        """Learn of things."""
        for key, value in found:
            self._of(key)[key] = value

    def _of(self, key: K) -> dict[K, V]:
        return self._own if key in self._changed else self._shared


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database said of a catalogue while it had one version."""

    version: Version
    shown: Facts[int, int] = field(default_factory=Facts)
    """The revision of each item that may be shown, until it expires."""
    ids: Facts[str, tuple[int, int]] = field(default_factory=Facts)
    """The key and revision of items by their owner's id."""
    works: Facts[int, str | None] = field(default_factory=Facts)
    """The id of the work of each item, None where it has none yet."""
    changes: int | None = None
    """While the database has this number of changes, the catalogue has this version."""

    def after(self, version: Version, changed: Mapping[int, str]) -> "_Known":
        """Return what is so still at a later version, of what did not change: the ids by key."""
        works = self.works.without(changed) if version[1:] == self.version[1:] else Facts()
        ids = self.ids.without(changed.values())
        return _Known(version, self.shown.without(changed), ids, works)


class Sketches:
    """The sketches and items of all tenants. Safe for many threads.

    `changes` is a number that is another once anything in the database is, None if unknown.
    """

    def __init__(
        self, sketches: int = SKETCHES, items: int = ITEMS, *, changes: Changes = lambda: None
    ) -> None:
        self.sketches = Recent[Sketch](sketches, lambda sketch: sketch.size)
        self.items = Recent[Item](items, lambda item: _ITEM_OVERHEAD + len(item.text))
        self._known: dict[str, _Known] = {}
        self._changes = changes

    @property
    def has_room(self) -> bool:
        """Whether no sketch had to go yet for want of room."""
        return self.sketches.has_room

    def at(self, session: Session, tenant_id: str) -> "Catalogue":
        """Return the tenant's items as they are now.

        A session that has begun to read may see the past, so it is asked itself.
        """
        changes = None if session.in_transaction() else self._changes()
        known = self._known.get(tenant_id)
        if known is None or changes is None or changes != known.changes:
            known = self._known[tenant_id] = self._ask(session, tenant_id, changes)
        return Catalogue(self, session, tenant_id, known)

    def _ask(self, session: Session, tenant_id: str, changes: int | None) -> _Known:
        version = catalogue.version(session, tenant_id)
        if changes is not None and changes != self._changes():
            changes = None  # the version may be of before or after
        known = self._known.get(tenant_id)
        if known is None or known.version != version:
            known = _following(session, tenant_id, known, version)
        return known if changes is None else replace(known, changes=changes)


def _following(session: Session, tenant_id: str, known: _Known | None, version: Version) -> _Known:
    """Return what is known of a catalogue at a version, as far as it was so before."""
    if known is None or version[0] < known.version[0]:  # a session that sees the past
        return _Known(version)
    changed = store.changed_ids(session, tenant_id, known.version[0], version[0])
    return _Known(version) if changed is None else known.after(version, changed)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A tenant's items as one request sees them.

    SQLite gives the key of a deleted item to another, so that only a key and a revision say which.
    """

    kept: Sketches
    session: Session
    tenant_id: str
    known: _Known

    def revisions(self, keys: Collection[int]) -> dict[int, int]:
        """Return the revision of the items that may be shown, unless they expired since."""
        revisions = self.known.shown
        if unknown := [key for key in keys if key not in revisions]:
            revisions.update(store.revisions(self.session, self.tenant_id, unknown).items())
        return {key: revision for key in keys if (revision := revisions.get(key)) is not None}

    def shown(self, keys: Collection[int]) -> dict[int, Sketch]:
        """Return the items of these keys that may be shown: not deleted, hidden or expired."""
        now = datetime.now(UTC)
        return {
            key: sketch
            for key, sketch in self._get(self.kept.sketches, self.revisions(keys), Sketch).items()
            if sketch.expires_at is None or sketch.expires_at > now
        }

    def items(self, keys: Collection[int]) -> dict[int, Item]:
        """Return the items of keys that `shown` or `by_ids` returned."""
        revisions = {key: self.known.shown[key] for key in keys if key in self.known.shown}
        return self._get(self.kept.items, revisions, _itself)

    def works(self, keys: Iterable[int]) -> dict[int, str | None]:
        """Return the work of each of these keys, None where there is none yet."""
        known, wanted = self.known.works, list(keys)
        if unknown := [key for key in wanted if key not in known]:
            found = lookup.ids_of(self.session, self.tenant_id, unknown)
            known.update((key, found.get(key)) for key in unknown)
        return {key: known[key] for key in wanted}

    def key(self, id_: str) -> int | None:
        """Return the key of the item of an id, None if the tenant has none."""
        if id_ not in self.known.ids:
            self.by_ids([id_])
        return self.known.ids[id_][0] if id_ in self.known.ids else None

    def revision(self, id_: str) -> int | None:
        """Return the revision of the item of an id that `by_ids` returned."""
        known = self.known.ids.get(id_)
        return known[1] if known else None

    def by_ids(self, ids: Collection[str]) -> dict[str, tuple[int, Item]]:
        """Return the key and item of each of these ids that the tenant has, shown or not."""
        known = self.known.ids
        if unknown := [id_ for id_ in ids if id_ not in known]:
            read = store.by_ids(self.session, self.tenant_id, unknown)
            known.update((id_, (one.key, one.revision)) for id_, one in read.items())
            self._keep_items(read.values())
        places = {id_: known[id_] for id_ in ids if id_ in known}
        found = self._get(self.kept.items, dict(places.values()), _itself)
        return {id_: (key, found[key]) for id_, (key, _) in places.items() if key in found}

    def sketch(self, item: Item) -> Sketch:
        """Return the sketch of an item that `by_ids` returned."""
        place = (self.tenant_id, *self.known.ids[item.id])
        if (found := self.kept.sketches.get(place)) is None:
            self.kept.sketches.keep(place, found := Sketch(item))
        return found

    def prepare(self, read: Sequence[Stored]) -> None:
        """Keep what questions will need of some items, whole ones only where there is room."""
        now = datetime.now(UTC)
        for stored in read:
            place, item = (self.tenant_id, stored.key, stored.revision), stored.item
            if self.kept.sketches.get(place) is None:
                self.kept.sketches.keep(place, Sketch(item))
            if self.kept.items.has_room:
                self.kept.items.keep(place, item)
            if not item.hidden and (item.expires_at is None or item.expires_at > now):
                self.known.shown.update([(stored.key, stored.revision)])
        self.works([stored.key for stored in read])

    def _get(
        self, kept: Recent[V], revisions: Mapping[int, int], make: Callable[[Item], V]
    ) -> dict[int, V]:
        """Return what is kept of items, and make it of those of which nothing is."""
        found: dict[int, V] = {}
        for key, revision in revisions.items():
            if (value := kept.get((self.tenant_id, key, revision))) is not None:
                found[key] = value
        if missing := revisions.keys() - found.keys():
            read = store.read(self.session, self.tenant_id, missing)
            self._keep_items(read)
            for stored in read:
                found[stored.key] = value = make(stored.item)
                kept.keep((self.tenant_id, stored.key, stored.revision), value)
        return found

    def _keep_items(self, read: Iterable[Stored]) -> None:
        for stored in read:
            self.kept.items.keep((self.tenant_id, stored.key, stored.revision), stored.item)


def _itself(item: Item) -> Item:
    return item
