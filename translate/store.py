"""Queries on translation jobs. They take a session, flush, and leave the commit to the caller."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from translate.errors import InvalidCursorError, JobNotFoundError
from translate.models import ChunkRow, JobItemRow, JobRow, RejectionRow, ResultRow

LIVE = ("queued", "running")
"""States of a job that still has work."""
PAGE = 500
"""Rows a query of a long result."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first; `next_cursor` is None on the last page."""

    jobs: tuple[JobRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item in one language; `text` is None where it failed."""

    item_id: str
    position: int
    target: str
    status: str
    text: str | None
    source: str | None
    confidence: float | None
    reason: str | None
    model: str


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


def get_job(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Return a tenant's job; raise `JobNotFoundError`."""
    return _one(session, select(JobRow).filter_by(id=job_id, tenant_id=tenant_id), job_id)


def lock_job(session: Session, job_id: str, tenant_id: str | None = None) -> JobRow:
    """Return a job, its row locked and read afresh.

    Everything that changes a job or its chunks locks the job first, so that two workers that
    finish its last two chunks at once cannot each think that the other is still at work.
    """
    query = select(JobRow).filter_by(id=job_id)
    if tenant_id is not None:
        query = query.filter_by(tenant_id=tenant_id)
    query = query.with_for_update().execution_options(populate_existing=True)
    return _one(session, query, job_id)


def _one(session: Session, query: Select[JobRow], job_id: str) -> JobRow:
    job = session.scalars(query).one_or_none()
    if job is None:
        raise JobNotFoundError(job_id)
    return job


def find_by_key(session: Session, tenant_id: str, idempotency_key: str) -> JobRow | None:
    """Return the job that a tenant made with a key."""
    return session.scalars(
        select(JobRow).filter_by(tenant_id=tenant_id, idempotency_key=idempotency_key)
    ).one_or_none()


def list_jobs(
    session: Session, tenant_id: str, *, cursor: str | None = None, limit: int = 20
) -> JobPage:
    """Return a page of a tenant's jobs, newest first; raise `InvalidCursorError`."""
    query = select(JobRow).filter_by(tenant_id=tenant_id)
    if cursor is not None:
        query = query.where(tuple_(JobRow.created_at, JobRow.id) < _read_cursor(cursor))
    query = query.order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(limit + 1)
    jobs = session.scalars(query).all()
    more = len(jobs) > limit
    return JobPage(tuple(jobs[:limit]), _cursor(jobs[limit - 1]) if more else None)


def _cursor(job: JobRow) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()} {job.id}".encode()).decode()


def _read_cursor(cursor: str) -> Any:  # noqa: ANN401 - a row value
    try:
        moment, job_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().split(" ")
        created_at = datetime.fromisoformat(moment).astimezone(UTC)
    except (binascii.Error, ValueError, OverflowError) as error:
        raise InvalidCursorError from error
    if not job_id.isprintable():  # PostgreSQL takes no NUL
        raise InvalidCursorError
    return tuple_(created_at, job_id)


def next_chunk(session: Session, job_id: str, moment: datetime) -> ChunkRow | None:
    """Return a chunk of a job whose worker's lease has run out, else the first that waits."""
    chunks = select(ChunkRow).filter_by(job_id=job_id).order_by(ChunkRow.id).limit(1)
    dropped = chunks.where(ChunkRow.state == "running", ChunkRow.lease_until < moment)
    pending = chunks.where(ChunkRow.state == "pending")
    fresh = {"populate_existing": True}
    return (
        session.scalars(dropped, execution_options=fresh).one_or_none()
        or session.scalars(pending, execution_options=fresh).one_or_none()
    )


def lock_chunk(session: Session, chunk_id: int) -> ChunkRow | None:
    """Return a chunk, its row locked and read afresh."""
    return session.get(ChunkRow, chunk_id, populate_existing=True, with_for_update=True)


def waiting_job_ids(session: Session, moment: datetime, limit: int) -> Sequence[str]:
    """Return live jobs that have a chunk to be taken: those with the fewest at work, the oldest."""
    chunks = select(func.count()).where(ChunkRow.job_id == JobRow.id)
    at_work = chunks.where(ChunkRow.state == "running", ChunkRow.lease_until >= moment)
    waiting = select(ChunkRow.id).where(ChunkRow.job_id == JobRow.id, _is_waiting(moment))
    return session.scalars(
        select(JobRow.id)
        .where(JobRow.state.in_(LIVE), waiting.exists())
        .order_by(at_work.scalar_subquery(), JobRow.created_at, JobRow.id)
        .limit(limit)
    ).all()


