"""Items: put, get, delete, list, and whole batches in the formats that catalogues come in."""

import re
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from api.deps import RawBody, Reader, ReadSession, RuntimeDep, Writer, WriteSession
from api.errors import responses
from api.schemas.fields import ItemId, Language
from api.schemas.imports import BatchOptions, BatchSummary
from api.schemas.items import ItemBody, ItemOut, ItemPage
from api.schemas.localisations import LocalisedItemOut, localised
from linkage import store
from linkage.errors import InvalidItemError, ItemNotFoundError, SourceFormatError
from linkage.imports import import_records
from linkage.items import item_from_record
from linkage.sources import ReadOptions, read
from linkage.types import Record, RecordError
from translate import localisations

RELATED = re.compile(rb"/items/.+/related$")


class ItemRoute(APIRoute):
    """A route of items, or of what is related to one: the path as it was sent tells which.

    `…/related` is never an item; one whose id ends so is asked for with `%2Frelated`, which the
    decoded path no longer tells from a bare slash.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as any route does, but for an item's route where its related content is meant."""
        sent = scope.get("raw_path") or scope["path"].encode()
        if self.path.endswith("/related") == bool(RELATED.search(sent)):
            return super().matches(scope)
        return Match.NONE, {}


router = APIRouter(prefix="/v1", tags=["items"], route_class=ItemRoute)
ItemPath = Annotated[ItemId, Path(description="The owner's id of the item.")]
JSON_LINES = "application/x-ndjson"
MEDIA_TYPES = {
    JSON_LINES: "jsonl",
    "application/jsonl": "jsonl",
    "text/plain": "jsonl",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": None,
    "application/xml": None,
    "text/xml": None,
    "application/rss+xml": "feed",
    "application/atom+xml": "feed",
    "text/html": "page",
    "application/xhtml+xml": "page",
    "application/warc": "warc",
    "application/gzip": None,
}
"""The format of each type of body; None where the body's beginning tells."""
MOST_UNPACKED = 16
"""A body may unpack to so many times the largest body."""
READING_SECONDS = 60.0
"""Pages of an archive that are not read by then are errors, to be sent again."""


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
                media_type: {
                    "schema": {"type": "string", "minLength": 1} if format_ == "jsonl" else {}
                }
                for media_type, format_ in MEDIA_TYPES.items()
            },
        }
    },
)
def put_items(
    request: Request,
    caller: Writer,
    runtime: RuntimeDep,
    body: RawBody,
    options: Annotated[BatchOptions, Query()],
) -> BatchSummary:
    """Create, update or remove many items; what is wrong with some does not stop the others.

    A record replaces the whole item of its id: what it lacks is empty then, but with `keep`.
    The content type tells the format: JSON Lines (the default), CSV with a header, ONIX, RSS and
    Atom, answers of Amazon's Product Advertising API, an HTML page that tells its own address,
    WARC; each may be gzipped.
    """
    told = _format_of(request.headers.get("content-type"))
    if not body and told == "jsonl":
        raise InvalidItemError("body", "is empty; send an item's JSON object on each line")
    read_options = ReadOptions(
        default_kind=options.kind,
        default_source=options.source,
        marketplace=options.marketplace,
        keep=options.keep,
        max_bytes=runtime.settings.max_body_bytes * MOST_UNPACKED,
        until=time.monotonic() + READING_SECONDS,
    )
    format_ = options.format or told
    records = _readable(read(BytesIO(body), read_options, name="body", format=format_))
    summary = import_records(
        runtime.database.transaction,
        caller.tenant_id,
        records,
        name=f"POST /v1/items:batch {format_ or ''}",
    )
    return BatchSummary.of(summary)


def _format_of(content_type: str | None) -> str | None:
    """Return the format of a body by its type, None where the body itself tells."""
    media_type = (content_type or JSON_LINES).partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise HTTPException(415, f"{media_type} is not one of {', '.join(MEDIA_TYPES)}")
    return MEDIA_TYPES[media_type]


def _readable(records: Iterator[Record]) -> Iterator[Record]:
    """Yield records; a body that cannot be read at all is one error more."""
    try:
        yield from records
    except SourceFormatError as error:
        yield RecordError(1, str(error))


@router.put(
    "/items/{item_id:path}",
    responses={
        201: {"model": ItemOut},
        **responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    },
)
def put_item(
    item_id: ItemPath, body: ItemBody, caller: Writer, session: WriteSession, response: Response
) -> ItemOut:
    """Create or replace an item; it is found by related-content requests within seconds.

    409 where the body gives another id than the path.
    """
    if body.id not in (None, item_id):
        raise HTTPException(409, f"id is {body.id!r} in the body and {item_id!r} in the path")
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
def get_item(
    item_id: ItemPath,
    caller: Reader,
    session: ReadSession,
    language: Annotated[
        Language | None, Query(description="One of `/v1/localisations`, for its translations.")
    ] = None,
) -> LocalisedItemOut | ItemOut:
    """Return an item as it is stored, or with the texts it has in another language.

    A text that has changed is served as it is until its translation has followed.
    """
    item = store.get(session, caller.tenant_id, item_id).item
    if language is None:
        return ItemOut.of(item)
    texts = localisations.texts(session, caller.tenant_id, item_id, language)
    return localised(item, language, texts)
