"""Batches of translations through the queue: made, watched, fetched, cancelled, tried again."""

import csv
import io
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import astuple, fields
from typing import Annotated, Any, Literal

import orjson
from anyio import from_thread
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from api.deps import Reader, ReadSession, RuntimeDep, Writer
from api.errors import responses
from api.schemas.fields import Language
from api.schemas.jobs import (
    JobBody,
    JobOut,
    JobPage,
    JobRequest,
    UploadForm,
    UploadQuery,
    upload_form_schema,
)
from translate import glossaries, jobs, store, uploads, webhooks
from translate.errors import InvalidJobError
from translate.jobs import JobOptions, NewItem, NewJob, Rejection, Webhook
from translate.models import JobRow
from translate.store import ItemResult
from translate.uploads import Columns, Kind
from workers.accounts import Caller
from workers.fetch import RefusedError
from workers.runtime import Runtime
from workers.tasks import wake_for_jobs

JobId = Annotated[str, Path(max_length=40)]
IdempotencyKey = Annotated[str, Header(max_length=200)]
PROBLEMS = responses(401, 403, 404, 422, 429, 503)
CREATED: dict[int | str, dict[str, Any]] = {
    200: {"model": JobOut},
    **responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
}
_STATE_CHANGED = responses(401, 403, 404, 409, 422, 429, 503)
FORM, JSON_LINES, CSV = "multipart/form-data", "application/x-ndjson", "text/csv"
KINDS: dict[str, Kind] = {JSON_LINES: "jsonl", CSV: "csv"}
STREAMED_PATHS = frozenset({"/v1/translation-jobs", "/v1/translation-jobs:upload"})
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in KINDS}}, **PROBLEMS
}  # fmt: skip


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


class FormRoute(APIRoute):
    """A route for forms only, beside one of the same path for everything else."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as any route does, if the request is a form."""
        match, child = super().matches(scope)
        is_form = match == Match.FULL and _kind(_header(scope, b"content-type")) == FORM
        return (match, child) if is_form else (Match.NONE, {})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


router = APIRouter(prefix="/v1", tags=["translation jobs"])


async def form_of(request: Request) -> AsyncIterator[FormData]:
    """Yield a request's form, whose files lie on disk until it is answered."""
    async with request.form() as form:
        yield form


def upload_form(
    form: Annotated[FormData, Depends(form_of)],
    caller: Writer,
    runtime: RuntimeDep,
    response: Response,
    idempotency_key: IdempotencyKey = "",
) -> JobOut:
    """Queue a batch whose file comes in a form, beside the options."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise HTTPException(422, "file: send the file itself")
    given = {name: form.getlist(name) for name in form if name != "file"}
    lists = ("targets", "do_not_translate")
    plain = {name: value if name in lists else value[-1] for name, value in given.items()}
    try:
        options = UploadForm.model_validate(plain)
    except ValidationError as error:
        raise RequestValidationError(
            [fault | {"loc": ("body", *fault["loc"])} for fault in error.errors()], body=plain
        ) from error
    chunks = uploads.as_chunks(file.file)
    kind = _kind_of_file(file)
    return _receive(runtime, caller, options, kind, chunks, response, idempotency_key)


def _kind_of_file(file: UploadFile) -> Kind:
    name = (file.filename or "").lower()
    return "csv" if name.endswith((".csv", ".tsv")) or file.content_type == CSV else "jsonl"


router.add_api_route(
    "/translation-jobs",
    upload_form,
    methods=["POST"],
    status_code=202,
    include_in_schema=False,
    route_class_override=FormRoute,
)


@router.post(
    "/translation-jobs",
    status_code=202,
    responses=CREATED,
    openapi_extra={"requestBody": {"content": {FORM: {"schema": upload_form_schema()}}}},
)
def create_job(
    body: JobBody,
    caller: Writer,
    runtime: RuntimeDep,
    response: Response,
    idempotency_key: IdempotencyKey = "",
) -> JobOut:
    """Queue a batch, of items in JSON, or of a file, JSON Lines or CSV, in a form.

    The same `Idempotency-Key` with the same request again gives the same job, with 200.
    """
    items = (NewItem(item.id, item.text, item.source) for item in body.items)
    with runtime.database.transaction() as session:
        new = _new_job(session, runtime, caller, body, idempotency_key)
        job, is_new = jobs.create(session, new, items)
    return _made(runtime, response, caller, job.id, new.webhook if is_new else None, is_new=is_new)


def raw_chunks(request: Request) -> Iterator[bytes]:
    """Yield a request's body as it comes in, to a thread."""
    stream = request.stream()

    async def following() -> bytes | None:
        return await anext(stream, None)

    return iter(lambda: from_thread.run(following), None)


@router.post(
    "/translation-jobs:upload",
    status_code=202,
    responses=CREATED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}} for kind in KINDS},
        }
    },
)
def upload_job(
    request: Request,
    options: Annotated[UploadQuery, Query()],
    chunks: Annotated[Iterator[bytes], Depends(raw_chunks)],
    caller: Writer,
    runtime: RuntimeDep,
    response: Response,
    idempotency_key: IdempotencyKey = "",
) -> JobOut:
    """Queue a batch whose file, JSON Lines or CSV, is the body; it is never held whole.

    Records that are no items stop no other: `rejected` counts them and `…/errors` tells them.
    """
    kind = KINDS.get(_kind(request.headers.get("content-type", "")))
    if kind is None:
        raise HTTPException(415, f"send {' or '.join(KINDS)}")
    return _receive(runtime, caller, options, kind, chunks, response, idempotency_key)


