"""Completion of what is typed, for entities, types and properties, and the properties of a type."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import ReadSession
from api.dialects.keys import Reader
from api.dialects.reconciliation.speech import (
    PREFIX,
    TAG,
    Route,
    errors,
    property_named,
    suggestion,
    type_of,
)
from api.dialects.routes import supports
from api.schemas.fields import PLAIN
from api.schemas.reconciliation import Named, Proposal, Suggestion, Suggestions
from linkage.naming import properties, reconcile

router = APIRouter(prefix=PREFIX, tags=[TAG], route_class=Route)
QUALIFIERS = [Named(id="exact", name="Exactly"), Named(id="similar", name="Similarly")]
_PAGE = 20
Prefix = Annotated[str, Query(max_length=200, pattern=PLAIN)]
Cursor = Annotated[int, Query(ge=0, le=1_000, description="How many to leave out.")]
FAULTS = errors(400, 401, 403, 422, 429, 503)


@router.get(
    "/suggest/entity",
    response_model_exclude_none=True,
    responses=FAULTS,
    openapi_extra=supports("full", "items and imported entities whose name or id begins so"),
)
def reconciliation_suggest_entity(
    caller: Reader, session: ReadSession, prefix: Prefix = "", cursor: Cursor = 0
) -> Suggestions:
    """Complete the name of an item or entity."""
    found = reconcile.begin_with(session, caller.tenant_id, prefix, limit=cursor + _PAGE)
    return Suggestions(result=[suggestion(item) for item in found[cursor:]])


@router.get(
    "/suggest/type",
    response_model_exclude_none=True,
    responses=FAULTS,
    openapi_extra=supports("full", "types are the kinds of items and entities"),
)
def reconciliation_suggest_type(
    caller: Reader, session: ReadSession, prefix: Prefix = "", cursor: Cursor = 0
) -> Suggestions:
    """Complete the name of a type."""
    found = map(type_of, reconcile.kinds(session, caller.tenant_id))
    return _beginning((Suggestion(id=each.id, name=each.name) for each in found), prefix, cursor)


@router.get(
    "/suggest/property",
    response_model_exclude_none=True,
    responses=FAULTS,
    openapi_extra=supports("full", "creator, year, subject, and schemes of identifiers"),
)
def reconciliation_suggest_property(
    caller: Reader, prefix: Prefix = "", cursor: Cursor = 0
) -> Suggestions:
    """Complete the name of a property."""
    del caller
    found = (
        Suggestion(id=id_, name=name, matchQualifiers=QUALIFIERS)
        for id_, name in properties.NAMES.items()
    )
    return _beginning(found, prefix, cursor)


@router.get(
    "/extend/propose",
    response_model_exclude_none=True,
    responses=FAULTS,
    openapi_extra=supports("full", "all types have the same properties"),
)
def reconciliation_propose(
    caller: Reader,
    type: Annotated[str | None, Query(max_length=200, pattern=PLAIN)] = None,  # noqa: A002
    limit: Annotated[int | None, Query(ge=1, le=100)] = None,
) -> Proposal:
    """List the properties that may be fetched of things of a type."""
    del caller
    proposed = [property_named(name) for name in properties.NAMES]
    return Proposal(properties=proposed[:limit], type=type, limit=limit)


def _beginning(found: Iterable[Suggestion], prefix: str, cursor: int) -> Suggestions:
    begin = prefix.strip().lower()
    fitting = [
        each for each in found if each.id.startswith(begin) or each.name.lower().startswith(begin)
    ]
    return Suggestions(result=fitting[cursor : cursor + _PAGE])
