"""The life of a batch job: made, finished, cancelled, tried again; `chunks` does its work."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from more_itertools import batched
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from translate import store, usage, webhooks
from translate.errors import (
    IdempotencyConflictError,
    InvalidJobError,
    JobStateError,
    Repeat,
    RepeatedIdError,
)
from translate.memory import THRESHOLD, Mode
from translate.models import ChunkRow, JobItemRow, JobRow, RejectionRow
from translate.store import ItemResult
from translate.translator import Format

CHUNK_ITEMS, LARGEST_CHUNK = 64, 2048
"""Items of a job's first chunks, and of its later ones, which grow to a quarter of what is before.

A small job is so shared by all workers, and a large one decoded in full batches."""
CHUNK_CHARACTERS = 120_000
"""A chunk is closed before it holds more."""
MAX_ITEMS = 1_000_000
BATCH = 1000
"""Items that are written at once."""

Reading = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class NewItem:
    """A text of a new job. `source` is its language, where the caller knows."""

    id: str
    text: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that is no item: its line, its id where it has one, and the reason.

    One whose id an item before it has is none either.
    """

    line: int
    id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """Whom to tell when a job has ended, and the secret that signs it."""

    url: str
    secret: str


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
class NewJob:
    """What a job is to do, and for whom; its items come separately."""

    tenant_id: str
    targets: tuple[str, ...]
    source: str | None = None
    options: JobOptions = JobOptions()
    idempotency_key: str | None = None
    key_id: str = ""
    webhook: Webhook | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in items times targets: translated well, in all, failed, doubtful."""

    done: int
    total: int
    failed: int
    needs_review: int


def create(session: Session, new: NewJob, items: Iterable[NewItem]) -> tuple[JobRow, bool]:
    """Queue a job and return it, with whether it is new. The items are read once, as a stream.

    The same key with the same request returns the job it made; with another one it raises
    `IdempotencyConflictError`. Raises `InvalidJobError` for no target, no items or too many,
    `RepeatedIdError` and `QuotaExceededError`; roll back then.
    """
    digest = Digest(new)
    job = begin(session, new)
    if job is None:
        for item in items:
            digest.add(item)
        return same_job(session, new, digest), False
    writer = Writer(job)
    for batch in batched(_distinct(items), BATCH):
        for item in batch:
            digest.add(item)
        writer.append(session, batch)
    close(session, job, writer, digest)
    return job, True


def _distinct(items: Iterable[NewItem]) -> Iterator[NewItem]:
    """Yield items; raise `RepeatedIdError` after the last of them where an id came again."""
    firsts: dict[str, int] = {}
    repeats: list[Repeat] = []
    for position, item in enumerate(items):
        first = firsts.setdefault(item.id, position)
        if first != position:
            repeats.append(Repeat(item.id, position, first))
        yield item
    if repeats:
        raise RepeatedIdError(repeats)


def begin(session: Session, new: NewJob, *, state: str = "queued") -> JobRow | None:
    """Insert a job's row; None where its key is taken, be it by a request of this moment."""
    if not new.targets:
        raise InvalidJobError("targets", "name at least one language")
    if new.idempotency_key and store.find_by_key(session, new.tenant_id, new.idempotency_key):
        return None
    job = JobRow(
        id=f"tj_{secrets.token_hex(12)}",
        tenant_id=new.tenant_id,
        key_id=new.key_id,
        state=state,
        targets=list(new.targets),
        source=new.source,
        options=asdict(new.options),
        idempotency_key=new.idempotency_key,
        request_hash="",
        total=0,
        rejected=0,
        characters=0,
        charged=0,
        created_at=store.now(),
        received_at=store.now(),
    )
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        return None
    if new.webhook:
        webhooks.register(session, job.id, new.webhook.url, new.webhook.secret)
    return job


def close(session: Session, job: JobRow, writer: "Writer", digest: "Digest") -> None:
    """Queue a job whose items, each with an id of its own, have all been written.

    Raises what is wrong with them as a whole. One whose file held records but no item has failed
    already.
    """
    job.request_hash = digest.value
    if not writer.total and not job.rejected:
        raise InvalidJobError("items", "give at least one item")
    if not writer.total:
        job.state, job.finished_at = "failed", store.now()
        webhooks.arm(session, job.id)
        return
    writer.close(session)
    characters = writer.characters * len(job.targets)
    usage.check(session, job.tenant_id, job.key_id, characters - job.characters)
    job.total, job.characters = writer.total * len(job.targets), characters
    job.state = "queued"
    session.flush()


def same_job(session: Session, new: NewJob, digest: "Digest") -> JobRow:
    """Return the job that the key made, if this request, read to its end, is the same."""
    assert new.idempotency_key is not None
    job = store.find_by_key(session, new.tenant_id, new.idempotency_key)
    if job is not None and job.state == "receiving":
        raise JobStateError(
            job.id, job.state, "the same request is still coming in; ask for it soon"
        )
    if job is None or job.request_hash != digest.value:
        raise IdempotencyConflictError(new.idempotency_key)
    return job


