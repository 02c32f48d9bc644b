"""What endpoints are given: the runtime, a session, and the caller with its scopes."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated

import structlog
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from api.limits import RateLimiter
from workers.accounts import Caller, Scope
from workers.runtime import Runtime

bearer = HTTPBearer(auto_error=False, description="An API key: `Authorization: Bearer weft_…`")


async def get_runtime(request: Request) -> Runtime:  # waits for nothing: needs no thread
    """Return the process's runtime."""
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]


Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def get_caller(request: Request, runtime: RuntimeDep, credentials: Credentials) -> Caller:
    """Return who is asking; 401 without a valid key, 429 above the key's rate."""
    with runtime.database.reading() as session:
        return known_caller(request, session, credentials)


def reading_caller(
    request: Request, session: Session, credentials: HTTPAuthorizationCredentials | None
) -> Caller:
    """Return who is asking, as the dependency Reader does, within a session that is there."""
    return _allowed(known_caller(request, session, credentials), "read")


def known_caller(
    request: Request, session: Session, credentials: HTTPAuthorizationCredentials | None
) -> Caller:
    """Return who is asking; 401 without a valid key, 429 above the key's rate."""
    challenge = {"WWW-Authenticate": "Bearer"}
    if credentials is None:
        raise HTTPException(401, "send a key: `Authorization: Bearer …`", challenge)
    if (caller := _admit(request, session, credentials.credentials)) is None:
        raise HTTPException(401, "the key is unknown or revoked", challenge)
    return caller


def admit(request: Request, runtime: Runtime, secret: str) -> Caller | None:
    """Return whose key this is, None for an unknown one; raise 429 above the key's rate."""
    with runtime.database.reading() as session:
        return _admit(request, session, secret)


def _admit(request: Request, session: Session, secret: str) -> Caller | None:
    runtime: Runtime = request.app.state.runtime
    if (caller := runtime.callers.find(session, secret)) is None:
        return None
    limiter: RateLimiter = request.app.state.limiter
    if wait := limiter.seconds_to_wait(caller.key_id):
        raise HTTPException(429, f"try again in {wait} s", {"Retry-After": str(wait)})
    structlog.contextvars.bind_contextvars(tenant=caller.tenant_id, key=caller.key_id)
    return caller


def require(scope: Scope) -> Callable[[Caller], Awaitable[Caller]]:
    """Return a dependency that lets only keys with a scope pass."""

    async def check(caller: Annotated[Caller, Depends(get_caller)]) -> Caller:
        return _allowed(caller, scope)

    return check


def _allowed(caller: Caller, scope: Scope) -> Caller:
    if scope not in caller.scopes:
        raise HTTPException(403, f"the key lacks the scope `{scope}`")
    return caller


def write_session(runtime: RuntimeDep) -> Iterator[Session]:
    """Yield the request's one transaction, committed before the answer is sent."""
    with runtime.database.transaction() as session:
        yield session


def read_session(runtime: RuntimeDep) -> Iterator[Session]:
    """Yield a session for reading."""
    with runtime.database.reading() as session:
        yield session


Reader = Annotated[Caller, Depends(require("read"))]
Writer = Annotated[Caller, Depends(require("write"))]
Admin = Annotated[Caller, Depends(require("admin"))]
ReadSession = Annotated[Session, Depends(read_session, scope="function")]
WriteSession = Annotated[Session, Depends(write_session, scope="function")]


async def raw_body(request: Request) -> bytes:
    """Return the request's body as it came, whatever its content type."""
    return await request.body()


RawBody = Annotated[bytes, Depends(raw_body)]
