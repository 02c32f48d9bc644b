"""For operators of a tenant: index builds and API keys."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from api.deps import Admin, ReadSession, RuntimeDep, WriteSession
from api.errors import responses
from api.schemas.admin import BuildOut, BuildsOut, KeyBody, KeyOut, KeysOut, NewKeyOut, ReindexBody
from linkage import builds
from workers import accounts
from workers.tasks import wake_for_build

router = APIRouter(prefix="/v1/admin", tags=["admin"])


@router.post(
    "/reindex", status_code=202, responses=responses(400, 401, 403, 409, 413, 415, 422, 429, 503)
)
def reindex(caller: Admin, runtime: RuntimeDep, body: ReindexBody | None = None) -> BuildOut:
    """Build a new index beside the live one, then swap; requests go on being answered."""
    kind = body.kind if body and body.kind else runtime.settings.index_kind
    with runtime.database.transaction() as session:
        build_id = builds.start(
            session, caller.tenant_id, encoder=runtime.settings.encoder, kind=kind
        )
        build = builds.get(session, caller.tenant_id, build_id)
    wake_for_build(caller.tenant_id, build_id)
    return BuildOut.model_validate(build)


@router.get("/builds", responses=responses(401, 403, 429, 503))
def list_builds(caller: Admin, session: ReadSession) -> BuildsOut:
    """List the index builds, newest first."""
    rows = builds.listed(session, caller.tenant_id)
    return BuildsOut(builds=[BuildOut.model_validate(row) for row in rows])


@router.get("/builds/{build_id}", responses=responses(401, 403, 404, 422, 429, 503))
def get_build(
    build_id: Annotated[str, Path(max_length=40)], caller: Admin, session: ReadSession
) -> BuildOut:
    """Return how far an index build is, or what became of it."""
    return BuildOut.model_validate(builds.get(session, caller.tenant_id, build_id))


@router.post("/keys", status_code=201, responses=responses(400, 401, 403, 413, 415, 422, 429, 503))
def create_key(body: KeyBody, caller: Admin, session: WriteSession) -> NewKeyOut:
    """Make a key of this tenant; its secret is shown this once."""
    key = accounts.create_key(session, caller.tenant_id, body.name, body.scopes)
    return NewKeyOut.model_validate(key)


@router.get("/keys", responses=responses(401, 403, 429, 503))
def list_keys(caller: Admin, session: ReadSession) -> KeysOut:
    """List this tenant's keys, without their secrets."""
    rows = accounts.list_keys(session, caller.tenant_id)
    return KeysOut(keys=[KeyOut.model_validate(row) for row in rows])


@router.delete("/keys/{key_id}", status_code=204, responses=responses(401, 403, 404, 422, 429, 503))
def revoke_key(
    key_id: Annotated[str, Path(max_length=16)], caller: Admin, session: WriteSession
) -> None:
    """Revoke a key; requests with it are refused from now on."""
    if not accounts.revoke_key(session, caller.tenant_id, key_id):
        raise HTTPException(404, f"no active key {key_id!r}")
