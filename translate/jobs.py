"""The life of a batch job: made, worked on chunk by chunk, finished, cancelled, tried again.

A worker claims a chunk in one transaction, translates outside of any, and completes in another;
results count only if the claim still holds then, so every item is translated exactly once
whatever is killed when.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice

from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from translate import glossaries, store
from translate.errors import (
    GlossaryNotFoundError,
    IdempotencyConflictError,
    InvalidJobError,
    JobStateError,
)
from translate.glossary import Glossary
from translate.memory import THRESHOLD, Mode
from translate.models import ChunkRow, JobItemRow, JobRow, ResultRow
from translate.search import TenantMemory
from translate.store import ItemResult
from translate.translator import Format, Translator
from translate.types import Translation

CHUNK_ITEMS = 64
CHUNK_CHARACTERS = 30_000
"""A chunk is closed when it holds so much: a lease must outlast its translation."""
MAX_ITEMS = 1_000_000
MAX_ATTEMPTS = 5
"""A chunk that was claimed so often and never completed is given up."""
INSERT_ROWS = 1000

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class NewItem:
    """A text of a new job. `source` is its language, where the caller knows."""

    id: str
    text: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How all items of a job are translated."""

    format: Format = "text"
    min_confidence: float = 0.0
    do_not_translate: tuple[str, ...] = ()
    glossary: str | None = None
    """Id of a glossary, used in the version that it has when a chunk is translated."""
    memory: Mode = "fuzzy"
    memory_threshold: float = THRESHOLD
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in items times targets: translated well, in all, failed, doubtful."""

    done: int
    total: int
    failed: int
    needs_review: int


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """A text of a claimed chunk, at its position in the input."""

    position: int
    text: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that a worker holds: what to translate, and the token that proves the holding."""

    job_id: str
    tenant_id: str
    chunk_id: int
    token: str
    target: str
    options: JobOptions
    items: tuple[ClaimedItem, ...]
    glossary: Glossary | None = None


def create(  # noqa: PLR0913 - keywords, each with a default
    session: Session,
    tenant_id: str,
    items: Iterable[NewItem],
    *,
    targets: Sequence[str],
    source: str | None = None,
    options: JobOptions | None = None,
    idempotency_key: str | None = None,
) -> tuple[JobRow, bool]:
    """Queue a job and return it, with whether it is new. The items are read once, as a stream.

    The same key with the same request returns the job it made; with another one it raises
    `IdempotencyConflictError`. Raises `InvalidJobError` for no target, no items, too many, or two
    with one id; roll back then.
    """
    if not targets:
        raise InvalidJobError("targets", "name at least one language")
    digest = _Digest(list(targets), source, options or JobOptions())
    job = _reserve(session, tenant_id, digest, idempotency_key)
    if job is None:
        assert idempotency_key is not None
        return _same_job(session, tenant_id, idempotency_key, digest, items), False
    total = _add_items(session, job, digest.read(_checked(items)))
    job.total, job.request_hash = total * len(targets), digest.value
    session.flush()
    return job, True


def _reserve(
    session: Session, tenant_id: str, digest: "_Digest", idempotency_key: str | None
) -> JobRow | None:
    """Insert the job's row; None where the key is taken, be it by a request of this moment."""
    if idempotency_key and store.find_by_key(session, tenant_id, idempotency_key):
        return None
    job = JobRow(
        id=f"tj_{secrets.token_hex(12)}",
        tenant_id=tenant_id,
        state="queued",
        targets=digest.targets,
        source=digest.source,
        options=asdict(digest.options),
        idempotency_key=idempotency_key,
        request_hash="",
        total=0,
        created_at=store.now(),
    )
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        return None
    return job


def _same_job(
    session: Session, tenant_id: str, key: str, digest: "_Digest", items: Iterable[NewItem]
) -> JobRow:
    """Return the job that the key made, if this request is the same."""
    for _ in digest.read(items):
        pass
    job = store.find_by_key(session, tenant_id, key)
    if job is None or job.request_hash != digest.value:
        raise IdempotencyConflictError(key)
    return job


class _Digest:
    """A hash of a request, taken while its items stream by."""

    def __init__(self, targets: list[str], source: str | None, options: JobOptions) -> None:
        self.targets, self.source, self.options = targets, source, options
        self._hash = hashlib.sha256(json.dumps([targets, source, asdict(options)]).encode())

    def read(self, items: Iterable[NewItem]) -> Iterator[NewItem]:
        """Pass the items through."""
        for item in items:
            self._hash.update(json.dumps([item.id, item.text, item.source]).encode())
            yield item

    @property
    def value(self) -> str:
        """The hash of everything read so far."""
        return self._hash.hexdigest()


