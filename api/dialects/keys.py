"""Keys of clients that can send no header: in the address."""

from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request

from api import deps
from api.deps import RuntimeDep
from workers.accounts import Caller


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
