"""For operators of a tenant: API keys."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from api.deps import Admin, ReadSession, WriteSession
from api.errors import responses
from api.schemas.admin import KeyBody, KeyOut, KeysOut, NewKeyOut
from workers import accounts

router = APIRouter(prefix="/v1/admin", tags=["admin"])


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
