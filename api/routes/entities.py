"""Entities: put, get, delete, list, and whole batches as JSON Lines."""

from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Response

from api.deps import RawBody, Reader, ReadSession, RuntimeDep, Writer, WriteSession
from api.errors import responses
from api.routes.items import JSON_LINES
from api.schemas.entities import EntityBatchSummary, EntityBody, EntityListing, KnownEntityOut
from api.schemas.fields import ItemId
from linkage.errors import EntityNotFoundError, InvalidItemError
from linkage.knowledge import dumps
from linkage.knowledge.imports import import_entities
from linkage.naming import entity_store
from linkage.naming.entities import entity_from_record

router = APIRouter(prefix="/v1", tags=["entities"])
EntityPath = Annotated[ItemId, Path(description="The owner's id of the entity.")]


@router.get("/entities", responses=responses(401, 403, 404, 422, 429, 503))
def list_entities(
    caller: Reader,
    session: ReadSession,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EntityListing:
    """List the entities in a stable order, a page at a time."""
    page = entity_store.page(session, caller.tenant_id, cursor=cursor, limit=limit)
    entities = [KnownEntityOut.of(entity) for entity in page.entities]
    return EntityListing(entities=entities, next_cursor=page.next_cursor)


@router.post(
    "/entities:batch",
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
def put_entities(caller: Writer, runtime: RuntimeDep, body: RawBody) -> EntityBatchSummary:
    """Create or update many entities, one JSON object a line, ours or Wikidata's."""
    if not body:
        raise InvalidItemError("body", "is empty; send an entity's JSON object on each line")
    records = dumps.read(BytesIO(body))
    summary = import_entities(runtime.database.transaction, caller.tenant_id, records)
    return EntityBatchSummary.of(summary)


@router.put(
    "/entities/{entity_id:path}",
    responses={
        201: {"model": KnownEntityOut},
        **responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    },
)
def put_entity(
    entity_id: EntityPath,
    body: EntityBody,
    caller: Writer,
    session: WriteSession,
    response: Response,
) -> KnownEntityOut:
    """Create or replace an entity; it is found in texts within seconds.

    409 where the body gives another id than the path.
    """
    if body.id not in (None, entity_id):
        raise HTTPException(409, f"id is {body.id!r} in the body and {entity_id!r} in the path")
    record: dict[str, Any] = body.model_dump() | {"id": entity_id}
    entity = entity_from_record(record)
    outcome = entity_store.upsert(session, caller.tenant_id, [entity])
    response.status_code = 201 if outcome.created else 200
    return KnownEntityOut.of(entity)


@router.delete(
    "/entities/{entity_id:path}", status_code=204, responses=responses(401, 403, 404, 422, 429, 503)
)
def delete_entity(entity_id: EntityPath, caller: Writer, session: WriteSession) -> None:
    """Delete an entity; no text names it from now on."""
    if not entity_store.remove(session, caller.tenant_id, [entity_id]):
        raise EntityNotFoundError(entity_id)


@router.get("/entities/{entity_id:path}", responses=responses(401, 403, 404, 422, 429, 503))
def get_entity(entity_id: EntityPath, caller: Reader, session: ReadSession) -> KnownEntityOut:
    """Return an entity as it is stored."""
    return KnownEntityOut.of(entity_store.get(session, caller.tenant_id, entity_id))
