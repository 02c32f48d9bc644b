"""For operators of a tenant: builds of its index."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import Admin, ReadSession, RuntimeDep, WriteSession
from api.errors import responses
from api.schemas.builds import (
    BuildOut,
    BuildsOut,
    PromoteBody,
    PruneBody,
    PrunedOut,
    ReindexBody,
    VerifiedOut,
)
from linkage import builds
from linkage.index import check_kind
from workers.tasks import wake_for_build

router = APIRouter(prefix="/v1/admin", tags=["admin"])

BuildId = Annotated[str, Path(max_length=40)]
_COMMON = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)


@router.post(
    "/reindex", status_code=202, responses=responses(400, 401, 403, 409, 413, 415, 422, 429, 503)
)
def reindex(caller: Admin, runtime: RuntimeDep, body: ReindexBody | None = None) -> BuildOut:
    """Build a new index beside the live one, verify it, then swap; requests go on being answered.

    A build of the same options that is under way is joined; one of other options is superseded.
    """
    asked, settings = body or ReindexBody(), runtime.settings
    kind = asked.kind or settings.index_kind
    check_kind(kind, runtime.stores)
    with runtime.database.transaction() as session:
        build_id = builds.start(
            session,
            caller.tenant_id,
            encoder=asked.encoder or settings.encoder,
            kind=kind,
            promotes=not asked.dry_run,
            gold=[(link.source, link.target) for link in asked.gold],
        )
        build = builds.get(session, caller.tenant_id, build_id)
    wake_for_build(caller.tenant_id, build_id)
    return BuildOut.model_validate(build)


@router.get("/builds", responses=responses(401, 403, 429, 503))
def list_builds(caller: Admin, session: ReadSession) -> BuildsOut:
    """List the index builds, newest first."""
    rows = builds.listed(session, caller.tenant_id)
    return BuildsOut(builds=[BuildOut.model_validate(row) for row in rows])


@router.post("/builds:rollback", responses=responses(401, 403, 404, 409, 422, 429, 503))
def roll_back(caller: Admin, runtime: RuntimeDep, session: WriteSession) -> BuildOut:
    """Make the build live again that was so before; changes since then are not lost."""
    build = builds.roll_back(
        session, caller.tenant_id, data_dir=runtime.index_dir, stores=runtime.stores
    )
    return BuildOut.model_validate(build)


@router.post("/builds:prune", responses=responses(400, 401, 403, 413, 415, 422, 429, 503))
def prune_builds(
    caller: Admin, runtime: RuntimeDep, session: WriteSession, body: PruneBody | None = None
) -> PrunedOut:
    """Delete the files of old, failed and passed-over builds."""
    pruned = builds.prune(
        session,
        caller.tenant_id,
        data_dir=runtime.index_dir,
        stores=runtime.stores,
        keep=(body or PruneBody()).keep,
    )
    return PrunedOut(deleted=pruned)


@router.get("/builds/{build_id}", responses=responses(401, 403, 404, 422, 429, 503))
def get_build(build_id: BuildId, caller: Admin, session: ReadSession) -> BuildOut:
    """Return how far an index build is, or what became of it."""
    return BuildOut.model_validate(builds.get(session, caller.tenant_id, build_id))


@router.post("/builds/{build_id}/promote", responses=responses(*_COMMON))
def promote_build(
    build_id: BuildId,
    caller: Admin,
    runtime: RuntimeDep,
    session: WriteSession,
    body: PromoteBody | None = None,
) -> BuildOut:
    """Make a candidate, or an old build, the live one; a rejected one only with `force`."""
    build = builds.promote(
        session,
        caller.tenant_id,
        build_id,
        data_dir=runtime.index_dir,
        stores=runtime.stores,
        force=(body or PromoteBody()).force,
    )
    return BuildOut.model_validate(build)


@router.post("/builds/{build_id}/verify", responses=responses(401, 403, 404, 409, 422, 429, 503))
def verify_build(
    build_id: BuildId, caller: Admin, runtime: RuntimeDep, session: ReadSession
) -> VerifiedOut:
    """Compare a build's files with their checksums; 409 tells what is damaged."""
    manifest = builds.verify(
        session, caller.tenant_id, build_id, data_dir=runtime.index_dir, stores=runtime.stores
    )
    return VerifiedOut(id=build_id, files=len(manifest.files), items=manifest.count)
