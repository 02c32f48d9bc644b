"""Views: what each tenant's answers are given from, followed as builds and items change.

A follower thread looks at the database twice a second for the tenants that are asked, so that a
request finds its view fresh. A new live build is loaded and brought up to date beside the view that
answers, each with an encoder and a delta of its own, and then takes its place.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from sqlalchemy.orm import Session

from linkage import builds, catalogue
from linkage.candidates import Shelf
from linkage.embed import Encoder, Vectors
from linkage.errors import EncoderNotFoundError, IndexDamagedError
from linkage.index import STORES, VectorStores
from linkage.indexing import segment
from linkage.indexing.delta import PATIENCE, Delta
from linkage.indexing.segment import Segment
from linkage.types import BuildInfo

log = structlog.get_logger()

FRESH_SECONDS = 0.5
STALE_SECONDS = 1.0
"""A request whose view the follower has not looked after for so long does it itself."""
ASKED_SECONDS = 60.0
"""A tenant that nobody has asked for so long is not followed until it is asked again."""
_FIRST_LOOK_SECONDS = 10.0
_FOLLOWING_SECONDS = 0.3
"""How long one look may encode, at first and later."""

Reading = Callable[[], AbstractContextManager[Session]]
"""Opens a session for reading."""


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
        self._buried: set[int] = set()
        self.mark = object()
        """Another as soon as this view may answer otherwise; then it is never again this one."""
        self.delta = Delta(loaded.manifest.revision if loaded else 0, encoder)

    @property
    def info(self) -> BuildInfo | None:
        """The build that answers, if there is one."""
        if self._segment is None:
            return None
        return BuildInfo(self._segment.manifest.build, self._segment.manifest.encoder)

    @property
    def revision(self) -> int:
        """Up to which revision the build knows the catalogue; -1 without a build."""
        return self._segment.manifest.revision if self._segment else -1

    def is_buried(self, key: int) -> bool:
        """Tell whether what the build knows under a key no longer counts."""
        return key in self._buried

    def shelves(self) -> list[Shelf]:
        """Return where to search."""
        held = [self._segment.shelf] if self._segment else []
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

    def refresh(self, session: Session, tenant_id: str, *, seconds: float = PATIENCE) -> None:
        """Take in what has changed; what the segment knows of it no longer counts."""
        try:
            self.forget(self.delta.refresh(session, tenant_id, seconds=seconds))
        finally:  # what was taken in before an error counts too
            self.mark = object()

    @property
    def is_behind(self) -> bool:
        """Whether there is more to take in than one refresh did."""
        return (self.delta.is_behind and not self.delta.is_full) or bool(self.delta.pending)

    def forget(self, keys: Iterable[int]) -> None:
        """Stop the segment from returning items that are gone or have changed."""
        if self._segment and (gone := set(keys) - self._buried):
            self._segment.vectors.bury(gone)
            self._buried |= gone
            self.mark = object()

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
    """The current view of each tenant. Old ones live on until the calls that use them end.

    With `reading`, a thread follows the database; without, each request does so for itself.
    """

    def __init__(  # noqa: PLR0913 - what the linker was given
        self,
        data_dir: Path,
        *,
        encoder: str,
        encoders: Callable[[str], Encoder],
        stores: Mapping[str, VectorStores] = STORES,
        reading: Reading | None = None,
        on_damage: Callable[[str, str], None] | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._encoder = encoder
        self._encoders = encoders
        self._stores = stores
        self._reading = reading
        self._on_damage = on_damage or (lambda _tenant, _build: None)
        self._lock = threading.Lock()
        self._tenants: dict[str, _Tenant] = {}
        self._follower: threading.Thread | None = None
        self._closed = threading.Event()

    def encoder(self) -> Encoder:
        """Return the encoder for tenants without a build."""
        return self._encoders(self._encoder)

    def current(self, session: Session, tenant_id: str) -> View:
        """Return the view, brought up to date unless that was done just now."""
        tenant = self._tenant(tenant_id)
        tenant.asked = time.monotonic()
        if self._reading and self._follower is None:
            self._start_follower()
        if tenant.is_due(STALE_SECONDS if self._reading else FRESH_SECONDS):
            self._follow(tenant, session, tenant_id, PATIENCE)
        assert tenant.view
        return tenant.view

    def close(self) -> None:
        """Stop following, and wait for what is being done."""
        self._closed.set()
        swaps = [tenant.swap for tenant in self._tenants.values()]
        for thread in (self._follower, *swaps):
            if thread:
                thread.join()

    def _tenant(self, tenant_id: str) -> "_Tenant":
        with self._lock:
            return self._tenants.setdefault(tenant_id, _Tenant())

    def _start_follower(self) -> None:
        with self._lock:
            if self._follower is None:
                self._follower = threading.Thread(target=self._keep_following, daemon=True)
                self._follower.start()

    def _keep_following(self) -> None:
        while not self._closed.wait(FRESH_SECONDS / 2):
            since = time.monotonic() - ASKED_SECONDS
            for tenant_id, tenant in list(self._tenants.items()):
                if tenant.view and tenant.asked > since and tenant.is_due(FRESH_SECONDS / 2):
                    self._look_after(tenant, tenant_id)

    def _look_after(self, tenant: "_Tenant", tenant_id: str) -> None:
        assert self._reading
        try:
            with self._reading() as session:
                self._follow(tenant, session, tenant_id, _FOLLOWING_SECONDS)
        except Exception as error:  # noqa: BLE001 - requests meet the same error and tell of it
            log.warning("following_failed", tenant=tenant_id, error=str(error))

    def _follow(self, tenant: "_Tenant", session: Session, tenant_id: str, seconds: float) -> None:
        """Catch up, unless another thread is at it and there is a build to answer from.

        Without a build an old view may know nothing yet of the catalogue, and of one that nobody
        asked for lately the files may be gone; so the reader waits.
        """
        is_forgotten = tenant.is_due(ASKED_SECONDS)
        is_fit = not is_forgotten and tenant.view is not None and tenant.view.info is not None
        if not tenant.lock.acquire(blocking=not is_fit):
            return
        try:
            if not tenant.is_due(FRESH_SECONDS / 2):
                return
            state = catalogue.state(session, tenant_id)
            if tenant.view is None or state.live_build != tenant.wanted:
                self._change(tenant, session, tenant_id, state.live_build)
            assert tenant.view
            if state.revision != tenant.revision or tenant.view.is_behind:
                patience = max(seconds, STALE_SECONDS) if is_forgotten else seconds
                tenant.view.refresh(session, tenant_id, seconds=patience)
            tenant.revision, tenant.checked = state.revision, time.monotonic()
        finally:
            tenant.lock.release()

    def _change(
        self, tenant: "_Tenant", session: Session, tenant_id: str, live: str | None
    ) -> None:
        """Turn to another live build, in the background while one answers that was not pruned."""
        info = tenant.view.info if tenant.view else None
        is_pruned = info is not None and not builds.is_kept(session, tenant_id, info.build)
        if tenant.view is None or self._reading is None or is_pruned:
            tenant.view, tenant.wanted = self._load(session, tenant_id, live, tenant.view), live
            tenant.view.refresh(session, tenant_id, seconds=_FIRST_LOOK_SECONDS)
        elif not tenant.is_swapping:
            tenant.swap = threading.Thread(
                target=self._swap, args=(tenant, tenant_id, live), daemon=True
            )
            tenant.swap.start()

    def _swap(self, tenant: "_Tenant", tenant_id: str, live: str | None) -> None:
        """Load a build, bring it up to date, and let it take over."""
        assert self._reading
        try:
            with self._reading() as session:
                view = self._load(session, tenant_id, live, tenant.view)
            while view is not tenant.view and not self._closed.is_set():
                with self._reading() as session:
                    view.refresh(session, tenant_id, seconds=_FIRST_LOOK_SECONDS)
                if not view.is_behind:
                    break
        except Exception as error:  # noqa: BLE001 - tried again at the next look
            log.warning("swap_failed", tenant=tenant_id, build=live, error=str(error))
            return
        with tenant.lock:
            tenant.view, tenant.wanted = view, live
            tenant.revision = -1

    def _load(self, session: Session, tenant_id: str, live: str | None, held: View | None) -> View:
        """Load the live build or, when it is damaged, the last good one."""
        wanted = [live, *builds.retired(session, tenant_id)] if live else []
        for build_id in wanted:
            try:
                loaded = segment.load(self._data_dir / build_id, self._stores)
                view = View(loaded, self._encoders(loaded.manifest.encoder))
            except (IndexDamagedError, EncoderNotFoundError) as error:
                log.error(  # noqa: TRY400 - the reason says all; there is no bug to trace
                    "index_damaged", tenant=tenant_id, build=build_id, reason=str(error)
                )
                self._on_damage(tenant_id, build_id)
                if held and held.info:
                    return held
            else:
                log.info("index_loaded", tenant=tenant_id, build=build_id)
                return view
        return View(None, self.encoder())


class _Tenant:
    """What is held of one tenant."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.view: View | None = None
        self.wanted: str | None = None
        self.swap: threading.Thread | None = None
        self.revision = -1
        self.checked = self.asked = 0.0

    @property
    def is_swapping(self) -> bool:
        """Whether another build is being loaded."""
        return self.swap is not None and self.swap.is_alive()

    def is_due(self, seconds: float) -> bool:
        """Tell whether nobody has looked at the database for so long."""
        return self.view is None or time.monotonic() - self.checked >= seconds
