"""What the dialects share: parameters from wherever a client puts them, errors in its own shape.

Every route of a dialect says how far it goes with `supports`; `docs/compatibility.md` is made
from that.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.errors import Fault, fault_of

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
Support = Literal["full", "part", "refused"]
Render = Callable[[Request, Fault], Response]


def speaking(render: Render, *, trace: str | None = None) -> type[APIRoute]:
    """Return a class of routes whose errors take the shape that `render` gives them.

    `trace` names the header in which the dialect's answers carry the request's id.
    """

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    response = await handle(request)
                except Exception as error:  # noqa: BLE001 - `fault_of` logs what it does not know
                    response = render(request, fault_of(request, error))
                if trace:
                    response.headers[trace] = request.state.request_id
                return response

            return answer

    return Route


def supports(
    support: Support,
    note: str = "",
    *,
    body: type[BaseModel] | None = None,
    media: Iterable[str] = (JSON, FORM),
) -> dict[str, Any]:
    """Return the OpenAPI extras of a dialect's route: how far it goes, and the body it reads."""
    extra: dict[str, Any] = {"x-support": support, "x-support-note": note}
    if body:
        schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
        content = {kind: {"schema": schema if kind == JSON else of_form(schema)} for kind in media}
        is_required = any(field.is_required() for field in body.model_fields.values())
        extra["requestBody"] = {"required": is_required, "content": content}
    return extra


def of_form(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON schema
    """Return what a form can carry of a schema: text. A field that is repeated is a list."""
    if isinstance(schema, list):
        return [of_form(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "boolean":
        return {"type": "string", "enum": ["0", "1", "true", "false"]}
    choices = schema.get("anyOf", [])
    is_text = any(choice.get("type") == "string" for choice in choices)
    left_out = {"null", "array"} if is_text else {"null"}
    kept = [choice for choice in choices if choice.get("type") not in left_out]
    slim = {name: part for name, part in schema.items() if (name, part) != ("default", None)}
    return {name: of_form(kept if name == "anyOf" else part) for name, part in slim.items()}


async def parameters(request: Request) -> AsyncIterator[dict[str, Any]]:
    """Yield a request's parameters: the query's, then those of its form or JSON object.

    A name that comes more than once has the list of its values. Files are open until the answer.
    """
    given = _by_name(request.query_params.multi_items())
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == JSON:
        given |= await _json_object(request)
    elif kind in {FORM, "multipart/form-data"}:
        given |= _by_name((await request.form()).multi_items())
    yield given
    await request.close()


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
