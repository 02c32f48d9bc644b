"""What the dialects share: parameters from wherever a client puts them, errors in its own shape.

Every route of a dialect says how far it goes with `supports`; `docs/compatibility.md` is made
from that.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.errors import Fault, fault_of

Support = Literal["full", "part", "refused"]
Render = Callable[[Request, Fault], Response]


def speaking(render: Render) -> type[APIRoute]:
    """Return a class of routes whose errors take the shape that `render` gives them."""

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except Exception as error:  # noqa: BLE001 - `fault_of` logs what it does not know
                    return render(request, fault_of(request, error))

            return answer

    return Route


def supports(
    support: Support,
    note: str = "",
    *,
    body: type[BaseModel] | None = None,
    media: Iterable[str] = ("application/json", "application/x-www-form-urlencoded"),
) -> dict[str, Any]:
    """Return the OpenAPI extras of a dialect's route: how far it goes, and the body it reads."""
    extra: dict[str, Any] = {"x-support": support, "x-support-note": note}
    if body:
        schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
        content = {kind: {"schema": schema} for kind in media}
        extra["requestBody"] = {"required": True, "content": content}
    return extra


async def parameters(request: Request) -> dict[str, Any]:
    """Return a request's parameters: the query's, then those of its form or JSON object.

    A name that comes more than once has the list of its values.
    """
    given = _by_name(request.query_params.multi_items())
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return given | await _json_object(request)
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        given |= _by_name((await request.form()).multi_items())
    return given


Parameters = Annotated[dict[str, Any], Depends(parameters)]


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        value = await request.json() if await request.body() else {}
    except ValueError as error:
        raise HTTPException(400, "Invalid JSON format") from error
    if not isinstance(value, dict):
        raise HTTPException(400, "Invalid JSON format")
    return value


def _by_name(pairs: Iterable[tuple[str, str | UploadFile]]) -> dict[str, Any]:
    found: dict[str, list[str | UploadFile]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}
