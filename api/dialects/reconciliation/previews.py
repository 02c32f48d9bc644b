"""Small pages about entities, types and properties, to be shown within another page."""

from html import escape
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api.deps import ReadSession
from api.dialects.keys import Reader
from api.dialects.reconciliation.speech import (
    PREFIX,
    TAG,
    Route,
    described,
    errors,
    property_named,
    type_of,
)
from api.dialects.routes import supports
from api.schemas.reconciliation import Flyout, Id
from linkage.naming import properties, reconcile
from linkage.types import Item

router = APIRouter(prefix=PREFIX, tags=[TAG], route_class=Route)
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
PAGE = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="font: 13px sans-serif; margin: 8px">{body}</body></html>'
)
_EXCERPT = 280
FAULTS = errors(400, 401, 403, 404, 422, 429, 503)
FAULTS_OF_A_PAGE = {
    status: {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}}
    for status in FAULTS
}
GivenId = Annotated[Id, Query(alias="id")]


@router.get(
    "/preview",
    response_class=HTMLResponse,
    responses=FAULTS_OF_A_PAGE,
    openapi_extra=supports("full", "also the view of an entity"),
)
def reconciliation_preview(caller: Reader, session: ReadSession, id_: GivenId) -> HTMLResponse:
    """Show an item or entity as a small page."""
    item = _thing(session, caller.tenant_id, id_)
    page = PAGE.format(title=escape(item.title), body=_html(item))
    return HTMLResponse(page, headers=POLICY)


@router.get(
    "/flyout/{what}",
    responses=FAULTS,
    openapi_extra=supports("full", "0.2 only"),
)
def reconciliation_flyout(
    what: Annotated[Literal["entity", "type", "property"], Path()],
    caller: Reader,
    session: ReadSession,
    id_: GivenId,
) -> Flyout:
    """Return a few lines about an entity, a type or a property."""
    if what == "entity":
        return Flyout(id=id_, html=_html(_thing(session, caller.tenant_id, id_)))
    known = properties.NAMES if what == "property" else reconcile.kinds(session, caller.tenant_id)
    if id_ not in known:
        raise HTTPException(404, f"there is no {what} {id_!r}")
    named = property_named(id_) if what == "property" else type_of(id_)
    return Flyout(id=id_, html=f"<p><b>{escape(named.name)}</b></p>")


def _thing(session: Session, tenant_id: str, id_: str) -> Item:
    found = reconcile.things(session, tenant_id, [id_])
    if id_ not in found:
        raise HTTPException(404, f"there is no entity {id_!r}")
    return found[id_]


def _html(item: Item) -> str:
    lines = [
        f"<b>{escape(item.title)}</b> ({escape(item.kind)})",
        escape(described(item)),
        escape(item.text[:_EXCERPT]),
        escape(", ".join(f"{scheme} {value}" for scheme, value in item.identifiers.items())),
    ]
    return "".join(f"<p>{line}</p>" for line in dict.fromkeys(lines) if line)
