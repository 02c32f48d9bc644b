"""Profiles: items prepared for comparison, kept between questions.

What is kept of an item is good for one revision of it. Whether it may be shown is asked of the
database each time, so what was deleted, hidden or has expired is gone at once.
"""

import threading
from collections.abc import Collection

from cachetools import LRUCache
from sqlalchemy.orm import Session

from linkage import store
from linkage.evidence import Profile
from linkage.store import Stored

CAPACITY = 50_000_000
"""Characters of items to keep, about; the least used go first."""
_OVERHEAD = 500

_Id = tuple[str, int, int]
"""Tenant, key and revision: SQLite gives the key of a deleted item to another."""


class Profiles:
    """Reads items as profiles. Safe for many threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[_Id, Profile] = LRUCache(capacity, getsizeof=_size)

    def shown(self, session: Session, tenant_id: str, keys: Collection[int]) -> dict[int, Profile]:
        """Return the items of these keys that may be shown: not deleted, hidden or expired."""
        revisions = store.revisions(session, tenant_id, keys)
        with self._lock:
            held = {
                key: profile
                for key, revision in revisions.items()
                if (profile := self._kept.get((tenant_id, key, revision)))
            }
        if missing := revisions.keys() - held.keys():
            held |= self._read(session, tenant_id, missing)
        return held

    def of(self, tenant_id: str, stored: Stored) -> Profile:
        """Return the profile of an item that was read, whether or not it may be shown."""
        id_ = (tenant_id, stored.key, stored.revision)
        with self._lock:
            if (profile := self._kept.get(id_)) is None:
                profile = self._kept[id_] = Profile(stored.item)
        return profile

    def _read(self, session: Session, tenant_id: str, keys: Collection[int]) -> dict[int, Profile]:
        read = store.read(session, tenant_id, keys)
        return {stored.key: self.of(tenant_id, stored) for stored in read if not stored.item.hidden}


def _size(profile: Profile) -> int:
    return _OVERHEAD + len(profile.item.text)
