"""Errors as RFC 9457 problem documents: one table from the domains' errors to HTTP."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.exceptions import HTTPException

from api.faults import FieldError, faults_of
from linkage import errors as linkage
from translate import errors as translate
from workers.db import lacks_tables

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[Exception], int] = {
    linkage.ItemNotFoundError: 404,
    linkage.EntityNotFoundError: 404,
    linkage.TooManyNamesError: 422,
    linkage.WorkNotFoundError: 404,
    linkage.BuildNotFoundError: 404,
    linkage.BuildStateError: 409,
    linkage.IndexDamagedError: 409,
    linkage.KindNotKeptError: 409,
    linkage.InvalidItemError: 422,
    linkage.RdfError: 400,
    linkage.InvalidCursorError: 404,
    linkage.ImportNotFoundError: 404,
    linkage.ImportTakenOverError: 409,
    linkage.SubscriptionNotFoundError: 404,
    linkage.InvalidSubscriptionError: 422,
    linkage.SubscriptionNamedError: 409,
    linkage.BuildSupersededError: 409,
    linkage.EncoderNotFoundError: 503,
    translate.JobNotFoundError: 404,
    translate.JobStateError: 409,
    translate.QuotaExceededError: 429,
    translate.IdempotencyConflictError: 409,
    translate.InvalidJobError: 422,
    translate.InvalidCursorError: 404,
    translate.UnsupportedLanguageError: 422,
    translate.UnsupportedFormalityError: 422,
    translate.UndetectedLanguageError: 422,
    translate.DocumentNotFoundError: 404,
    translate.DocumentStateError: 409,
    translate.FormatError: 422,
    translate.UnknownFormatError: 422,
    translate.GlossaryNotFoundError: 404,
    translate.GlossaryNameTakenError: 409,
    translate.InvalidTermError: 422,
    translate.UnitNotFoundError: 404,
    translate.InvalidUnitError: 422,
    translate.LocalisationNotFoundError: 404,
    translate.ModelError: 503,
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
_UNTOLD = "There was an error parsing the body"
"""All that the framework says of a body that it cannot read."""
_UNREADABLE: Mapping[type[BaseException | None], str] = {
    UnicodeDecodeError: "the body is not UTF-8, as JSON must be",
    ValueError: "the body has a number of more digits than can be read; send it as text",
    RecursionError: "the body has objects or lists within each other too deeply",
}
"""What is wrong with a body, by what the framework met as it read it."""
_TOO_LARGE = ("Expression tree is too large", "too many SQL variables", "stack depth limit")
"""How databases refuse a statement for its size; to send it again does not help."""
log = structlog.get_logger()


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


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with a request, before a dialect gives it its shape."""

    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    is_over_quota: bool = False


def fault_of(request: Request, error: Exception) -> Fault:
    """Return what an error means to the caller; one that is not known is logged, and a 500."""
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        if error.status_code == METHOD_NOT_ALLOWED:
            # the framework names the methods of one route of the path, not of all
            headers["Allow"] = ", ".join(allowed_methods(request.app, request.url.path))
        detail = str(error.detail)
        if detail == _UNTOLD:
            detail = _UNREADABLE.get(type(error.__cause__), detail)
        return Fault(error.status_code, detail, headers=headers)
    if isinstance(error, RequestValidationError | ValidationError):
        return _invalid(error)
    if isinstance(error, DBAPIError) and (fault := _of_database(error)):
        return fault
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        log.error("request_failed", exc_info=error)
        return Fault(500, "an error of ours; the request id finds it in the logs")
    headers = {}
    if is_over_quota := isinstance(error, translate.QuotaExceededError):
        wait = error.resets_at - datetime.now(UTC)
        headers["Retry-After"] = str(math.ceil(wait.total_seconds()))
    return Fault(status, str(error), _places(error), headers, is_over_quota)


def _of_database(error: DBAPIError) -> Fault | None:
    """Return what the database's trouble means; None where a statement of ours is at fault."""
    if lacks_tables(error):
        return Fault(503, "the database has no tables yet; whoever runs it: run `weft migrate`")
    if not isinstance(error, OperationalError):
        return None
    if any(told in str(error.orig) for told in _TOO_LARGE):
        return Fault(422, "the request has more values than the database takes; send fewer")
    log.warning("database_unavailable", error=str(error.orig))
    return Fault(503, "the database does not answer; try again soon")


def _places(error: Exception) -> tuple[FieldError, ...]:
    """Return the fields of the request that an error of a domain is about."""
    if isinstance(error, translate.RepeatedIdError):
        return tuple(
            FieldError(
                field=f"body.items.{each.position}.id",
                reason=f"is that of items.{each.first} too: {each.id!r}",
            )
            for each in error.repeats
        )
    place = getattr(error, "field", None)
    return (FieldError(field=place, reason=str(error)),) if place else ()


def _invalid(error: RequestValidationError | ValidationError) -> Fault:
    body = getattr(error, "body", None)
    if body and isinstance(body, bytes):  # the framework reads none but those of JSON's type
        return Fault(415, "the body is JSON here; send `Content-Type: application/json`")
    faults = faults_of(error.errors(), body)
    detail = "; ".join(f"{fault.field}: {fault.reason}" for fault in faults[:3])
    return Fault(422, detail or "the request is not valid", faults)


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""

    def on_error(request: Request, error: Exception) -> JSONResponse:
        fault = fault_of(request, error)
        return problem(
            request, fault.status, fault.detail, errors=[*fault.errors], headers=fault.headers
        )

    for kind in (HTTPException, RequestValidationError, *STATUS, Exception):
        app.add_exception_handler(kind, on_error)


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """Return the methods of the most telling documented path that `path` is an instance of."""
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    for template in sorted(paths, key=len, reverse=True):
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(template))
        if re.fullmatch(pattern, path):
            return sorted(method.upper() for method in paths[template])
    return []
