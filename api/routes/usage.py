"""What is used of translation, and how much may be."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from sqlalchemy.orm import Session

from api.deps import Admin, Reader, ReadSession, WriteSession
from api.errors import responses
from api.schemas.usage import (
    AccountOut,
    DayOut,
    KeyAccountOut,
    KeyAccountsOut,
    QuotaBody,
    UsageOut,
)
from translate import usage
from workers import accounts
from workers.accounts import KeyRow

router = APIRouter(prefix="/v1", tags=["usage"])


@router.get("/usage", responses=responses(401, 403, 429, 503))
def get_usage(caller: Reader, session: ReadSession) -> UsageOut:
    """Return what the tenant and the key have used this month, in characters of source text."""
    tenant, key = (
        AccountOut.model_validate(usage.account_of(session, caller.tenant_id, owner))
        for owner in (usage.TENANT, caller.key_id)
    )
    days = [
        DayOut(day=day, characters=characters)
        for day, characters in usage.days(session, caller.tenant_id)
    ]
    return UsageOut(tenant=tenant, key=key, days=days, resets_at=usage.next_month())


@router.get("/usage/keys", responses=responses(401, 403, 429, 503))
def list_accounts(caller: Admin, session: ReadSession) -> KeyAccountsOut:
    """List what each key has used this month, and may use."""
    keys = accounts.list_keys(session, caller.tenant_id)
    return KeyAccountsOut(
        keys=[_shape(session, caller.tenant_id, key) for key in keys if key.revoked_at is None]
    )


@router.put(
    "/usage/keys/{key_id}", responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503)
)
def set_quota(
    key_id: Annotated[str, Path(max_length=16)],
    body: QuotaBody,
    caller: Admin,
    session: WriteSession,
) -> KeyAccountOut:
    """Set how many characters a key may use a month; null for any."""
    keys = accounts.list_keys(session, caller.tenant_id)
    key = next((each for each in keys if each.id == key_id and each.revoked_at is None), None)
    if key is None:
        raise HTTPException(404, f"no key {key_id!r}")
    usage.set_quota(session, caller.tenant_id, key_id, body.characters)
    return _shape(session, caller.tenant_id, key)


def _shape(session: Session, tenant_id: str, key: KeyRow) -> KeyAccountOut:
    account = usage.account_of(session, tenant_id, key.id)
    return KeyAccountOut(
        key_id=key.id,
        name=key.name,
        used=account.used,
        reserved=account.reserved,
        quota=account.quota,
    )
