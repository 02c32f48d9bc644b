"""Items: put, get, delete, list, and whole batches as JSON Lines."""

from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.deps import RawBody, Reader, ReadSession, RuntimeDep, Writer, WriteSession
from api.errors import responses
from api.schemas.fields import ItemId
from api.schemas.items import BatchError, BatchSummary, ItemBody, ItemOut, ItemPage
from linkage import store
from linkage.errors import InvalidItemError, ItemNotFoundError
from linkage.imports import import_records
from linkage.items import item_from_record
from linkage.sources import ReadOptions, jsonl

router = APIRouter(prefix="/v1", tags=["items"])
ItemPath = Annotated[ItemId, Path(description="The owner's id of the item.")]
JSON_LINES = "application/x-ndjson"


@router.get("/items", responses=responses(401, 403, 404, 422, 429, 503))
def list_items(
    caller: Reader,
    session: ReadSession,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ItemPage:
    """List the catalogue in a stable order, a page at a time."""
    page = store.page(session, caller.tenant_id, cursor=cursor, limit=limit)
    return ItemPage(items=[ItemOut.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.post(
    "/items:batch",
    responses=responses(400, 401, 403, 413, 415, 422, 429, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                media_type: {"schema": {"type": "string", "minLength": 1}}
                for media_type in (JSON_LINES, "text/plain")
            },
        }
    },
)
def put_items(caller: Writer, runtime: RuntimeDep, body: RawBody) -> BatchSummary:
    """Create or update many items, one JSON object a line. Bad lines do not stop good ones."""
    if not body:
        raise InvalidItemError("body", "is empty; send an item's JSON object on each line")
    summary = import_records(
        runtime.database.transaction, caller.tenant_id, jsonl.read(BytesIO(body), ReadOptions())
    )
    return BatchSummary(
        created=summary.created,
        updated=summary.updated,
        unchanged=summary.unchanged,
        failed=summary.failed,
        warnings=summary.warnings,
        errors=[BatchError.model_validate(error) for error in summary.errors],
    )


@router.put(
    "/items/{item_id:path}",
    responses={201: {"model": ItemOut}, **responses(400, 401, 403, 404, 413, 415, 422, 429, 503)},
)
def put_item(
    item_id: ItemPath, body: ItemBody, caller: Writer, session: WriteSession, response: Response
) -> ItemOut:
    """Create or replace an item; it is found by related-content requests within seconds."""
    if body.id not in (None, item_id):
        raise InvalidItemError("id", f"is {body.id!r} in the body and {item_id!r} in the path")
    record: dict[str, Any] = body.model_dump() | {"id": item_id}
    item = item_from_record(record)
    outcome = store.upsert(session, caller.tenant_id, [item])
    response.status_code = 201 if outcome.created else 200
    return ItemOut.of(item)


@router.delete(
    "/items/{item_id:path}", status_code=204, responses=responses(401, 403, 404, 422, 429, 503)
)
def delete_item(item_id: ItemPath, caller: Writer, session: WriteSession) -> None:
    """Delete an item; it is gone from every answer at once."""
    if not store.remove(session, caller.tenant_id, [item_id]):
        raise ItemNotFoundError(item_id)


@router.get("/items/{item_id:path}", responses=responses(401, 403, 404, 422, 429, 503))
def get_item(item_id: ItemPath, caller: Reader, session: ReadSession) -> ItemOut:
    """Return an item as it is stored."""
    return ItemOut.of(store.get(session, caller.tenant_id, item_id).item)
