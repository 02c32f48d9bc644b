"""What the service says of itself, in either version."""

from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from api.dialects.reconciliation.speech import PREFIX, type_of
from api.schemas.reconciliation import BATCH_SIZE

VERSIONS = ["0.2", "1.0-draft"]
PREVIEW = {"width": 400, "height": 200}


def manifest(request: Request, kinds: list[str], asked: str) -> dict[str, Any]:
    """Return the manifest of a version; what differs between the two cannot be said in one."""
    root = str(request.base_url).rstrip("/")
    common = {
        "versions": VERSIONS,
        "name": "Weft",
        "identifierSpace": f"{root}{PREFIX}/view/",
        "schemaSpace": f"{root}{PREFIX}/types/",
        "documentation": f"{root}/docs",
        "serviceVersion": version("weft"),
        "defaultTypes": [type_of(kind).model_dump() for kind in kinds],
        "batchSize": BATCH_SIZE,
        "standardizedScore": True,
        "authentication": {"type": "apiKey", "name": "key", "in": "query"},
    }
    return common | (_old(request, root) if asked == "0.2" else _new(root))


def _old(request: Request, root: str) -> dict[str, Any]:
    key = request.query_params.get("key")
    own = f"?{urlencode({'key': key})}" if key else ""
    and_id = f"{own}&id=" if own else "?id="
    service = f"{root}{PREFIX}"
    suggest = {
        what: {
            "service_url": service,
            "service_path": f"/suggest/{what}{own}",
            "flyout_service_url": service,
            "flyout_service_path": f"/flyout/{what}{and_id}${{id}}",
        }
        for what in ("entity", "property", "type")
    }
    preview = {"url": f"{service}/preview{and_id}{{{{id}}}}", **PREVIEW}
    proposal = {"service_url": service, "service_path": f"/extend/propose{own}"}
    return {
        "view": {"url": preview["url"]},
        "preview": preview,
        "suggest": suggest,
        "extend": {"propose_properties": proposal, "property_settings": []},
    }


def _new(root: str) -> dict[str, Any]:
    return {
        "view": {"url": f"{root}{PREFIX}/preview?id={{id}}"},
        "preview": PREVIEW,
        "suggest": {"entity": True, "property": True, "type": True},
        "extend": {"proposeProperties": True, "propertySettings": []},
    }