def _receive(
    runtime: Runtime,
    caller: Caller,
    options: UploadQuery,
    kind: Kind,
    chunks: Iterable[bytes],
    response: Response,
    key: str,
) -> JobOut:
    columns = Columns(options.id_field, options.text_field, options.source_field)
    with runtime.database.reading() as session:
        new = _new_job(session, runtime, caller, options, key)
    records = uploads.read(chunks, kind, columns)
    job_id, is_new = uploads.receive(runtime.database.transaction, new, records)
    return _made(runtime, response, caller, job_id, new.webhook if is_new else None, is_new=is_new)


def _new_job(
    session: Session, runtime: Runtime, caller: Caller, request: JobRequest, key: str
) -> NewJob:
    """Return what is asked for; its glossary is named by its id, in the version of each chunk."""
    glossary = request.glossary and glossaries.find(session, caller.tenant_id, request.glossary).id
    hook = request.hook
    if hook:
        _check_hook(runtime, hook.url)
    return NewJob(
        caller.tenant_id,
        tuple(runtime.translator.check_targets(request.targets)),
        request.source,
        JobOptions(
            request.format,
            request.min_confidence,
            tuple(request.do_not_translate),
            glossary,
            request.memory,
            request.memory_threshold,
            request.domain,
        ),
        key or None,
        caller.key_id,
        Webhook(hook.url, hook.secret or secrets.token_urlsafe(32)) if hook else None,
    )


def _check_hook(runtime: Runtime, url: str) -> None:
    try:
        runtime.outside.check(url)
    except RefusedError as error:
        raise InvalidJobError("webhook", str(error)) from error


def _made(
    runtime: Runtime,
    response: Response,
    caller: Caller,
    job_id: str,
    webhook: Webhook | None,
    *,
    is_new: bool,
) -> JobOut:
    """Return a job to the one who made it; only here is the secret of its webhook told."""
    with runtime.database.reading() as session:
        answer = _shape(session, store.get_job(session, caller.tenant_id, job_id))
    if webhook and answer.webhook:
        answer.webhook.secret = webhook.secret
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = f"/v1/translation-jobs/{job_id}"
    wake_for_jobs(runtime.settings.worker_processes)
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
    "/translation-jobs/{job_id}/results", response_class=StreamingResponse, responses=STREAMED
)
def get_results(
    job_id: JobId,
    caller: Reader,
    runtime: RuntimeDep,
    target: Annotated[Language | None, Query(description="Only this language.")] = None,
    status: Annotated[
        Literal["done", "needs_review", "failed"] | None, Query(description="Only these items.")
    ] = None,
    format: Annotated[Literal["jsonl", "csv"], Query()] = "jsonl",  # noqa: A002 - a query's name
) -> StreamingResponse:
    """Stream what is translated so far, in the input's order."""
    reading = runtime.database.reading
    with reading() as session:
        store.get_job(session, caller.tenant_id, job_id)
    found = jobs.results(reading, caller.tenant_id, job_id, target=target, status=status)
    if format == "csv":
        return StreamingResponse(_csv_lines(found), media_type=CSV)
    return StreamingResponse(map(_json_line, found), media_type=JSON_LINES)


@router.get(
    "/translation-jobs/{job_id}/errors",
    response_class=StreamingResponse,
    responses={
        200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}},
        **PROBLEMS,
    },
)
def get_errors(job_id: JobId, caller: Reader, runtime: RuntimeDep) -> StreamingResponse:
    """Stream why records of the file are no items and why items failed, as JSON Lines."""
    reading = runtime.database.reading
    with reading() as session:
        store.get_job(session, caller.tenant_id, job_id)
    rejected = jobs.rejections(reading, caller.tenant_id, job_id)
    failed = jobs.results(reading, caller.tenant_id, job_id, status="failed")
    return StreamingResponse(
        (line for lines in (map(_rejection_line, rejected), map(_json_line, failed))
         for line in lines),
        media_type=JSON_LINES,
    )  # fmt: skip


@router.delete("/translation-jobs/{job_id}", name="delete_job", responses=_STATE_CHANGED)
@router.post("/translation-jobs/{job_id}/cancel", responses=_STATE_CHANGED)
def cancel_job(job_id: JobId, caller: Writer, runtime: RuntimeDep) -> JobOut:
    """Cancel a job; what is done stays and can be fetched."""
    with runtime.database.transaction() as session:
        return _shape(session, jobs.cancel(session, caller.tenant_id, job_id))


@router.post("/translation-jobs/{job_id}/retry", status_code=202, responses=_STATE_CHANGED)
def retry_job(job_id: JobId, caller: Writer, runtime: RuntimeDep) -> JobOut:
    """Translate the failed items of a finished job again."""
    with runtime.database.transaction() as session:
        answer = _shape(session, jobs.retry_failures(session, caller.tenant_id, job_id))
    wake_for_jobs(runtime.settings.worker_processes)
    return answer


def _shape(session: Session, job: JobRow) -> JobOut:
    return JobOut.of(job, jobs.progress(session, job), webhooks.find(session, job.id))


def _json_line(result: ItemResult) -> bytes:
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
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _rejection_line(rejection: Rejection) -> bytes:
    line = {"line": rejection.line, "id": rejection.id, "reason": rejection.reason}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _csv_lines(results: Iterable[ItemResult]) -> Iterator[str]:
    names = [field.name for field in fields(ItemResult)]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["id" if name == "item_id" else name for name in names])
    for result in results:
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(astuple(result))
    yield buffer.getvalue()
