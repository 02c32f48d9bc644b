"""What DeepL has and Weft has not, refused in DeepL's own shape.

404 with the reason: its clients try again after a 5xx, and take a 403 for a wrong key.
"""

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException

from api.dialects.deepl.speech import TAG, Reader, Route, errors
from api.dialects.routes import supports

router = APIRouter(tags=[TAG], route_class=Route)
RULES = "/v3/style_rules"
MEMORIES = "/v3/translation_memories"
WRITING = "This server translates; it does not rephrase or correct texts."
STYLE = "This server has no style rules."
FILES = "This server takes and gives TMX files at /v1/memories:import and /v1/memories:export."
REFUSED = (
    ("POST", "/v2/write/rephrase", WRITING),
    ("POST", "/v2/write/correct", WRITING),
    ("POST", f"{MEMORIES}/{{memory_id}}/export", FILES),
    ("GET", f"{MEMORIES}/jobs/{{job_id}}", FILES),
    ("GET", RULES, STYLE),
    ("POST", RULES, STYLE),
    ("GET", f"{RULES}/{{style_id}}", STYLE),
    ("PATCH", f"{RULES}/{{style_id}}", STYLE),
    ("DELETE", f"{RULES}/{{style_id}}", STYLE),
    ("PUT", f"{RULES}/{{style_id}}/configured_rules", STYLE),
    ("POST", f"{RULES}/{{style_id}}/custom_instructions", STYLE),
    ("GET", f"{RULES}/{{style_id}}/custom_instructions/{{instruction_id}}", STYLE),
    ("PUT", f"{RULES}/{{style_id}}/custom_instructions/{{instruction_id}}", STYLE),
    ("DELETE", f"{RULES}/{{style_id}}/custom_instructions/{{instruction_id}}", STYLE),
)


def _refusal(reason: str) -> Callable[[Reader], None]:
    def refuse(caller: Reader) -> None:
        del caller
        raise HTTPException(404, reason)

    return refuse


def _described(path: str, reason: str) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", path)
    places = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    return supports("refused", reason) | {"parameters": places}


for _method, _path, _reason in REFUSED:
    router.add_api_route(
        _path,
        _refusal(_reason),
        methods=[_method],
        name=f"deepl_refuse_{_method}_{_path.strip('/')}".replace("/", "_").lower(),
        summary=f"Refused: {_reason}",
        responses=errors(403, 404, 429),
        openapi_extra=_described(_path, _reason),
    )
