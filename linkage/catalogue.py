"""How far a catalogue is: its revision, its live build, its works. One row a tenant tells.

Functions take a Session and flush, never commit: the caller's transaction decides.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from linkage.models import CatalogueState, WorkStateRow

# every request asks these: they are made once, which costs more than their answer
_REVISION = select(CatalogueState.revision).where(
    CatalogueState.tenant_id == bindparam("tenant_id")
)
_VERSION = (
    select(
        CatalogueState.revision,
        WorkStateRow.revision, WorkStateRow.key, WorkStateRow.is_rebuilding, WorkStateRow.claim,
    )
    .outerjoin(WorkStateRow, WorkStateRow.tenant_id == CatalogueState.tenant_id)
    .where(CatalogueState.tenant_id == bindparam("tenant_id"))
)  # fmt: skip

Version = tuple[Any, ...]
"""The revision of a catalogue and how far its works follow, None where there are none."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a catalogue is, and the build that answers for it."""

    revision: int
    live_build: str | None


def state(session: Session, tenant_id: str) -> State:
    """Return the revision and live build of a catalogue; a new tenant is at revision 0."""
    row = session.execute(
        select(CatalogueState.revision, CatalogueState.live_build).where(
            CatalogueState.tenant_id == tenant_id
        )
    ).one_or_none()
    return State(row.revision, row.live_build) if row else State(0, None)


def revision(session: Session, tenant_id: str) -> int:
    """Return the revision of a catalogue, as `state` does."""
    return session.execute(_REVISION, {"tenant_id": tenant_id}).scalar_one_or_none() or 0


def version(session: Session, tenant_id: str) -> Version:
    """Return what is another as soon as an item or a work of the catalogue is."""
    bound = {"tenant_id": tenant_id}
    row = session.connection().execute(_VERSION, bound).one_or_none()
    return tuple(row) if row else (0, None, None, None, None)


def hold(session: Session, tenant_id: str) -> int:
    """Return the revision and keep other writers of this catalogue waiting until the commit.

    An update that changes nothing is the one lock that both SQLite and PostgreSQL have.
    """
    lock = (
        update(CatalogueState)
        .where(CatalogueState.tenant_id == tenant_id)
        .values(revision=CatalogueState.revision)
        .returning(CatalogueState.revision)
        .execution_options(synchronize_session=False)
    )
    if (revision := session.execute(lock).scalar_one_or_none()) is not None:
        return revision
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    first = dialect.insert(CatalogueState).values(tenant_id=tenant_id, revision=0)
    session.execute(first.on_conflict_do_nothing())
    return session.execute(lock).scalar_one()


def set_revision(session: Session, tenant_id: str, revision: int) -> None:
    """Set the revision of a catalogue that this session holds."""
    session.execute(
        update(CatalogueState)
        .where(CatalogueState.tenant_id == tenant_id)
        .values(revision=revision)
        .execution_options(synchronize_session=False)
    )
