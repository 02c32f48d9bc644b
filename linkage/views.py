"""Views: what each tenant's answers are given from, followed as builds and items change."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from sqlalchemy.orm import Session

from linkage import builds, segment, store
from linkage.candidates import Shelf
from linkage.delta import Delta
from linkage.embed import Encoder, Vectors
from linkage.errors import IndexDamagedError
from linkage.mentions import Gazetteer
from linkage.segment import Segment
from linkage.types import BuildInfo

log = structlog.get_logger()

FRESH_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """What answers for a tenant: the build (None: there is none yet) and the delta beside it."""

    build: str | None
    encoder: str
    indexed: int
    delta: int
    pending: int
    """Items of the delta that so far are found by words only."""
    is_full: bool
    """Whether the delta can take no more; a new build is due."""


class View:
    """A segment and the delta beside it."""

    def __init__(self, loaded: Segment | None, encoder: Encoder) -> None:
        self.encoder = encoder
        self._segment = loaded
        self.delta = Delta(loaded.manifest.revision if loaded else 0, encoder)

    @property
    def info(self) -> BuildInfo | None:
        """The build that answers, if there is one."""
        if self._segment is None:
            return None
        return BuildInfo(self._segment.manifest.build, self._segment.manifest.encoder)

    def shelves(self) -> list[Shelf]:
        """Return where to search."""
        held = [Shelf(vectors=self._segment.vectors, lexicon=self._segment.lexicon)] if (
            self._segment
        ) else []  # fmt: skip
        if self.delta.count or not held:
            held.append(Shelf(vectors=self.delta.vectors, lexicon=self.delta.lexicon))
        return held

    def vector(self, key: int) -> Vectors | None:
        """Return the vector of an item, if it has one yet."""
        for shelf in reversed(self.shelves()):
            if shelf.vectors:
                _, vectors = shelf.vectors.vectors([key])
                if len(vectors):
                    return np.ascontiguousarray(vectors[0])
        return None

    def refresh(self, session: Session, tenant_id: str) -> None:
        """Take in what has changed; what the segment knows of it no longer counts."""
        self.forget(self.delta.refresh(session, tenant_id))

    def forget(self, keys: Iterable[int]) -> None:
        """Stop the segment from returning items that are gone or have changed."""
        if self._segment:
            self._segment.vectors.bury(keys)

    def status(self) -> IndexStatus:
        """Return what this view holds."""
        return IndexStatus(
            build=self.info.build if self.info else None,
            encoder=self.encoder.name,
            indexed=self._segment.manifest.count if self._segment else 0,
            delta=self.delta.count,
            pending=self.delta.pending,
            is_full=self.delta.is_full,
        )


class Views:
    """The current view of each tenant. Old ones live on until the calls that use them end."""

    def __init__(
        self,
        data_dir: Path,
        *,
        encoder: str,
        encoders: Callable[[str], Encoder],
        on_damage: Callable[[str, str], None] | None,
    ) -> None:
        self._data_dir = data_dir
        self._encoder = encoder
        self._encoders = encoders
        self._on_damage = on_damage or (lambda _tenant, _build: None)
        self._lock = threading.Lock()
        self._tenants: dict[str, _Tenant] = {}

    def encoder(self) -> Encoder:
        """Return the encoder for tenants without a build."""
        return self._encoders(self._encoder)

    def current(self, session: Session, tenant_id: str) -> View:
        """Return the view, brought up to date unless that was done just now."""
        tenant = self._tenant(tenant_id)
        if tenant.view is None or tenant.is_due():
            self._follow(tenant, session, tenant_id)
        assert tenant.view
        return tenant.view

    def names(self, session: Session, tenant_id: str) -> Gazetteer:
        """Return all names of the catalogue as it is now."""
        tenant = self._tenant(tenant_id)
        with tenant.names_lock:
            tenant.follow_names(session, tenant_id)
        return tenant.gazetteer

    def _tenant(self, tenant_id: str) -> "_Tenant":
        with self._lock:
            return self._tenants.setdefault(tenant_id, _Tenant())

    def _follow(self, tenant: "_Tenant", session: Session, tenant_id: str) -> None:
        """Catch up, unless another thread is at it and there is a build to answer from.

        Without a build an old view may know nothing yet of the catalogue, so its reader waits.
        """
        if not tenant.lock.acquire(blocking=tenant.view is None or tenant.view.info is None):
            return
        try:
            if tenant.view and not tenant.is_due():
                return
            state = store.state(session, tenant_id)
            if tenant.view is None or state.live_build != tenant.wanted:
                tenant.view = self._load(session, tenant_id, state.live_build, tenant.view)
                tenant.wanted = state.live_build
            if state.revision != tenant.revision or tenant.view.delta.pending:
                tenant.view.refresh(session, tenant_id)
            tenant.revision, tenant.checked = state.revision, time.monotonic()
        finally:
            tenant.lock.release()

    def _load(self, session: Session, tenant_id: str, live: str | None, held: View | None) -> View:
        """Load the live build or, when it is damaged, the last good one."""
        wanted = [live, *builds.retired(session, tenant_id)] if live else []
        for build_id in wanted:
            try:
                loaded = segment.load(self._data_dir / build_id)
            except IndexDamagedError as error:
                log.error(  # noqa: TRY400 - the reason says all; there is no bug to trace
                    "index_damaged", tenant=tenant_id, build=build_id, reason=error.reason
                )
                self._on_damage(tenant_id, build_id)
                if held and held.info:
                    return held
            else:
                log.info("index_loaded", tenant=tenant_id, build=build_id)
                return View(loaded, self._encoders(loaded.manifest.encoder))
        return View(None, self.encoder())


class _Tenant:
    """What is held of one tenant."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.view: View | None = None
        self.wanted: str | None = None
        self.revision = -1
        self.checked = 0.0
        self.names_lock = threading.Lock()
        self.gazetteer = Gazetteer()
        self._named = (0, 0)
        self._names_checked = 0.0

    def is_due(self) -> bool:
        """Tell whether the view may be out of date."""
        return time.monotonic() - self.checked >= FRESH_SECONDS

    def follow_names(self, session: Session, tenant_id: str) -> None:
        """Add the names of items changed since the last time."""
        if time.monotonic() - self._names_checked < FRESH_SECONDS:
            return
        while changed := store.changed_since(
            session, tenant_id, self._named[0], after_key=self._named[1], limit=10_000
        ):
            self.gazetteer.add({stored.key: stored.item for stored in changed})
            self._named = (changed[-1].revision, changed[-1].key)
        self._names_checked = time.monotonic()
