"""Names: what each tenant's catalogue knows by name, followed as it changes."""

import threading
import time
from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from linkage import store
from linkage.indexing import views
from linkage.mentions import Known
from linkage.naming import entity_store
from linkage.naming.disambiguate import EXCERPT
from linkage.naming.gazetteer import Gazetteer, names_of
from linkage.types import Entity, Item

_BATCH = 10_000
_LEAST = 20_000
"""Names that may be added before a gazetteer is made anew, to be rid of those no longer borne."""


class Names:
    """The gazetteer of each tenant: keys of items are positive, those of entities negated."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tenants: dict[str, _Tenant] = {}

    def current(self, session: Session, tenant_id: str) -> Gazetteer:
        """Return all names of the catalogue, brought up to date unless that was done just now."""
        with self._lock:
            tenant = self._tenants.setdefault(tenant_id, _Tenant())
        with tenant.lock:
            tenant.follow(session, tenant_id)
            return tenant.gazetteer


def bearers(session: Session, tenant_id: str, keys: Iterable[int]) -> Known:
    """Return what there is under keys of a gazetteer and may be shown, with the texts cut short."""
    wanted = set(keys)
    items = store.visible(session, tenant_id, (k for k in wanted if k > 0), excerpt=EXCERPT)
    found = entity_store.by_keys(session, tenant_id, (-k for k in wanted if k < 0))
    return {**items, **{-key: entity for key, entity in found.items()}}


class _Tenant:
    """What is held of one tenant. Names added since the last beginning may be no longer borne."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.gazetteer = Gazetteer()
        self._items = self._entities = (0, 0)
        self._at_first: int | None = None
        self._checked = -views.FRESH_SECONDS

    def follow(self, session: Session, tenant_id: str) -> None:
        """Add the names of what has changed since the last time."""
        if time.monotonic() - self._checked < views.FRESH_SECONDS:
            return
        if self._at_first is not None and self.gazetteer.count > max(2 * self._at_first, _LEAST):
            self._begin()
        for changed in self._changed(session, tenant_id):
            self.gazetteer.add({key: names_of(thing) for key, thing in changed.items()})
        if self._at_first is None:
            self._at_first = self.gazetteer.count
        self._checked = time.monotonic()

    def _changed(
        self, session: Session, tenant_id: str
    ) -> Iterator[dict[int, Item] | dict[int, Entity]]:
        """Yield items and entities that have changed, in runs, and remember how far that is."""
        while items := store.changed_since(
            session, tenant_id, self._items[0], after_key=self._items[1], limit=_BATCH, excerpt=0
        ):
            self._items = items[-1].revision, items[-1].key
            yield {stored.key: stored.item for stored in items}
        while entities := entity_store.changed_since(
            session, tenant_id, self._entities[0], after_key=self._entities[1], limit=_BATCH
        ):
            self._entities = entities[-1].revision, entities[-1].key
            yield {-stored.key: stored.entity for stored in entities}