def _is_waiting(moment: datetime) -> Any:  # noqa: ANN401 - an SQL expression
    expired = (ChunkRow.state == "running") & (ChunkRow.lease_until < moment)
    return or_(ChunkRow.state == "pending", expired)


def open_items(session: Session, chunk: ChunkRow) -> Sequence[Row[int, str, str | None]]:
    """Return the items of a chunk that have no translation yet, or a failed one, in order.

    Of each its position, its text and its language.
    """
    settled = (
        select(ResultRow.position)
        .where(_results_of(chunk), ResultRow.status != "failed")
        .scalar_subquery()
    )
    return session.execute(
        select(JobItemRow.position, JobItemRow.text, JobItemRow.source)
        .filter_by(job_id=chunk.job_id)
        .where(JobItemRow.position >= chunk.first)
        .where(JobItemRow.position < chunk.first + chunk.count)
        .where(JobItemRow.position.not_in(settled))
        .order_by(JobItemRow.position)
    ).all()


def count_results(session: Session, chunk: ChunkRow) -> dict[str, int]:
    """Return how many results of a chunk are in each status."""
    query = select(ResultRow.status, func.count()).where(_results_of(chunk))
    return dict(session.execute(query.group_by(ResultRow.status)).all())


def _results_of(chunk: ChunkRow) -> Any:  # noqa: ANN401 - an SQL expression
    return (
        (ResultRow.job_id == chunk.job_id)
        & (ResultRow.target == chunk.target)
        & ResultRow.position.between(chunk.first, chunk.first + chunk.count - 1)
    )


def result_page(  # noqa: PLR0913 - keywords
    session: Session,
    job_id: str,
    *,
    target: str | None,
    status: str | None,
    after: int,
    last: tuple[int, str] | None,
) -> Sequence[ItemResult]:
    """Return up to `PAGE` results in the input's order, targets side by side.

    They are those beyond the position `after`, and beyond the position and target of `last`.
    """
    columns = [JobItemRow.item_id, *(getattr(ResultRow, name) for name in ItemResult.__slots__[1:])]
    query = (
        select(*columns)
        .join(
            JobItemRow,
            (JobItemRow.job_id == ResultRow.job_id) & (JobItemRow.position == ResultRow.position),
        )
        .where(ResultRow.job_id == job_id, ResultRow.position > after)
        .order_by(ResultRow.position, ResultRow.target)
        .limit(PAGE)
    )
    if target is not None:
        query = query.where(ResultRow.target == target)
    if status is not None:
        query = query.where(ResultRow.status == status)
    if last is not None:
        query = query.where(tuple_(ResultRow.position, ResultRow.target) > tuple_(*last))
    return [ItemResult(*row) for row in session.execute(query)]


def rejection_page(session: Session, job_id: str, *, after: int) -> Sequence[RejectionRow]:
    """Return up to `PAGE` records of a job's file that are no items, beyond a line."""
    query = select(RejectionRow).filter_by(job_id=job_id).where(RejectionRow.line > after)
    return session.scalars(query.order_by(RejectionRow.line).limit(PAGE)).all()


def sums(session: Session, job_id: str) -> tuple[int, int, int]:
    """Return how many items of a job are done, need review and failed, over all targets."""
    query = select(
        func.coalesce(func.sum(ChunkRow.done), 0),
        func.coalesce(func.sum(ChunkRow.needs_review), 0),
        func.coalesce(func.sum(ChunkRow.failed), 0),
    ).where(ChunkRow.job_id == job_id)
    done, needs_review, failed = session.execute(query).one()
    return int(done), int(needs_review), int(failed)


def has_open_chunks(session: Session, job_id: str) -> bool:
    """Tell whether any chunk of a job is neither done nor cancelled."""
    query = select(ChunkRow.id).where(
        ChunkRow.job_id == job_id, ChunkRow.state.in_(("pending", "running"))
    )
    return session.execute(query.limit(1)).first() is not None
