"""Tasks: a few lines each, given ids, safe to run twice. The work is in the domains.

The broker only wakes workers; what there is to do stands in the database. A message that is
lost costs a sweep's wait, one delivered twice finds nothing left to claim.
"""

import time
from collections.abc import Callable

import structlog
from kombu.exceptions import OperationalError

from linkage import builds
from linkage.indexing import compaction
from linkage.web import resources
from linkage.web.polling import poll_next
from linkage.web.port import origin_of
from linkage.works import groups
from translate import chunks, documents, jobs, webhooks
from translate.errors import QuotaExceededError
from workers import localiser
from workers.app import celery, runtime
from workers.hooks import send
from workers.localiser import localise_next
from workers.metrics import ENQUEUE_FAULTS

TURN_SECONDS = 5
"""After so long on jobs a worker goes to the back of the queue, so that other tasks get a turn."""
WAKE_SECONDS = 30
POLL_SECONDS = 300
log = structlog.get_logger()


@celery.task  # type: ignore[untyped-decorator]
def work_on_jobs() -> None:
    """Translate chunks of whatever jobs there are for one turn."""
    until = time.monotonic() + TURN_SECONDS
    lease, database = runtime.settings.chunk_lease_seconds, runtime.database
    while has_more := chunks.run_next(
        database.transaction, runtime.translator, lease=lease, reading=database.reading
    ):
        if time.monotonic() > until:
            break
    with database.reading() as session:
        ended = webhooks.due(session)
    for job_id in ended:
        wake_for_webhook(job_id)
    if has_more:
        wake_for_jobs(1)


@celery.task  # type: ignore[untyped-decorator]
def deliver_webhook(job_id: str) -> None:
    """Send a job's webhook if it is due, and record how that went."""
    with runtime.database.transaction() as session:
        message = webhooks.claim(session, job_id)
    if message is None:
        return
    error = send(runtime.outside, message)
    log.info("webhook_sent", job_id=job_id, error=error)
    with runtime.database.transaction() as session:
        webhooks.settle(session, message, error)


@celery.task  # type: ignore[untyped-decorator]
def translate_document(document_id: str) -> None:
    """Translate a file, unless another worker is at it."""
    database = runtime.database
    documents.run(database.transaction, runtime.translator, document_id, reading=database.reading)


@celery.task  # type: ignore[untyped-decorator]
def localise(tenant_id: str, language: str) -> None:
    """Translate what is new in a catalogue for one turn, unless another worker is at it."""
    until = time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        try:
            step = localise_next(
                runtime.database,
                runtime.translator,
                tenant_id,
                language,
                encoder=runtime.settings.encoder,
            )
        except QuotaExceededError as error:
            log.warning(
                "localisation_paused", tenant_id=tenant_id, language=language, quota=error.quota
            )
            return
        if step is None or step.is_last:
            return
    wake_for_localisation(tenant_id, language)


@celery.task  # type: ignore[untyped-decorator]
def run_build(tenant_id: str, build_id: str) -> None:
    """Make a queued index build and put it live, unless another worker is at it."""
    builds.run(
        runtime.database.transaction,
        tenant_id,
        build_id,
        data_dir=runtime.index_dir,
        encoders=runtime.encoder,
        stores=runtime.stores,
        lease_seconds=runtime.settings.build_lease_seconds,
    )


@celery.task  # type: ignore[untyped-decorator]
def group_works(tenant_id: str) -> None:
    """Bring the works of a catalogue up to date, unless another worker is at it."""
    groups.catch_up(runtime.database.transaction, tenant_id, runtime.editions)


@celery.task(soft_time_limit=POLL_SECONDS)  # type: ignore[untyped-decorator]
def poll_sources() -> None:
    """Poll resources of the web for one turn; a time limit ends what hangs on hostile content."""
    until = time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        polled = poll_next(
            runtime.database.transaction,
            runtime.fetcher,
            agent=runtime.settings.fetch_user_agent,
        )
        if polled is None:
            return
        log.info("polled", origin=origin_of(polled.url), state=polled.state, error=polled.error)


@celery.task  # type: ignore[untyped-decorator]
def compact() -> None:
    """Queue a build for every catalogue of which so much has changed that one is due."""
    settings = runtime.settings
    with runtime.database.reading() as session:
        tenant_ids = compaction.outdated(session)
    for tenant_id in tenant_ids:
        with runtime.database.transaction() as session:
            build_id = compaction.start_if_due(
                session, tenant_id, encoder=settings.encoder, kind=settings.index_kind
            )
        if build_id:
            wake_for_build(tenant_id, build_id)


@celery.task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Wake workers for everything the database knows to be waiting."""
    with runtime.database.reading() as session:
        has_chunks = jobs.has_waiting(session)
        told = webhooks.due(session)
        document_ids = documents.waiting(session)
        waiting = builds.waiting(session)
        localisations = localiser.waiting(session)
        ungrouped = groups.waiting(session)
        origins = resources.count_due_origins(session, limit=runtime.settings.worker_processes)
    if has_chunks:
        wake_for_jobs(runtime.settings.worker_processes)
    for job_id in told:
        wake_for_webhook(job_id)
    for document_id in document_ids:
        wake_for_document(document_id)
    with runtime.database.transaction() as session:
        documents.remove_expired(session)
    for tenant_id, build_id in waiting:
        wake_for_build(tenant_id, build_id)
    for tenant_id, language in localisations:
        wake_for_localisation(tenant_id, language)
    for tenant_id in ungrouped:
        wake_for_works(tenant_id)
    for _ in range(origins):
        wake_for_sources()


def wake_for_jobs(workers: int) -> None:
    """Ask up to so many workers to work on jobs. Call it after the commit.

    A message that no worker is free to take expires: those at work send their own.
    """
    for _ in range(workers):
        _send(lambda: work_on_jobs.apply_async(retry=False, expires=WAKE_SECONDS))


def wake_for_webhook(job_id: str) -> None:
    """Ask a worker to send a job's webhook. Call it after the commit."""
    _send(lambda: deliver_webhook.apply_async((job_id,), retry=False))


def wake_for_document(document_id: str) -> None:
    """Ask a worker to translate a file. Call it after the commit."""
    _send(lambda: translate_document.apply_async((document_id,), retry=False))


def wake_for_localisation(tenant_id: str, language: str) -> None:
    """Ask a worker to translate what is new in a catalogue. Call it after the commit."""
    _send(lambda: localise.apply_async((tenant_id, language), retry=False))


def wake_for_build(tenant_id: str, build_id: str) -> None:
    """Ask a worker to make a queued index build. Call it after the commit."""
    _send(lambda: run_build.apply_async((tenant_id, build_id), retry=False))


def wake_for_sources() -> None:
    """Ask a worker to poll what is due; a message that waits long is outdone by the next sweep."""
    expires = 2 * runtime.settings.sweep_seconds
    _send(lambda: poll_sources.apply_async(expires=expires, retry=False))


def wake_for_works(tenant_id: str) -> None:
    """Ask a worker to group items into works; a message that waits is outdone by the next sweep."""
    expires = 2 * runtime.settings.sweep_seconds
    _send(lambda: group_works.apply_async((tenant_id,), expires=expires, retry=False))


def _send(send: Callable[[], object]) -> None:
    """Send; a broker that is down only delays the work until the sweep."""
    try:
        send()
    except (OperationalError, OSError) as error:
        ENQUEUE_FAULTS.inc()
        log.warning("enqueue_failed", error=type(error).__name__)
