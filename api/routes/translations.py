"""Translation: a few texts at once, and batches through the queue."""

from collections.abc import Iterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from api.deps import Reader, ReadSession, RuntimeDep, Writer
from api.errors import responses
from api.schemas.fields import Language
from api.schemas.jobs import JobBody, JobOut, JobPage
from api.schemas.translations import (
    LanguageOut,
    LanguagesOut,
    TranslateText,
    TranslateTexts,
    TranslationOut,
    TranslationsOut,
)
from translate import glossaries, jobs, store
from translate.jobs import JobOptions, NewItem
from translate.models import JobRow
from translate.search import TenantMemory
from workers.db import Database
from workers.tasks import wake_for_job

router = APIRouter(prefix="/v1", tags=["translation"])
JobId = Annotated[str, Path(max_length=40)]
PROBLEMS = responses(401, 403, 404, 422, 429, 503)


@router.get("/languages", responses=responses(401, 403, 429, 503))
def list_languages(caller: Reader, runtime: RuntimeDep) -> LanguagesOut:
    """List every direction of the model at hand with its measured quality."""
    del caller
    translator = runtime.translator
    return LanguagesOut(
        model=translator.model,
        directions=[
            LanguageOut.model_validate(direction, from_attributes=True)
            for direction in translator.directions
        ],
    )


@router.post("/translations", responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503))
def translate(
    body: TranslateText | TranslateTexts, caller: Writer, runtime: RuntimeDep
) -> TranslationsOut:
    """Translate up to 100 texts at once. A text that fails does not fail the others."""
    glossary = None
    if body.glossary:
        with runtime.database.reading() as session:
            glossary = glossaries.load(session, caller.tenant_id, body.glossary)
    translations = runtime.translator.translate(
        [body.text] if isinstance(body, TranslateText) else body.texts,
        target=body.target,
        source=body.source,
        format=body.format,
        min_confidence=body.min_confidence,
        do_not_translate=tuple(body.do_not_translate),
        glossary=glossary,
        memory=TenantMemory(
            runtime.database.reading,
            caller.tenant_id,
            domain=body.domain,
            mode=body.memory,
            threshold=body.memory_threshold,
        ),
        plain=body.plain,
    )
    return TranslationsOut(translations=[TranslationOut.of(each) for each in translations])


@router.post(
    "/translation-jobs",
    status_code=202,
    responses={
        200: {"model": JobOut},
        **responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    },
)
def create_job(
    body: JobBody,
    caller: Writer,
    runtime: RuntimeDep,
    response: Response,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> JobOut:
    """Queue a batch. The same `Idempotency-Key` and body again give the same job, with 200."""
    supported = runtime.translator.check_targets(body.targets)
    with runtime.database.transaction() as session:
        job, is_new = jobs.create(
            session,
            caller.tenant_id,
            (NewItem(item.id, item.text, item.source) for item in body.items),
            targets=supported,
            source=body.source,
            options=_options(session, caller.tenant_id, body),
            idempotency_key=idempotency_key or None,
        )
        answer = _shape(session, job)
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = f"/v1/translation-jobs/{job.id}"
    wake_for_job(job.id, runtime.settings.worker_processes)
    return answer


@router.get("/translation-jobs", responses=responses(401, 403, 404, 422, 429, 503))
def list_jobs(
    caller: Reader,
    session: ReadSession,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> JobPage:
    """List jobs, newest first."""
    page = store.list_jobs(session, caller.tenant_id, cursor=cursor, limit=limit)
    return JobPage(jobs=[_shape(session, job) for job in page.jobs], next_cursor=page.next_cursor)


@router.get("/translation-jobs/{job_id}", responses=PROBLEMS)
def get_job(job_id: JobId, caller: Reader, session: ReadSession) -> JobOut:
    """Return a job's state and progress."""
    return _shape(session, store.get_job(session, caller.tenant_id, job_id))


@router.get(
    "/translation-jobs/{job_id}/results",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}},
        **PROBLEMS,
    },
)
def get_results(
    job_id: JobId,
    caller: Reader,
    runtime: RuntimeDep,
    target: Annotated[Language | None, Query(description="Only this language.")] = None,
) -> StreamingResponse:
    """Stream what is translated so far, as JSON Lines in the input's order."""
    with runtime.database.reading() as session:
        store.get_job(session, caller.tenant_id, job_id)
    lines = _result_lines(runtime.database, caller.tenant_id, job_id, target)
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.delete("/translation-jobs/{job_id}", responses=responses(401, 403, 404, 409, 422, 429, 503))
def cancel_job(job_id: JobId, caller: Writer, runtime: RuntimeDep) -> JobOut:
    """Cancel a job; what is done stays and can be fetched."""
    with runtime.database.transaction() as session:
        return _shape(session, jobs.cancel(session, caller.tenant_id, job_id))


@router.post(
    "/translation-jobs/{job_id}/retry",
    status_code=202,
    responses=responses(401, 403, 404, 409, 422, 429, 503),
)
def retry_job(job_id: JobId, caller: Writer, runtime: RuntimeDep) -> JobOut:
    """Translate the failed items of a finished job again."""
    with runtime.database.transaction() as session:
        answer = _shape(session, jobs.retry_failures(session, caller.tenant_id, job_id))
    wake_for_job(job_id, runtime.settings.worker_processes)
    return answer


def _options(session: Session, tenant_id: str, body: JobBody) -> JobOptions:
    """Return a job's options; its glossary is named by its id, in the version of each chunk."""
    glossary = glossaries.find(session, tenant_id, body.glossary).id if body.glossary else None
    return JobOptions(
        body.format,
        body.min_confidence,
        tuple(body.do_not_translate),
        glossary,
        body.memory,
        body.memory_threshold,
        body.domain,
    )


def _shape(session: Session, job: JobRow) -> JobOut:
    return JobOut.of(job, jobs.progress(session, job))


def _result_lines(
    database: Database, tenant_id: str, job_id: str, target: str | None
) -> Iterator[bytes]:
    with database.reading() as session:
        for result in jobs.results(session, tenant_id, job_id, target=target):
            line = {
                "id": result.item_id,
                "target": result.target,
                "text": result.text,
                "source": result.source,
                "status": result.status,
                "confidence": result.confidence,
            }
            if result.reason:
                line["reason"] = result.reason
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