class Digest:
    """A hash of a request, taken while its items stream by."""

    def __init__(self, new: NewJob) -> None:
        request = [list(new.targets), new.source, asdict(new.options)]
        if new.webhook:
            request.append(new.webhook.url)
        self._hash = hashlib.sha256(json.dumps(request).encode())

    def add(self, record: NewItem | Rejection) -> None:
        """Take an item, or a record that is none, into the hash."""
        self._hash.update(json.dumps(list(_fields(record))).encode())

    @property
    def value(self) -> str:
        """The hash of everything read so far."""
        return self._hash.hexdigest()


def _fields(record: NewItem | Rejection) -> Iterator[str | int | None]:
    return (getattr(record, name) for name in record.__slots__)


class Writer:
    """Appends items to a job and cuts them into chunks, one for each target."""

    def __init__(self, job: JobRow) -> None:
        self._job_id, self._targets = job.id, list(job.targets)
        self._first = self._count = self._size = 0
        self.total = 0
        self.characters = 0

    def append(self, session: Session, items: Sequence[NewItem]) -> None:
        """Insert items, and the chunks that they fill; raise `InvalidJobError` for too many."""
        if self.total + len(items) > MAX_ITEMS:
            raise InvalidJobError("items", f"more than {MAX_ITEMS:,} items; make several jobs")
        rows = [
            {"job_id": self._job_id, "position": self.total + offset, "item_id": item.id,
             "text": item.text, "source": item.source}
            for offset, item in enumerate(items)
        ]  # fmt: skip
        if rows:
            session.execute(insert(JobItemRow), rows)
        self.total += len(items)
        for item in items:
            self._count_in(session, len(item.text))

    def close(self, session: Session) -> None:
        """Insert the last chunk."""
        if self._count:
            self._add_chunk(session)

    def _count_in(self, session: Session, size: int) -> None:
        room = min(max(CHUNK_ITEMS, self._first // 4), LARGEST_CHUNK)
        is_full = self._count >= room or self._size + size > CHUNK_CHARACTERS
        if self._count and is_full:
            self._add_chunk(session)
        self._count, self._size = self._count + 1, self._size + size
        self.characters += size

    def _add_chunk(self, session: Session) -> None:
        rows = [
            {"job_id": self._job_id, "target": target, "first": self._first, "count": self._count,
             "state": "pending"}
            for target in self._targets
        ]  # fmt: skip
        session.execute(insert(ChunkRow), rows)
        self._first, self._count, self._size = self._first + self._count, 0, 0


def reject(session: Session, job_id: str, rejections: Sequence[Rejection]) -> None:
    """Remember records of a job's file that are no items."""
    rows = [{"job_id": job_id, "line": each.line, "item_id": each.id, "reason": each.reason}
            for each in rejections]  # fmt: skip
    if rows:
        session.execute(insert(RejectionRow), rows)


def progress(session: Session, job: JobRow) -> Progress:
    """Return how far a job is."""
    done, needs_review, failed = store.sums(session, job.id)
    return Progress(done, job.total, failed, needs_review)


def results(  # noqa: PLR0913 - keywords
    reading: Reading,
    tenant_id: str,
    job_id: str,
    *,
    target: str | None = None,
    status: str | None = None,
    after: int = -1,
) -> Iterator[ItemResult]:
    """Yield what is translated so far, in the input's order, from beyond the position `after`.

    Each page is read in a session of its own, so a slow reader holds none.
    """
    with reading() as session:
        store.get_job(session, tenant_id, job_id)
    last: tuple[int, str] | None = None
    while True:
        with reading() as session:
            page = store.result_page(
                session, job_id, target=target, status=status, after=after, last=last
            )
        yield from page
        if len(page) < store.PAGE:
            return
        last = page[-1].position, page[-1].target


def rejections(reading: Reading, tenant_id: str, job_id: str) -> Iterator[Rejection]:
    """Yield the records of a job's file that are no items, each page in a session of its own."""
    with reading() as session:
        store.get_job(session, tenant_id, job_id)
    line = -1
    while True:
        with reading() as session:
            page = store.rejection_page(session, job_id, after=line)
        yield from (Rejection(row.line, row.item_id, row.reason) for row in page)
        if len(page) < store.PAGE:
            return
        line = page[-1].line


def cancel(session: Session, tenant_id: str, job_id: str) -> JobRow:
    """Stop a job; what is done stays. Raises `JobStateError` where it has already ended."""
    job = store.lock_job(session, job_id, tenant_id)
    if job.state == "cancelled":
        return job
    if job.state not in {"receiving", *store.LIVE}:
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
    webhooks.arm(session, job_id)
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


def has_waiting(session: Session) -> bool:
    """Tell whether any job has a chunk to be taken."""
    return bool(store.waiting_job_ids(session, store.now(), 1))
