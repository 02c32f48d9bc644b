"""Sources: feeds, sitemaps and pages of the web that are polled into the catalogue."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.deps import Reader, ReadSession, RuntimeDep, Writer, WriteSession
from api.errors import responses
from api.schemas.sources import SourceBody, SourceOut, SourcePage, SourceRemoved
from linkage.web import subscriptions
from workers.tasks import wake_for_sources

router = APIRouter(prefix="/v1/sources", tags=["sources"])
SourcePath = Annotated[str, Path(max_length=40)]


@router.post(
    "",
    status_code=201,
    responses={200: {"model": SourceOut}, **responses(400, 401, 403, 409, 413, 415, 422, 429, 503)},
)
def add_source(
    body: SourceBody, caller: Writer, runtime: RuntimeDep, response: Response
) -> SourceOut:
    """Subscribe to a feed, sitemap or page; it is fetched at once and again as often as asked."""
    with runtime.database.transaction() as session:
        status, is_new = subscriptions.add(session, caller.tenant_id, **body.model_dump())
    wake_for_sources()
    response.status_code = 201 if is_new else 200
    return SourceOut.of(status)


@router.get("", responses=responses(401, 403, 404, 422, 429, 503))
def list_sources(
    caller: Reader,
    session: ReadSession,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> SourcePage:
    """List the sources and how they fare, the oldest first."""
    found, more = subscriptions.page(session, caller.tenant_id, cursor=cursor, limit=limit)
    return SourcePage(sources=[SourceOut.of(each) for each in found], next_cursor=more)


@router.get("/{source_id}", responses=responses(401, 403, 404, 422, 429, 503))
def get_source(source_id: SourcePath, caller: Reader, session: ReadSession) -> SourceOut:
    """Return a source, how it fares and what it brought."""
    return SourceOut.of(subscriptions.get(session, caller.tenant_id, source_id))


@router.post("/{source_id}/run", status_code=202, responses=responses(401, 403, 404, 422, 429, 503))
def run_source(source_id: SourcePath, caller: Writer, runtime: RuntimeDep) -> SourceOut:
    """Have a source fetched now, changed or not; workers do it within seconds."""
    with runtime.database.transaction() as session:
        status = subscriptions.run_now(session, caller.tenant_id, source_id)
    wake_for_sources()
    return SourceOut.of(status)


@router.delete("/{source_id}", responses=responses(401, 403, 404, 422, 429, 503))
def remove_source(
    source_id: SourcePath,
    caller: Writer,
    session: WriteSession,
    *,
    keep_items: Annotated[bool, Query(description="Leave its items in the catalogue.")] = False,
) -> SourceRemoved:
    """End a source; its items go with it, but for those that another source brings too."""
    removed = subscriptions.remove(session, caller.tenant_id, source_id, keep_items=keep_items)
    return SourceRemoved(items_removed=removed)
