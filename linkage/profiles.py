"""Profiles: items prepared for comparison, kept between questions.

What is kept of an item is good for one revision of it. What the database said may be shown is good
as long as the catalogue has the revision it was said at, so what was deleted or hidden is gone at
once; what expires is told by the clock.
"""

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cachetools import LRUCache
from sqlalchemy.orm import Session

from linkage import store
from linkage.evidence import Profile
from linkage.store import Stored

CAPACITY = 50_000_000
"""Characters of items to keep, about; the least used go first."""
_OVERHEAD = 500

Found = tuple[int, Profile]
"""An item's key and its profile."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database said of a catalogue while it had one revision."""

    revision: int
    shown: dict[int, int] = field(default_factory=dict)
    """The revision of each item that may be shown, until it expires."""
    ids: dict[str, tuple[int, int]] = field(default_factory=dict)
    """The key and revision of items by their owner's id."""


class Profiles:
    """The profiles of all tenants. Safe for many threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[str, int, int], Profile] = LRUCache(capacity, getsizeof=_size)
        self._known: dict[str, _Known] = {}

    def at(self, session: Session, tenant_id: str) -> "Catalogue":
        """Return the tenant's items as they are now."""
        revision = store.revision(session, tenant_id)
        known = self._known.get(tenant_id)
        if known is None or known.revision != revision:
            known = self._known[tenant_id] = _Known(revision)
        return Catalogue(self, session, tenant_id, known)

    def kept(self, tenant_id: str, revisions: Iterable[tuple[int, int]]) -> dict[int, Profile]:
        """Return the profiles at hand of these keys and revisions."""
        with self._lock:
            return {
                key: profile
                for key, revision in revisions
                if (profile := self._kept.get((tenant_id, key, revision)))
            }

    def keep(self, tenant_id: str, read: Iterable[Stored]) -> dict[int, Profile]:
        """Keep and return the profiles of items that were read."""
        made = {(tenant_id, one.key, one.revision): Profile(one.item) for one in read}
        with self._lock:
            self._kept.update(made)
        return {key: profile for (_, key, _), profile in made.items()}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A tenant's items as one request sees them.

    SQLite gives the key of a deleted item to another, so that only a key and a revision say which.
    """

    profiles: Profiles
    session: Session
    tenant_id: str
    known: _Known

    def shown(self, keys: Collection[int]) -> dict[int, Profile]:
        """Return the items of these keys that may be shown: not deleted, hidden or expired."""
        revisions, now = self.known.shown, datetime.now(UTC)
        if unknown := [key for key in keys if key not in revisions]:
            revisions.update(store.revisions(self.session, self.tenant_id, unknown))
        wanted = {key: revision for key in keys if (revision := revisions.get(key)) is not None}
        found = self._profiles(wanted)
        return {
            key: profile
            for key, profile in found.items()
            if (expires := profile.item.expires_at) is None or expires > now
        }

    def by_ids(self, ids: Collection[str]) -> dict[str, Found]:
        """Return what the tenant has of these ids, shown or not."""
        known = self.known.ids
        if unknown := [id_ for id_ in ids if id_ not in known]:
            read = store.by_ids(self.session, self.tenant_id, unknown)
            known.update((id_, (one.key, one.revision)) for id_, one in read.items())
            self.profiles.keep(self.tenant_id, read.values())
        places = {id_: known[id_] for id_ in ids if id_ in known}
        found = self._profiles(dict(places.values()))
        return {id_: (key, found[key]) for id_, (key, _) in places.items() if key in found}

    def _profiles(self, revisions: dict[int, int]) -> dict[int, Profile]:
        found = self.profiles.kept(self.tenant_id, revisions.items())
        if missing := revisions.keys() - found.keys():
            read = store.read(self.session, self.tenant_id, missing)
            found |= self.profiles.keep(self.tenant_id, read)
        return found


def _size(profile: Profile) -> int:
    return _OVERHEAD + len(profile.item.text)
