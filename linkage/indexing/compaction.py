"""Compaction: when so much of a catalogue has changed that its index is built again by itself."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage import builds, catalogue, store
from linkage.builds import Build
from linkage.index import Kind
from linkage.models import BuildRow, CatalogueState

COMPACT_LEAST, COMPACT_SHARE, COMPACT_MOST = 1_000, 0.05, 20_000
"""A new build is due when so many items changed, by the share of all within these bounds."""
RETRY_AFTER = timedelta(minutes=10)
"""How soon after one that failed or was rejected the next build starts by itself."""


def start_if_due(session: Session, tenant_id: str, *, encoder: str, kind: Kind) -> str | None:
    """Queue a build when so much has changed that one is due; return its id.

    It takes the vectors of what has not changed from the live build, whose encoder it keeps;
    without a live build it is made by the given encoder. None when none is due or one is under way.
    """
    if builds.is_under_way(session, tenant_id) or _has_just_failed(session, tenant_id):
        return None
    live_id = catalogue.state(session, tenant_id).live_build
    if live_id is None:
        is_due = store.count(session, tenant_id) >= COMPACT_LEAST
        return _start(session, tenant_id, encoder=encoder, kind=kind) if is_due else None
    live = builds.get(session, tenant_id, live_id)
    if _changed(session, live) < _allowed(live.total):
        return None
    return _start(session, tenant_id, encoder=live.encoder, kind=live.kind, base=live.id)


def _start(
    session: Session, tenant_id: str, *, encoder: str, kind: Kind, base: str | None = None
) -> str | None:
    """Queue a build, unless an operator did so since this one was found due: that comes first."""
    catalogue.hold(session, tenant_id)
    if builds.is_under_way(session, tenant_id):
        return None
    return builds.start(session, tenant_id, encoder=encoder, kind=kind, base=base)


def outdated(session: Session) -> list[str]:
    """Return the tenants whose catalogue has changed since their live build, or that have none."""
    query = (
        select(CatalogueState.tenant_id)
        .outerjoin(BuildRow, BuildRow.id == CatalogueState.live_build)
        .where((BuildRow.id.is_(None)) | (BuildRow.revision < CatalogueState.revision))
    )
    return list(session.execute(query).scalars())


def _has_just_failed(session: Session, tenant_id: str) -> bool:
    last = builds.listed(session, tenant_id, limit=1)
    since = datetime.now(UTC) - RETRY_AFTER
    return any(b.state in {"failed", "rejected"} and b.created_at > since for b in last)


def _changed(session: Session, live: Build) -> int:
    """Return how many items are new, newer or gone since a build."""
    newer = store.count(session, live.tenant_id, after_revision=live.revision)
    still_there = store.count(session, live.tenant_id) - newer
    return max(newer, live.total - still_there)


def _allowed(items: int) -> int:
    return int(min(max(COMPACT_LEAST, COMPACT_SHARE * items), COMPACT_MOST))