def _checked(items: Iterable[NewItem]) -> Iterator[NewItem]:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise InvalidJobError("items", f"the id {item.id!r} comes twice")
        if len(seen) == MAX_ITEMS:
            raise InvalidJobError("items", f"more than {MAX_ITEMS:,} items; make several jobs")
        seen.add(item.id)
        yield item
    if not seen:
        raise InvalidJobError("items", "give at least one item")


def _add_items(session: Session, job: JobRow, items: Iterator[NewItem]) -> int:
    """Insert the items and the chunks they fall into; return how many items there are."""
    first = count = size = total = 0
    while rows := [
        {"job_id": job.id, "position": total + offset, "item_id": item.id, "text": item.text,
         "source": item.source}
        for offset, item in enumerate(islice(items, INSERT_ROWS))
    ]:  # fmt: skip
        session.execute(insert(JobItemRow), rows)
        total += len(rows)
        for row in rows:
            if count == CHUNK_ITEMS or (count and size + len(str(row["text"])) > CHUNK_CHARACTERS):
                _add_chunk(session, job, first, count)
                first, count, size = first + count, 0, 0
            count, size = count + 1, size + len(str(row["text"]))
    _add_chunk(session, job, first, count)
    return total


def _add_chunk(session: Session, job: JobRow, first: int, count: int) -> None:
    rows = [
        {"job_id": job.id, "target": target, "first": first, "count": count, "state": "pending"}
        for target in job.targets
    ]
    session.execute(insert(ChunkRow), rows)


def run_next_chunk(
    transaction: Transaction,
    translator: Translator,
    job_id: str,
    *,
    lease: float,
    reading: Transaction | None = None,
) -> bool:
    """Translate one chunk of a job; tell whether there was one to take.

    The memory is searched in sessions of `reading`. A chunk whose translation raises is given
    back for another attempt, and the error goes on.
    """
    with transaction() as session:
        held = claim(session, job_id, lease=lease)
    if held is None:
        return False
    try:
        results = _translate(translator, held, reading or transaction)
    except Exception:
        with transaction() as session:
            release(session, held)
        raise
    with transaction() as session:
        complete(session, held, results)
    return True


def _translate(translator: Translator, held: Claim, reading: Transaction) -> list[Translation]:
    memory = TenantMemory(
        reading,
        held.tenant_id,
        domain=held.options.domain,
        mode=held.options.memory,
        threshold=held.options.memory_threshold,
    )
    return translator.translate(
        [item.text for item in held.items],
        target=held.target,
        sources=[item.source for item in held.items],
        format=held.options.format,
        min_confidence=held.options.min_confidence,
        do_not_translate=held.options.do_not_translate,
        glossary=held.glossary,
        memory=memory,
    )


def claim(session: Session, job_id: str, *, lease: float) -> Claim | None:
    """Take the next chunk of a job for `lease` seconds; None where there is none to take.

    A chunk whose worker let its lease run out can be taken. After too many attempts its items
    fail, with the reason, and the next chunk is taken.
    """
    job = store.lock_job(session, job_id)
    if job.state not in store.LIVE:
        return None
    moment = store.now()
    while chunk := store.next_chunk(session, job_id, moment):
        items = store.open_items(session, chunk)
        if chunk.attempts >= MAX_ATTEMPTS:
            reason = f"given up after {MAX_ATTEMPTS} attempts; the worker's log tells why"
            _give_up(session, job, chunk, items, reason)
            continue
        try:
            glossary = _glossary(session, job)
        except GlossaryNotFoundError as error:
            _give_up(session, job, chunk, items, str(error))
            continue
        if job.state == "queued":
            job.state, job.started_at = "running", job.started_at or moment
        chunk.state, chunk.claim = "running", secrets.token_hex(16)
        chunk.lease_until, chunk.attempts = moment + timedelta(seconds=lease), chunk.attempts + 1
        session.flush()
        return _claim(job, chunk, items, glossary)
    return None


def _glossary(session: Session, job: JobRow) -> Glossary | None:
    reference = job.options.get("glossary")
    return glossaries.load(session, job.tenant_id, reference) if reference else None


def _claim(
    job: JobRow, chunk: ChunkRow, items: Sequence[JobItemRow], glossary: Glossary | None
) -> Claim:
    assert chunk.claim is not None
    options = job.options | {"do_not_translate": tuple(job.options["do_not_translate"])}
    return Claim(
        job.id,
        job.tenant_id,
        chunk.id,
        chunk.claim,
        chunk.target,
        JobOptions(**options),
        tuple(ClaimedItem(row.position, row.text, row.source or job.source) for row in items),
        glossary,
    )


