"""The life of a batch job: created, claimed chunk by chunk, completed exactly once.

    queued -> running -> done | failed
       \\________\\______-> cancelled

A worker claims a chunk with a fresh token and a lease; it may write results only while the claim
holds. So a chunk of a dead worker is taken over, and a slow one cannot write twice.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from translate import store
from translate.errors import IdempotencyConflictError, InvalidJobError, JobStateError
from translate.models import ChunkRow, JobItemRow, JobRow, ResultRow
from translate.store import JobResult
from translate.translator import Translator
from translate.types import Translation

CHUNK_ITEMS = 64
MAX_ATTEMPTS = 5
"""A chunk that took so many workers down is given up, and its items fail."""
MAX_ITEMS = 1_000_000
INSERT_BATCH = 2000
WAITING_LIMIT = 100
ENDED = frozenset({"done", "failed", "cancelled"})
log = structlog.get_logger()

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class NewItem:
    """A text of a job; `source` names its language where the owner knows it."""

    id: str
    text: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How a job's texts are translated."""

    format: str = "text"
    min_confidence: float = 0.0
    do_not_translate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of items times targets. `done` has the ones to review, but not the failed."""

    done: int
    total: int
    failed: int
    needs_review: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that is ours until the lease ends, with all that is needed to translate it."""

    chunk_id: int
    token: str
    job_id: str
    target: str
    source: str | None
    options: JobOptions
    items: tuple[JobItemRow, ...]
    attempts: int


def create(  # noqa: PLR0913 - what makes a job
    session: Session,
    tenant_id: str,
    items: Iterable[NewItem],
    *,
    targets: Sequence[str],
    source: str | None,
    options: JobOptions,
    idempotency_key: str | None = None,
) -> tuple[JobRow, bool]:
    """Make a job and its chunks; tell whether it is new.

    An idempotency key that came before gives the same job. Raises `IdempotencyConflictError` when
    it came with another request, `InvalidJobError` without items, with too many, or with an id
    twice.
    """
    job = JobRow(
        id=uuid.uuid4().hex,
        tenant_id=tenant_id,
        state="queued",
        targets=list(dict.fromkeys(targets)),
        source=source,
        options=asdict(options),
        idempotency_key=idempotency_key,
        request_hash="",
        total=0,
        created_at=datetime.now(UTC),
    )
    session.add(job)
    before = (
        store.find_by_idempotency_key(session, tenant_id, idempotency_key)
        if idempotency_key
        else None
    )
    if before:
        session.expunge(job)
        if before.request_hash != _hash_request(job, items):
            raise IdempotencyConflictError(idempotency_key or "")
        return before, False
    session.flush()
    count, job.request_hash = _insert_items(session, job, items)
    job.total = count * len(job.targets)
    _insert_chunks(session, job, count)
    session.flush()
    return job, True


class _RequestHash:
    """Digests a request as it streams by."""

    def __init__(self, job: JobRow) -> None:
        head = [job.targets, job.source, job.options]
        self._digest = hashlib.sha256(json.dumps(head, sort_keys=True, default=list).encode())

    def add(self, item: NewItem) -> None:
        self._digest.update(json.dumps([item.id, item.text, item.source]).encode())

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _hash_request(job: JobRow, items: Iterable[NewItem]) -> str:
    digest = _RequestHash(job)
    for item in items:
        digest.add(item)
    return digest.hexdigest()


def _insert_items(session: Session, job: JobRow, items: Iterable[NewItem]) -> tuple[int, str]:
    """Write the items in batches; return their number and the request's hash."""
    digest, seen, stream = _RequestHash(job), set[str](), iter(items)
    while batch := list(islice(stream, INSERT_BATCH)):
        rows = []
        for item in batch:
            if item.id in seen:
                raise InvalidJobError("items", f"the id {item.id!r} comes twice")
            rows.append(
                {
                    "job_id": job.id,
                    "position": len(seen),
                    "item_id": item.id,
                    "text": item.text,
                    "source": item.source,
                }
            )
            seen.add(item.id)
            digest.add(item)
        if len(seen) > MAX_ITEMS:
            raise InvalidJobError("items", f"more than {MAX_ITEMS}; make several jobs")
        session.execute(JobItemRow.__table__.insert(), rows)
    if not seen:
        raise InvalidJobError("items", "at least one is needed")
    return len(seen), digest.hexdigest()


def _insert_chunks(session: Session, job: JobRow, count: int) -> None:
    rows = [
        {
            "job_id": job.id,
            "target": target,
            "first": first,
            "count": min(CHUNK_ITEMS, count - first),
            "state": "pending",
            "attempts": 0,
            "done": 0,
            "needs_review": 0,
            "failed": 0,
        }
        for first in range(0, count, CHUNK_ITEMS)
        for target in job.targets
    ]
    for begin in range(0, len(rows), INSERT_BATCH):
        session.execute(ChunkRow.__table__.insert(), rows[begin : begin + INSERT_BATCH])


def waiting_job_ids(session: Session) -> Sequence[str]:
    """Return live jobs with work that nobody does, the oldest first."""
    return store.waiting_job_ids(session, datetime.now(UTC), WAITING_LIMIT)


def run_next_chunk(
    transaction: Transaction, translator: Translator, job_id: str, *, lease: float
) -> bool:
    """Claim, translate and complete the next chunk of a job; tell whether there was one.

    Translation happens between two transactions, so none is open while the engine works.
    """
    with transaction() as session:
        claim = claim_next(session, job_id, lease=lease)
    if claim is None:
        return False
    if claim.attempts > MAX_ATTEMPTS:
        outcomes = _give_up(claim)
    else:
        outcomes = translator.translate(
            [item.text for item in claim.items],
            target=claim.target,
            source=claim.source,
            sources=[item.source for item in claim.items],
            format=claim.options.format,
            min_confidence=claim.options.min_confidence,
            do_not_translate=claim.options.do_not_translate,
        )
    with transaction() as session:
        if not complete(session, claim, outcomes):
            log.warning("claim_lost", job_id=job_id, chunk_id=claim.chunk_id)
    return True


