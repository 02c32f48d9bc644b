"""The OpenAPI document: what the routes say, with what only the running service knows."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from api.errors import Problem
from translate.errors import ModelError
from workers.runtime import Runtime


def describe(app: FastAPI, runtime: Runtime) -> None:
    """Make the application's document name the problem schema and the languages at hand."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        schema = plain()
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"))
            schemas["Problem"] = problem
            _name_targets(schema, runtime)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _name_targets(document: dict[str, Any], runtime: Runtime) -> None:
    """Tell what the model can do: its languages, and formality; without a model, nothing can."""
    try:
        directions = runtime.translator.directions
    except ModelError:
        directions = []
    targets = sorted({direction.target for direction in directions})
    has_formality = any(direction.has_formality for direction in directions)
    for node in _nodes(document):
        if node.pop("x-target", False) and targets:
            node["enum"] = targets
        if (source := node.pop("x-source", False)) and targets:
            node["enum"] = ["auto", *targets] if source == "auto" else targets
        if node.pop("x-formality", False) and not has_formality:
            node["anyOf"] = [{"type": "null"}]


def _nodes(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON document."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _nodes(child)
