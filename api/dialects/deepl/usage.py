"""`/v2/usage`: how many characters the key has used this month, and how many it may."""

from fastapi import APIRouter

from api.deps import ReadSession
from api.dialects.deepl.speech import TAG, Reader, Route, errors
from api.dialects.routes import supports
from api.schemas.deepl import UsageAnswer
from translate import usage
from translate.usage import Account

router = APIRouter(prefix="/v2", tags=[TAG], route_class=Route)
UNLIMITED = 10**12
"""What DeepL tells an account that has no limit."""
SUPPORT = supports("part", "characters of texts, jobs and files together")


@router.get("/usage", responses=errors(403, 429, 503), openapi_extra=SUPPORT)
@router.post(
    "/usage", responses=errors(403, 429, 503), openapi_extra=SUPPORT, name="deepl_usage_by_post"
)
def deepl_usage(caller: Reader, session: ReadSession) -> UsageAnswer:
    """Return what the key has used, or all keys together where they have less left."""
    accounts = [
        usage.account_of(session, caller.tenant_id, owner)
        for owner in (caller.key_id, usage.TENANT)
    ]
    nearest = min(accounts, key=_left)
    return UsageAnswer(
        character_count=nearest.used + nearest.reserved,
        character_limit=UNLIMITED if nearest.quota is None else nearest.quota,
    )


def _left(account: Account) -> float:
    if account.quota is None:
        return float("inf")
    return account.quota - account.used - account.reserved
