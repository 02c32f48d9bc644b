"""What DeepL has and Weft has not, refused in DeepL's own shape.

400, since its clients try again after a 5xx.
"""

from collections.abc import Callable

from fastapi import APIRouter, HTTPException

from api.dialects.deepl.speech import TAG, Reader, Route, errors
from api.dialects.routes import supports

router = APIRouter(tags=[TAG], route_class=Route)
RULES = "/v3/style_rules"
WRITING = "This server translates; it does not rephrase or correct texts."
STYLE = "This server has no style rules."
REFUSED = (
    ("POST", "/v2/write/rephrase", WRITING),
    ("POST", "/v2/write/correct", WRITING),
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
        raise HTTPException(400, reason)

    return refuse


for _method, _path, _reason in REFUSED:
    router.add_api_route(
        _path,
        _refusal(_reason),
        methods=[_method],
        name=f"deepl_refuse_{_method}_{_path.strip('/')}".replace("/", "_").lower(),
        summary=f"Refused: {_reason}",
        responses=errors(400, 403, 429),
        openapi_extra=supports("refused", _reason),
    )
