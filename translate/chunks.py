"""Chunks of batch jobs: claimed by a worker, translated, completed, each item exactly once.

A worker claims a chunk in one transaction, translates outside of any, and completes in another;
results count only if the claim still holds then, so nothing is lost or doubled whatever is killed
when. While it translates it renews its lease, so that no other takes a chunk that is only slow.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event, Thread

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from translate import glossaries, store, usage, webhooks
from translate.errors import GlossaryNotFoundError
from translate.glossary import Glossary
from translate.jobs import CHUNK_ITEMS, JobOptions
from translate.models import ChunkRow, JobRow, ResultRow
from translate.search import TenantMemory
from translate.translator import Translator
from translate.types import Translation

MAX_ATTEMPTS = 5
"""A chunk that was claimed so often and never completed is given up."""
CANDIDATES = 20
"""Jobs that are looked at for a chunk to take."""
RENEWALS = 3
"""How often a lease is renewed before it would run out."""

Transaction = Callable[[], AbstractContextManager[Session]]
log = structlog.get_logger()


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


def run_next(
    transaction: Transaction,
    translator: Translator,
    job_id: str | None = None,
    *,
    lease: float,
    reading: Transaction | None = None,
) -> bool:
    """Translate one chunk, of this job or of any; tell whether there was one to take.

    The memory is searched in sessions of `reading`. A chunk whose translation raises is given
    back for another attempt, and the error goes on.
    """
    with transaction() as session:
        held = claim(session, job_id, lease=lease) if job_id else claim_any(session, lease=lease)
    if held is None:
        return False
    try:
        with _renewed(transaction, held, lease):
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


@contextmanager
def _renewed(transaction: Transaction, held: Claim, lease: float) -> Iterator[None]:
    """Renew the lease of a claim from time to time while the block runs."""
    is_over = Event()

    def keep() -> None:
        while not is_over.wait(lease / RENEWALS):
            try:
                with transaction() as session:
                    if not renew(session, held, lease=lease):
                        return
            except SQLAlchemyError as error:
                log.warning("lease_not_renewed", job_id=held.job_id, error=type(error).__name__)

    thread = Thread(target=keep, name=f"lease-{held.chunk_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def claim_any(session: Session, *, lease: float) -> Claim | None:
    """Take a chunk of the job that has the fewest at work, so that none waits for a larger one."""
    for job_id in store.waiting_job_ids(session, store.now(), CANDIDATES):
        if held := claim(session, job_id, lease=lease):
            return held
    return None


def claim(session: Session, job_id: str, *, lease: float) -> Claim | None:
    """Take the next chunk of a job for `lease` seconds; None where there is none to take.

    A chunk whose worker let its lease run out can be taken, cut to the smallest size: so a worker
    that is killed often gets on, and what kills it is found among few. After too many attempts its
    items fail, with the reason, and the next chunk is taken.
    """
    job = store.lock_job(session, job_id)
    if job.state not in store.LIVE:
        return None
    moment = store.now()
    while chunk := store.next_chunk(session, job_id, moment):
        if chunk.attempts:
            _cut(session, chunk)
        items = [ClaimedItem(*row) for row in store.open_items(session, chunk)]
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


def _cut(session: Session, chunk: ChunkRow) -> None:
    """Make a large chunk a small one, and others of the rest, which wait."""
    end, chunk.count = chunk.first + chunk.count, min(chunk.count, CHUNK_ITEMS)
    others = [
        ChunkRow(
            job_id=chunk.job_id, target=chunk.target, first=first,
            count=min(CHUNK_ITEMS, end - first), state="pending",
        )
        for first in range(chunk.first + chunk.count, end, CHUNK_ITEMS)
    ]  # fmt: skip
    session.add_all(others)
    for each in (chunk, *others):
        _count(session, each)


def _glossary(session: Session, job: JobRow) -> Glossary | None:
    reference = job.options.get("glossary")
    return glossaries.load(session, job.tenant_id, reference) if reference else None


def _claim(
    job: JobRow, chunk: ChunkRow, items: Sequence[ClaimedItem], glossary: Glossary | None
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
        tuple(replace(item, source=item.source or job.source) for item in items),
        glossary,
    )


def _give_up(
    session: Session, job: JobRow, chunk: ChunkRow, items: Sequence[ClaimedItem], reason: str
) -> None:
    results = [Translation("", row.source, chunk.target, "failed", 0.0, reason=reason)
               for row in items]  # fmt: skip
    _settle(session, job, chunk, items, results)


def renew(session: Session, held: Claim, *, lease: float) -> bool:
    """Hold a chunk for `lease` seconds from now, if the claim still holds; tell whether it did."""
    chunk = _held_chunk(session, held)
    if chunk is None:
        return False
    chunk.lease_until = store.now() + timedelta(seconds=lease)
    session.flush()
    return True


def complete(session: Session, held: Claim, results: Sequence[Translation]) -> bool:
    """Write a chunk's results and close it, if the claim still holds; tell whether it did."""
    job = store.lock_job(session, held.job_id)
    chunk = _held_chunk(session, held)
    if chunk is None:
        return False
    _settle(session, job, chunk, held.items, results)
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
    chunk = store.lock_chunk(session, held.chunk_id)
    return chunk if chunk and chunk.state == "running" and chunk.claim == held.token else None


def _settle(
    session: Session,
    job: JobRow,
    chunk: ChunkRow,
    items: Sequence[ClaimedItem],
    results: Sequence[Translation],
) -> None:
    """Replace the items' results, close the chunk, and the job with its last one."""
    session.execute(
        delete(ResultRow).where(
            ResultRow.job_id == job.id,
            ResultRow.target == chunk.target,
            ResultRow.position.in_([item.position for item in items]),
        )
    )
    rows = [
        {"job_id": job.id, "target": chunk.target, "position": item.position,
         "status": each.status, "text": None if each.status == "failed" else each.text,
         "source": each.source, "confidence": each.confidence, "reason": each.reason,
         "model": each.model}
        for item, each in zip(items, results, strict=True)
    ]  # fmt: skip
    if rows:
        session.execute(insert(ResultRow), rows)
    _count(session, chunk)
    chunk.state, chunk.claim, chunk.lease_until = "done", None, None
    _charge(session, job, items, results)
    session.flush()
    _finish_if_done(session, job)


def _count(session: Session, chunk: ChunkRow) -> None:
    counts = store.count_results(session, chunk)
    chunk.done, chunk.failed = counts.get("done", 0), counts.get("failed", 0)
    chunk.needs_review = counts.get("needs_review", 0)


def _charge(
    session: Session,
    job: JobRow,
    items: Sequence[ClaimedItem],
    results: Sequence[Translation],
) -> None:
    """Count the characters of what was translated; an item that failed costs nothing."""
    used = sum(
        len(item.text) for item, each in zip(items, results, strict=True) if each.status != "failed"
    )
    job.charged += used
    usage.add(session, job.tenant_id, job.key_id, used)


def _finish_if_done(session: Session, job: JobRow) -> None:
    if store.has_open_chunks(session, job.id):
        return
    _, _, failed = store.sums(session, job.id)
    job.state = "failed" if failed == job.total else "done"
    job.finished_at = store.now()
    session.flush()
    webhooks.arm(session, job.id)
