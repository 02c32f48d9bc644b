"""What surrounds every request: its id, its path, its size, its log line and its metrics."""

import time
import uuid
from collections.abc import Awaitable, Callable, Collection

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from workers.metrics import LATENCY, REQUESTS

MAX_REQUEST_ID = 100
log = structlog.get_logger()


class RequestContext:
    """Gives a request its id (the caller's own when it sent one), a log line and metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Request(scope))
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status, started = 500, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            _record(scope, status, time.perf_counter() - started)


def _request_id(request: Request) -> str:
    sent = request.headers.get("x-request-id", "")
    usable = 0 < len(sent) <= MAX_REQUEST_ID and sent.isascii() and sent.isprintable()
    return sent if usable else uuid.uuid4().hex


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "(none)")
    REQUESTS.labels(scope["method"], route, status).inc()
    LATENCY.labels(scope["method"], route).observe(seconds)
    log.info(
        "request",
        method=scope["method"],
        route=route,
        status=status,
        ms=round(1000 * seconds, 1),
    )


class PathGuard:
    """Answers 404 to a path with a NUL: nothing has one in its id, and PostgreSQL takes none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] != "http" or "\0" not in scope["path"]:
            await self.app(scope, receive, send)
            return
        detail = "the path has a NUL (%00), which no id has; send the id as you were given it"
        await problem(Request(scope), 404, detail)(scope, receive, send)


class BodyLimit:
    """Refuses bodies above a size, whether they tell their length or not.

    Files, all but JSON, may be larger on the paths that read them as they come in.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, max_file_bytes: int, streamed: Collection[str]
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_file_bytes = max_file_bytes
        self.streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit, declared = self._limit(scope), Request(scope).headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            await self._refuse(limit, scope, receive, send)
            return
        counted = _Counted(receive, limit)
        try:
            await self.app(scope, counted, send)
        except _TooLargeError:
            await self._refuse(limit, scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        is_json = "json" in Request(scope).headers.get("content-type", "json").replace("ndjson", "")
        is_file = scope["path"] in self.streamed and not is_json
        return self.max_file_bytes if is_file else self.max_bytes

    async def _refuse(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the body is larger than {limit} bytes; send it in parts"
        await problem(Request(scope), 413, detail)(scope, receive, send)


class _TooLargeError(Exception):
    pass


class _Counted:
    """A `receive` that raises once more than `max_bytes` have come in."""

    def __init__(self, receive: Callable[[], Awaitable[Message]], max_bytes: int) -> None:
        self._receive = receive
        self._left = max_bytes

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _TooLargeError
        return message
