"""`/v2/document`: a file is uploaded, asked after, and fetched once."""

import hmac
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from api.deps import ReadSession, RuntimeDep, WriteSession
from api.dialects.deepl.speech import (
    TAG,
    Reader,
    Route,
    Writer,
    errors,
    read,
    source_of,
    target_of,
)
from api.dialects.routes import Parameters, of_form, supports
from api.schemas.deepl import DocumentHandle, DocumentKey, DocumentParameters, DocumentStatus
from translate import documents
from translate.errors import DocumentNotFoundError
from translate.formats import READERS, Options
from translate.models import DocumentRow
from workers.accounts import Caller
from workers.tasks import wake_for_document

router = APIRouter(prefix="/v2", tags=[TAG], route_class=Route)
OCTETS = "application/octet-stream"
STATES = {"queued": "queued", "running": "translating", "done": "done", "failed": "error"}
FAULTS = errors(400, 403, 404, 413, 429, 503)
UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "target_lang"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        **of_form(DocumentParameters.model_json_schema()["properties"]),
                    },
                }
            }
        },
    }
}


@router.post(
    "/document",
    responses=FAULTS,
    openapi_extra=supports("part", f"files {' '.join(READERS)}; no output_format") | UPLOAD,
)
def deepl_upload_document(caller: Writer, given: Parameters, runtime: RuntimeDep) -> DocumentHandle:
    """Queue a file."""
    asked, file = read(DocumentParameters, given), given.get("file")
    if not isinstance(file, UploadFile):
        raise HTTPException(400, "Parameter 'file' not specified.")
    if asked.formality in {"more", "less"}:
        raise HTTPException(400, "'formality' is not supported for given 'target_lang'.")
    translator = runtime.translator
    options = Options(
        target=target_of(translator, asked.target_lang),
        source=source_of(translator, asked.source_lang) if asked.source_lang else None,
    )
    with runtime.database.transaction() as session:
        document_id = documents.create(
            session,
            caller.tenant_id,
            asked.filename or file.filename or "",
            file.file.read(),
            options,
            key_id=caller.key_id,
            glossary=asked.glossary_id or None,
        ).id
    wake_for_document(document_id)
    return DocumentHandle(document_id=document_id, document_key=_key(document_id))


@router.post(
    "/document/{document_id}",
    response_model_exclude_none=True,
    responses=FAULTS,
    openapi_extra=supports("full", body=DocumentKey),
)
def deepl_document_status(
    document_id: str, caller: Reader, given: Parameters, session: ReadSession
) -> DocumentStatus:
    """Tell how far a document is."""
    row = _find(session, caller, document_id, given)
    is_done = row.state == "done"
    return DocumentStatus(
        document_id=row.id,
        status=STATES[row.state],
        seconds_remaining=None if row.state in {"done", "failed"} else 1,
        billed_characters=row.characters if is_done else None,
        error_message=row.error if row.state == "failed" else None,
    )


@router.post(
    "/document/{document_id}/result",
    response_class=Response,
    responses={200: {"content": {OCTETS: {"schema": {"type": "string"}}}}, **FAULTS},
    openapi_extra=supports("full", "a document can be fetched once", body=DocumentKey),
)
def deepl_document_result(
    document_id: str, caller: Writer, given: Parameters, session: WriteSession
) -> Response:
    """Return the translated file, once; it is deleted with that."""
    row = _find(session, caller, document_id, given)
    if row.state in {"queued", "running"}:
        raise HTTPException(503, "The document is not translated yet.")
    _, content = documents.result(session, caller.tenant_id, document_id)
    documents.remove(session, caller.tenant_id, document_id)
    return Response(content, media_type=OCTETS)


def _find(session: Session, caller: Caller, document_id: str, given: dict[str, Any]) -> DocumentRow:
    key = read(DocumentKey, given).document_key
    if not hmac.compare_digest(key.encode(), _key(document_id).encode()):
        raise DocumentNotFoundError(document_id)
    return documents.get(session, caller.tenant_id, document_id)


def _key(document_id: str) -> str:
    """Return a document's second key. The caller's own guards it; this one is for form's sake."""
    return sha256(f"document {document_id}".encode()).hexdigest().upper()