def _give_up(
    session: Session, job: JobRow, chunk: ChunkRow, items: Sequence[JobItemRow], reason: str
) -> None:
    results = [Translation("", row.source, chunk.target, "failed", 0.0, reason=reason)
               for row in items]  # fmt: skip
    _settle(session, job, chunk, [row.position for row in items], results)


def complete(session: Session, held: Claim, results: Sequence[Translation]) -> bool:
    """Write a chunk's results and close it, if the claim still holds; tell whether it did."""
    job = store.lock_job(session, held.job_id)
    chunk = _held_chunk(session, held)
    if chunk is None:
        return False
    _settle(session, job, chunk, [item.position for item in held.items], results)
    return True


def release(session: Session, held: Claim) -> bool:
    """Give a chunk back unfinished, if the claim still holds; tell whether it did."""
    store.lock_job(session, held.job_id)
    chunk = _held_chunk(session, held)
    if chunk is None:
        return False
    chunk.state, chunk.claim, chunk.lease_until = "pending", None, None
    session.flush()
    return True


def _held_chunk(session: Session, held: Claim) -> ChunkRow | None:
    chunk = session.get(ChunkRow, held.chunk_id, populate_existing=True)
    return chunk if chunk and chunk.state == "running" and chunk.claim == held.token else None


def _settle(
    session: Session,
    job: JobRow,
    chunk: ChunkRow,
    positions: Sequence[int],
    results: Sequence[Translation],
) -> None:
    """Replace the results at the positions, close the chunk, and the job with its last one."""
    session.execute(
        delete(ResultRow).where(
            ResultRow.job_id == job.id,
            ResultRow.target == chunk.target,
            ResultRow.position.in_(positions),
        )
    )
    rows = [
        {"job_id": job.id, "target": chunk.target, "position": position, "status": each.status,
         "text": None if each.status == "failed" else each.text, "source": each.source,
         "confidence": each.confidence, "reason": each.reason, "model": each.model}
        for position, each in zip(positions, results, strict=True)
    ]  # fmt: skip
    if rows:
        session.execute(insert(ResultRow), rows)
    counts = store.count_results(session, chunk)
    chunk.done, chunk.failed = counts.get("done", 0), counts.get("failed", 0)
    chunk.needs_review = counts.get("needs_review", 0)
    chunk.state, chunk.claim, chunk.lease_until = "done", None, None
    session.flush()
    _finish_if_done(session, job)


def _finish_if_done(session: Session, job: JobRow) -> None:
    if store.has_open_chunks(session, job.id):
        return
    job.state = "failed" if progress(session, job).failed == job.total else "done"
    job.finished_at = store.now()
    session.flush()


def progress(session: Session, job: JobRow) -> Progress:
    """Return how far a job is."""
    done, needs_review, failed = store.sums(session, job.id)
    return Progress(done, job.total, failed, needs_review)


def results(
    session: Session,
    tenant_id: str,
    job_id: str,
    *,
    target: str | None = None,
    after: int = -1,
) -> Iterator[ItemResult]:
    """Yield what is translated so far, in the input's order, from beyond the position `after`."""
    store.get_job(session, tenant_id, job_id)
    return store.iterate_results(session, job_id, target=target, after=after)


def cancel(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Stop a job; what is done stays. Raises `JobStateError` where it has already ended."""
    job = store.lock_job(session, job_id, tenant_id)
    if job.state == "cancelled":
        return job
    if job.state not in store.LIVE:
        raise JobStateError(
            job_id, job.state, "only one that is queued or running can be cancelled"
        )
    session.execute(
        update(ChunkRow)
        .where(ChunkRow.job_id == job_id, ChunkRow.state != "done")
        .values(state="cancelled", claim=None, lease_until=None)
    )
    job.state, job.finished_at = "cancelled", store.now()
    session.flush()
    return job


def retry_failures(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Queue the failed items of an ended job again; what succeeded stays as it is.

    Raises `JobStateError` for a job that is still at work or was cancelled.
    """
    job = store.lock_job(session, job_id, tenant_id)
    if job.state not in {"done", "failed"}:
        raise JobStateError(job_id, job.state, "only one that has ended can be tried again")
    reopened = session.execute(
        update(ChunkRow)
        .where(ChunkRow.job_id == job_id, ChunkRow.failed > 0)
        .values(state="pending", attempts=0, failed=0)
        .returning(ChunkRow.id)
    ).all()
    if reopened:
        job.state, job.finished_at = "queued", None
    session.flush()
    return job


def waiting_job_ids(session: Session, *, limit: int = 1000) -> Sequence[str]:
    """Return the jobs that have a chunk to be taken, the oldest first: what a sweep wakes."""
    return store.waiting_job_ids(session, store.now(), limit)
