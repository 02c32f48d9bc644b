"""What answers must look like, written from the Reconciliation API's text (0.2 and 1.0-draft).

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
https://reconciliation-api.github.io/specs/draft/
"""

from typing import Any

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
NAMED = {"type": "object", "properties": {"id": TEXT, "name": TEXT}, "required": ["id", "name"]}


def shape(required: str, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object."""
    return {"type": "object", "properties": properties, "required": required.split()}


def each(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def each_value(values: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object whose names are ids."""
    return {"type": "object", "additionalProperties": values}


FEATURE = shape("id name value", id=TEXT, name=TEXT, value={"type": ["number", "boolean"]})
CANDIDATE = shape(
    "id name score",
    id=TEXT,
    name={"type": "string", "minLength": 1},
    description=TEXT,
    score={"type": "number", "minimum": 0, "maximum": 100},
    match={"type": "boolean"},
    type=each(NAMED),
    features=each(FEATURE),
)
VALUE = {
    "oneOf": [
        {**shape(kind, **{kind: {"type": type_}}), "additionalProperties": False}
        for kind, type_ in {"str": "string", "int": "integer", "float": "number"}.items()
    ]
}
SUGGESTIONS = shape("result", result=each({**NAMED, "properties": {
    "id": TEXT, "name": TEXT, "description": TEXT, "notable": each(NAMED),
    "matchQualifiers": each(NAMED),
}}))  # fmt: skip
PROPOSAL = shape("properties", properties=each(NAMED), type=TEXT, limit={"type": "number"})
SERVICE = shape(
    "", service_url=TEXT, service_path=TEXT, flyout_service_url=TEXT,
    flyout_service_path={"type": "string", "pattern": r"\$\{id\}"},
) | {"required": []}  # fmt: skip
COMMON = {
    "name": TEXT, "documentation": TEXT, "serviceVersion": TEXT, "defaultTypes": each(NAMED),
    "batchSize": {"type": "integer"}, "authentication": {"type": "object"},
}  # fmt: skip
OLD_MANIFEST = shape(
    "versions name identifierSpace schemaSpace",
    versions={**each(TEXT), "contains": {"const": "0.2"}}, identifierSpace=TEXT, schemaSpace=TEXT,
    view=shape("url", url={"type": "string", "pattern": r"\{\{id\}\}"}),
    preview=shape("url width height", url={"type": "string", "pattern": r"\{\{id\}\}"},
                  width={"type": "integer"}, height={"type": "integer"}),
    suggest=shape("", entity=SERVICE, property=SERVICE, type=SERVICE) | {"required": []},
    extend={"type": "object", "properties": {
        "propose_properties": SERVICE, "property_settings": {"type": "array"},
    }},
    **COMMON,
)  # fmt: skip
MANIFEST = shape(
    "versions name view",
    versions={**each(TEXT), "contains": {"const": "1.0-draft"}},
    view=shape("url", url={"type": "string", "pattern": r"[^{]\{id\}"}),
    preview=shape("width height", width={"type": "integer"}, height={"type": "integer"}),
    suggest=shape("entity property type", entity=FLAG, property=FLAG, type=FLAG),
    extend=shape("", proposeProperties={"type": "boolean"}, propertySettings={"type": "array"})
    | {"required": []},
    standardizedScore={"type": "boolean"},
    **COMMON,
)  # fmt: skip
OLD_RESULTS = each_value(shape("result", result=each(CANDIDATE)))
RESULTS = shape("results", results=each(shape("candidates", candidates=each(CANDIDATE))))
OLD_EXTENSION = shape("meta rows", meta=each(NAMED), rows=each_value(each_value(each(VALUE))))
VALUES = shape("id values", id=TEXT, values=each(VALUE))
ROW = shape("id properties", id=TEXT, properties=each(VALUES))
EXTENSION = shape("meta rows", meta=each(NAMED), rows=each(ROW))
FLYOUT = shape("id html", id=TEXT, html=TEXT)