def claim_next(session: Session, job_id: str, *, lease: float) -> Claim | None:
    """Take the job's next free chunk for `lease` seconds."""
    now = datetime.now(UTC)
    chunk_id = store.next_chunk_id(session, job_id, now)
    if chunk_id is None:
        return None
    chunk = session.get_one(ChunkRow, chunk_id)
    chunk.state, chunk.claim = "running", uuid.uuid4().hex
    chunk.lease_until = now + timedelta(seconds=lease)
    chunk.attempts += 1
    job = session.get_one(JobRow, job_id)
    if job.state == "queued":
        job.state, job.started_at = "running", now
    session.flush()
    options = job.options | {"do_not_translate": tuple(job.options["do_not_translate"])}
    return Claim(
        chunk.id,
        chunk.claim,
        job_id,
        chunk.target,
        job.source,
        JobOptions(**options),
        tuple(store.items_of_chunk(session, chunk)),
        chunk.attempts,
    )


def complete(session: Session, claim: Claim, outcomes: Sequence[Translation]) -> bool:
    """Write a chunk's results and mark it done; False, with nothing written, if the claim is lost."""
    held = session.execute(
        update(ChunkRow)
        .where(
            ChunkRow.id == claim.chunk_id,
            ChunkRow.claim == claim.token,
            ChunkRow.state == "running",
        )
        .values(
            state="done",
            claim=None,
            lease_until=None,
            done=ChunkRow.done + sum(outcome.status != "failed" for outcome in outcomes),
            needs_review=ChunkRow.needs_review
            + sum(outcome.status == "needs_review" for outcome in outcomes),
            failed=ChunkRow.failed + sum(outcome.status == "failed" for outcome in outcomes),
        )
        .returning(ChunkRow.id)
    ).first()
    if held is None:
        return False
    if claim.items:
        rows = [
            _result(claim, item, outcome)
            for item, outcome in zip(claim.items, outcomes, strict=True)
        ]
        session.execute(ResultRow.__table__.insert(), rows)
    _finish_if_complete(session, claim.job_id)
    return True


def _result(claim: Claim, item: JobItemRow, outcome: Translation) -> dict[str, object]:
    return {
        "job_id": claim.job_id,
        "target": claim.target,
        "position": item.position,
        "status": outcome.status,
        "text": None if outcome.status == "failed" else outcome.text,
        "source": outcome.source,
        "confidence": outcome.confidence,
        "reason": outcome.reason or ", ".join(outcome.checks) or None,
        "model": outcome.model,
    }


def _give_up(claim: Claim) -> list[Translation]:
    reason = f"given up after {MAX_ATTEMPTS} workers failed at it"
    return [
        Translation("", item.source, claim.target, "failed", 0.0, reason=reason)
        for item in claim.items
    ]


def _finish_if_complete(session: Session, job_id: str) -> None:
    """End a running job whose last chunk is done. The job's row orders concurrent endings."""
    job = session.scalar(select(JobRow).where(JobRow.id == job_id).with_for_update())
    open_chunks = session.scalar(
        select(func.count()).where(
            ChunkRow.job_id == job_id, ChunkRow.state.in_(("pending", "running"))
        )
    )
    if job and job.state == "running" and not open_chunks:
        counts = progress(session, job)
        job.state = "failed" if counts.failed == counts.total else "done"
        job.finished_at = datetime.now(UTC)
        session.flush()
        log.info("job_finished", job_id=job_id, state=job.state, total=job.total)


def progress(session: Session, job: JobRow) -> Progress:
    """Return a job's counts, summed over its chunks: exact at any moment."""
    sums = store.sums_of_chunks(session, [job.id]).get(job.id)
    if sums is None:
        return Progress(0, job.total, 0, 0)
    return Progress(int(sums.done), job.total, int(sums.failed), int(sums.needs_review))


def cancel(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Stop a job. What is done stays; a chunk in work is thrown away when it comes in."""
    job = store.lock_job(session, tenant_id, job_id)
    if job.state in ENDED:
        raise JobStateError(job_id, job.state, "only a queued or running job can be cancelled")
    job.state, job.finished_at = "cancelled", datetime.now(UTC)
    session.execute(
        update(ChunkRow)
        .where(ChunkRow.job_id == job_id, ChunkRow.state.in_(("pending", "running")))
        .values(state="cancelled", claim=None, lease_until=None)
    )
    session.flush()
    return job


def retry_failures(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Open a finished job again for its failed items alone."""
    job = store.lock_job(session, tenant_id, job_id)
    if job.state not in {"done", "failed"}:
        raise JobStateError(job_id, job.state, "only a finished job can be retried")
    session.execute(
        delete(ResultRow).where(ResultRow.job_id == job_id, ResultRow.status == "failed")
    )
    reopened = session.execute(
        update(ChunkRow)
        .where(ChunkRow.job_id == job_id, ChunkRow.failed > 0)
        .values(state="pending", failed=0, attempts=0)
        .returning(ChunkRow.id)
    ).all()
    if reopened:
        job.state, job.finished_at = "running", None
    session.flush()
    return job


def results(
    session: Session, tenant_id: str, job_id: str, *, target: str | None = None
) -> Iterable[JobResult]:
    """Return an iterator over a job's results so far, in the input's order."""
    store.get_job(session, tenant_id, job_id)
    return store.results(session, job_id, target)
