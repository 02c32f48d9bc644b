"""Documents: files that are translated in the background and fetched when they are done."""

from typing import Annotated

from fastapi import APIRouter, File, Path, Query, Response, UploadFile
from pydantic import StringConstraints

from api.deps import Reader, ReadSession, RuntimeDep, Writer, WriteSession
from api.errors import responses
from api.schemas.documents import DocumentOut
from api.schemas.fields import ONE_LINE, Language, Target
from translate import documents
from translate.formats import READERS, Options
from workers.tasks import wake_for_document

router = APIRouter(prefix="/v1", tags=["documents"])
DocumentId = Annotated[str, Path(max_length=40)]
Column = Annotated[str, StringConstraints(max_length=200, pattern=ONE_LINE)]
Upload = Annotated[UploadFile, File(description=f"One of {' '.join(READERS)}.")]
PROBLEMS = responses(401, 403, 404, 422, 429, 503)


@router.post(
    "/documents",
    status_code=202,
    responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
def create_document(
    file: Upload,
    target: Annotated[Target, Query()],
    caller: Writer,
    runtime: RuntimeDep,
    response: Response,
    source: Annotated[Language | None, Query()] = None,
    glossary: Annotated[str | None, Query(max_length=200)] = None,
    column: Annotated[list[Column], Query(description="Columns of a table to translate.")] = [],
) -> DocumentOut:
    """Queue a file. Its structure stays byte for byte where nothing is translated."""
    [supported] = runtime.translator.check_targets([target])
    with runtime.database.transaction() as session:
        row = documents.create(
            session,
            caller.tenant_id,
            file.filename or "",
            file.file.read(),
            Options(target=supported, source=source, columns=tuple(column)),
            key_id=caller.key_id,
            glossary=glossary,
        )
        answer = DocumentOut.of(row)
    response.headers["Location"] = f"/v1/documents/{answer.id}"
    wake_for_document(answer.id)
    return answer


@router.get("/documents/{document_id}", responses=PROBLEMS)
def get_document(document_id: DocumentId, caller: Reader, session: ReadSession) -> DocumentOut:
    """Return a document's state."""
    return DocumentOut.of(documents.get(session, caller.tenant_id, document_id))


@router.get(
    "/documents/{document_id}/content",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}},
        409: responses(409)[409],
        **PROBLEMS,
    },
)
def get_document_content(document_id: DocumentId, caller: Reader, session: ReadSession) -> Response:
    """Return the translated file; 409 before it is done."""
    _, content = documents.result(session, caller.tenant_id, document_id)
    return Response(content, media_type="application/octet-stream")


@router.delete("/documents/{document_id}", status_code=204, responses=PROBLEMS)
def delete_document(document_id: DocumentId, caller: Writer, session: WriteSession) -> None:
    """Delete a document and its translation; without that, it is deleted after seven days."""
    documents.remove(session, caller.tenant_id, document_id)
