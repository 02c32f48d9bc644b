"""Errors as RFC 9457 problem documents: one table from the domains' errors to HTTP."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from linkage import errors as linkage
from translate import errors as translate

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[Exception], int] = {
    linkage.ItemNotFoundError: 404,
    linkage.BuildNotFoundError: 404,
    linkage.InvalidItemError: 422,
    linkage.InvalidCursorError: 404,
    linkage.BuildSupersededError: 409,
    linkage.EncoderNotFoundError: 503,
    translate.JobNotFoundError: 404,
    translate.JobStateError: 409,
    translate.IdempotencyConflictError: 409,
    translate.InvalidJobError: 422,
    translate.InvalidCursorError: 404,
    translate.UnsupportedLanguageError: 422,
    translate.UndetectedLanguageError: 422,
    translate.ModelError: 503,
    OperationalError: 503,
}
TITLES = {
    400: "Bad request",
    401: "Key missing or unknown",
    403: "Key not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Invalid request",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable for now",
}
METHOD_NOT_ALLOWED = 405
log = structlog.get_logger()


class FieldError(BaseModel):
    """One faulty field of a request."""

    field: str = Field(description="Where it is: `body.texts.0`, `query.limit` …")
    reason: str


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldError] = []


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the problems a route can answer with."""
    return {
        status: {
            "description": TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the problem document of a failed request."""
    document = Problem(
        title=TITLES.get(status, "Error"),
        status=status,
        detail=detail,
        request_id=getattr(request.state, "request_id", None),
        errors=errors or [],
    )
    return JSONResponse(
        document.model_dump(exclude_none=True), status, headers, media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""

    @app.exception_handler(HTTPException)
    def on_http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        if error.status_code == METHOD_NOT_ALLOWED:
            # the framework names the methods of one route of the path, not of all
            headers["Allow"] = ", ".join(allowed_methods(app, request.url.path))
        return problem(request, error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(RequestValidationError)
    def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            FieldError(field=".".join(str(part) for part in fault["loc"]), reason=fault["msg"])
            for fault in error.errors()
        ]
        detail = "; ".join(f"{fault.field}: {fault.reason}" for fault in faults[:3])
        return problem(request, 422, detail or "the request is not valid", errors=faults)

    def on_known(request: Request, error: Exception) -> JSONResponse:
        status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        if isinstance(error, OperationalError):
            log.warning("database_unavailable", error=str(error.orig))
            return problem(request, status, "the database does not answer; try again soon")
        field = getattr(error, "field", None)
        faults = [FieldError(field=field, reason=str(error))] if field else []
        return problem(request, status, str(error), errors=faults)

    for kind in STATUS:
        app.add_exception_handler(kind, on_known)

    @app.exception_handler(Exception)
    def on_unknown(request: Request, error: Exception) -> JSONResponse:
        log.error("request_failed", exc_info=error)
        return problem(request, 500, "an error of ours; the request id finds it in the logs")


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """Return the methods of the most telling documented path that `path` is an instance of."""
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    for template in sorted(paths, key=len, reverse=True):
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(template))
        if re.fullmatch(pattern, path):
            return sorted(method.upper() for method in paths[template])
    return []
