"""What the routes of reconciliation share: errors, and how things are shown."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from api.dialects.routes import speaking
from api.errors import Fault
from api.schemas import reconciliation as schemas
from api.schemas.reconciliation import Named, Suggestion
from linkage import dates
from linkage.naming import properties
from linkage.types import Item

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
