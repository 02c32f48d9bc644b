"""Imports: what became of batches and files, and their error files."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.deps import Reader, ReadSession, RuntimeDep
from api.errors import responses
from api.schemas.imports import ImportOut, ImportPage
from linkage import error_file, imports
from workers.runtime import Runtime

router = APIRouter(prefix="/v1/imports", tags=["items"])
ImportPath = Annotated[str, Path(max_length=40)]
MEDIA_TYPES: dict[error_file.Format, str] = {"jsonl": "application/x-ndjson", "csv": "text/csv"}


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
        200: {"content": {each: {"schema": {"type": "string"}} for each in MEDIA_TYPES.values()}},
        **responses(401, 403, 404, 422, 429, 503),
    },
)
def get_import_errors(
    import_id: ImportPath,
    caller: Reader,
    runtime: RuntimeDep,
    session: ReadSession,
    format_: Annotated[error_file.Format, Query(alias="format")] = "jsonl",
) -> StreamingResponse:
    """Download every error and warning of an import: a JSON object a line, or a table as CSV."""
    imports.get(session, caller.tenant_id, import_id)
    return StreamingResponse(
        _lines(runtime, caller.tenant_id, import_id, format_),
        media_type=MEDIA_TYPES[format_],
        headers={"Content-Disposition": f'attachment; filename="{import_id}-errors.{format_}"'},
    )


def _lines(
    runtime: Runtime, tenant_id: str, import_id: str, format_: error_file.Format
) -> Iterator[bytes]:
    with runtime.database.reading() as session:
        yield from error_file.lines(imports.errors(session, tenant_id, import_id), format_)
