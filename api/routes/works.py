"""Works: which items of the catalogue are the same thing."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import Admin, Reader, ReadSession, RuntimeDep
from api.errors import responses
from api.schemas.fields import ItemId
from api.schemas.works import WorkListed, WorkOut, WorksPage
from linkage.works import groups, lookup
from workers.tasks import wake_for_works

router = APIRouter(prefix="/v1", tags=["linkage"])


@router.get("/works", responses=responses(401, 403, 404, 422, 429, 503))
def list_works(
    caller: Reader,
    session: ReadSession,
    item: Annotated[ItemId | None, Query(description="Only the work of this item.")] = None,
    least: Annotated[int, Query(ge=1, le=10_000, description="Fewest items of a work.")] = 1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> WorksPage:
    """List the works, the largest first; a new item has one within seconds."""
    found, more = lookup.page(
        session, caller.tenant_id, item_id=item, least=least, limit=limit, cursor=cursor
    )
    return WorksPage(works=[WorkListed.of(one) for one in found], next_cursor=more)


@router.get("/works/{work_id}", responses=responses(401, 403, 404, 422, 429, 503))
def get_work(
    work_id: Annotated[str, Path(max_length=40)], caller: Reader, session: ReadSession
) -> WorkOut:
    """Return a work with its items, by its id or one that it had before a merge."""
    return WorkOut.of(lookup.get(session, caller.tenant_id, work_id))


@router.post("/admin/works:rebuild", status_code=202, responses=responses(401, 403, 422, 429, 503))
def rebuild_works(caller: Admin, runtime: RuntimeDep) -> None:
    """Compare all items anew; a work whose items stay together keeps its id."""
    with runtime.database.transaction() as session:
        groups.rebuild(session, caller.tenant_id)
    wake_for_works(caller.tenant_id)
