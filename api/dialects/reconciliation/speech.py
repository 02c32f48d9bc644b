"""What the routes of reconciliation share: the caller, its errors, how things are shown."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from api import deps
from api.deps import RuntimeDep
from api.dialects.routes import speaking
from api.errors import Fault
from api.schemas import reconciliation as schemas
from api.schemas.reconciliation import Named, Suggestion
from linkage import dates, properties
from linkage.types import Item
from workers.accounts import Caller

TAG = "Reconciliation"
PREFIX = "/reconcile"
_EXCERPT = 160


def _render(_: Request, fault: Fault) -> JSONResponse:
    body = schemas.Fault(code=str(fault.status), message=fault.detail)
    return JSONResponse(body.model_dump(), fault.status, fault.headers)


Route = speaking(_render)


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors a route can answer with."""
    return {status: {"model": schemas.Fault} for status in statuses}


def get_caller(
    request: Request,
    runtime: RuntimeDep,
    key: Annotated[
        str | None, Query(description="An API key, for clients that can send no header.")
    ] = None,
) -> Caller:
    """Return whose key the header or the address carries; 401 for none or a wrong one."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    secret = bearer.strip() if scheme.lower() == "bearer" else key
    challenge = {"WWW-Authenticate": "Bearer"}
    if not secret:
        raise HTTPException(401, "send a key: `?key=…` or `Authorization: Bearer …`", challenge)
    if (caller := deps.admit(request, runtime, secret)) is None:
        raise HTTPException(401, "the key is unknown or revoked", challenge)
    if "read" not in caller.scopes:
        raise HTTPException(403, "the key lacks the scope `read`")
    return caller


Reader = Annotated[Caller, Depends(get_caller)]


def type_of(kind: str) -> Named:
    """Return a kind as a type."""
    return Named(id=kind, name=kind.replace("_", " ").capitalize())


def described(item: Item) -> str:
    """Return a few words that tell an item from its namesakes."""
    year = dates.year(item.published_at)
    told = ", ".join(filter(None, [*item.creators[:3], str(year) if year else ""]))
    return told or item.text[:_EXCERPT].strip()


def suggestion(item: Item) -> Suggestion:
    """Return an item as a suggestion."""
    told, type_ = described(item) or None, type_of(item.kind)
    return Suggestion(id=item.id, name=item.title, description=told, notable=[type_])


def property_named(name: str) -> Named:
    """Return a property, also one that there is not: nothing has it."""
    return Named(id=name, name=properties.NAMES.get(name, name))
