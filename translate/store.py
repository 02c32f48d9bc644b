"""Queries over jobs. Each takes a session, flushes, and leaves the commit to the edge."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from translate.errors import InvalidCursorError, JobNotFoundError
from translate.models import ChunkRow, JobItemRow, JobRow, ResultRow

READ_AHEAD = 1000


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first; `next_cursor` is None on the last page."""

    jobs: Sequence[JobRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class JobResult:
    """One item of a job in one language, as it came out."""

    item_id: str
    target: str
    status: str
    text: str | None
    source: str | None
    confidence: float | None
    reason: str | None


def get_job(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Return a tenant's job; raise `JobNotFoundError`."""
    query = select(JobRow).where(JobRow.tenant_id == tenant_id, JobRow.id == job_id)
    if job := session.scalar(query):
        return job
    raise JobNotFoundError(job_id)


def lock_job(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Return a tenant's job, held against others until the transaction ends."""
    query = select(JobRow).where(JobRow.tenant_id == tenant_id, JobRow.id == job_id)
    if job := session.scalar(query.with_for_update()):
        return job
    raise JobNotFoundError(job_id)


def find_by_idempotency_key(session: Session, tenant_id: str, key: str) -> JobRow | None:
    """Return the job that a key made before."""
    query = select(JobRow).where(JobRow.tenant_id == tenant_id, JobRow.idempotency_key == key)
    return session.scalar(query)


def list_jobs(session: Session, tenant_id: str, *, cursor: str | None, limit: int) -> JobPage:
    """Return a page of a tenant's jobs, newest first."""
    query = select(JobRow).where(JobRow.tenant_id == tenant_id)
    if cursor is not None:
        query = query.where(tuple_(JobRow.created_at, JobRow.id) < _decode(cursor))
    ordered = query.order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(limit + 1)
    jobs = session.scalars(ordered).all()
    more = len(jobs) > limit
    return JobPage(jobs[:limit], _encode(jobs[limit - 1]) if more else None)


def _encode(job: JobRow) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()} {job.id}".encode()).decode()


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        moment, job_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        created_at = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error) as error:
        raise InvalidCursorError from error
    if created_at.tzinfo is None or "\x00" in job_id:
        raise InvalidCursorError
    return created_at, job_id


def sums_of_chunks(session: Session, job_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Return `done`, `needs_review` and `failed` items of each job, counted over its chunks."""
    query = (
        select(
            ChunkRow.job_id,
            func.sum(ChunkRow.done).label("done"),
            func.sum(ChunkRow.needs_review).label("needs_review"),
            func.sum(ChunkRow.failed).label("failed"),
        )
        .where(ChunkRow.job_id.in_(job_ids))
        .group_by(ChunkRow.job_id)
    )
    return {row.job_id: row for row in session.execute(query)}


def next_chunk_id(session: Session, job_id: str, now: datetime) -> int | None:
    """Return a chunk of a live job that nobody works on: the first in the input's order."""
    query = (
        select(ChunkRow.id)
        .join(JobRow)
        .where(ChunkRow.job_id == job_id, JobRow.state.in_(("queued", "running")), _is_free(now))
        .order_by(ChunkRow.first, ChunkRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=ChunkRow)
    )
    return session.scalar(query)


def waiting_job_ids(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """Return live jobs with a chunk that nobody works on, the oldest first."""
    waiting = select(ChunkRow.id).where(ChunkRow.job_id == JobRow.id, _is_free(now)).exists()
    query = select(JobRow.id).where(JobRow.state.in_(("queued", "running")), waiting)
    return session.scalars(query.order_by(JobRow.created_at).limit(limit)).all()


def _is_free(now: datetime) -> Any:  # noqa: ANN401 - an SQL expression
    lapsed = and_(ChunkRow.state == "running", ChunkRow.lease_until < now)
    return or_(ChunkRow.state == "pending", lapsed)


def items_of_chunk(session: Session, chunk: ChunkRow) -> Sequence[JobItemRow]:
    """Return the items of a chunk that have no final result yet, in the input's order."""
    settled = (
        select(ResultRow.position)
        .where(
            ResultRow.job_id == chunk.job_id,
            ResultRow.target == chunk.target,
            ResultRow.position == JobItemRow.position,
        )
        .exists()
    )
    query = select(JobItemRow).where(
        JobItemRow.job_id == chunk.job_id,
        JobItemRow.position >= chunk.first,
        JobItemRow.position < chunk.first + chunk.count,
        ~settled,
    )
    return session.scalars(query.order_by(JobItemRow.position)).all()


def results(session: Session, job_id: str, target: str | None) -> Iterator[JobResult]:
    """Yield a job's results so far in the input's order, the targets of an item together."""
    after = (-1, "")
    while True:
        query = (
            select(ResultRow, JobItemRow.item_id)
            .join(
                JobItemRow,
                and_(
                    JobItemRow.job_id == ResultRow.job_id,
                    JobItemRow.position == ResultRow.position,
                ),
            )
            .where(
                ResultRow.job_id == job_id,
                tuple_(ResultRow.position, ResultRow.target) > after,
            )
            .order_by(ResultRow.position, ResultRow.target)
            .limit(READ_AHEAD)
        )
        if target is not None:
            query = query.where(ResultRow.target == target)
        rows = session.execute(query).all()
        if not rows:
            return
        for row, item_id in rows:
            yield JobResult(
                item_id, row.target, row.status, row.text, row.source, row.confidence, row.reason
            )
        after = (rows[-1][0].position, rows[-1][0].target)
        session.expunge_all()
