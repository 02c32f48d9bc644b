"""Imports: what became of batches and files, and their error files."""

from collections.abc import Iterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.deps import Reader, ReadSession, RuntimeDep
from api.errors import responses
from api.schemas.imports import BatchError, ImportOut, ImportPage
from linkage import imports
from workers.runtime import Runtime

router = APIRouter(prefix="/v1/imports", tags=["items"])
ImportPath = Annotated[str, Path(max_length=40)]
JSON_LINES = "application/x-ndjson"


@router.get("", responses=responses(401, 403, 404, 422, 429, 503))
def list_imports(
    caller: Reader,
    session: ReadSession,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ImportPage:
    """List what was imported in the last 30 days, the newest first."""
    rows, more = imports.page(session, caller.tenant_id, cursor=cursor, limit=limit)
    return ImportPage(imports=[ImportOut.model_validate(row) for row in rows], next_cursor=more)


@router.get("/{import_id}", responses=responses(401, 403, 404, 422, 429, 503))
def get_import(import_id: ImportPath, caller: Reader, session: ReadSession) -> ImportOut:
    """Return how far an import is and what became of its records."""
    return ImportOut.model_validate(imports.get(session, caller.tenant_id, import_id))


@router.get(
    "/{import_id}/errors",
    response_class=StreamingResponse,
    responses={
        200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}},
        **responses(401, 403, 404, 422, 429, 503),
    },
)
def get_import_errors(
    import_id: ImportPath, caller: Reader, runtime: RuntimeDep, session: ReadSession
) -> StreamingResponse:
    """Download every error and warning of an import, one JSON object a line."""
    imports.get(session, caller.tenant_id, import_id)
    return StreamingResponse(
        _lines(runtime, caller.tenant_id, import_id),
        media_type=JSON_LINES,
        headers={"Content-Disposition": f'attachment; filename="{import_id}-errors.jsonl"'},
    )


def _lines(runtime: Runtime, tenant_id: str, import_id: str) -> Iterator[bytes]:
    with runtime.database.reading() as session:
        for error in imports.errors(session, tenant_id, import_id):
            shaped = BatchError.model_validate(error).model_dump()
            yield orjson.dumps(shaped, option=orjson.OPT_APPEND_NEWLINE)
