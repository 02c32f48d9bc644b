"""Query options: an endpoint is asked with those that it has, and with no others."""

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.dependencies.utils import get_dependant, get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Cookie, Header, Path

_MOST_TOLD = 10


async def refuse_unknown(request: Request) -> None:  # waits for nothing: needs no thread
    """Refuse options that the endpoint does not have: misspelt, they would be passed over."""
    if not request.query_params:
        return
    route = request.scope["route"]
    known = _options_of(route.path_format, route.endpoint)
    if unknown := [name for name in request.query_params if name not in known]:
        raise RequestValidationError(
            [
                {"type": "unknown_option", "loc": ("query", name), "msg": _remedy(name, known)}
                for name in unknown[:_MOST_TOLD]
            ]
        )


@cache
def _options_of(path: str, endpoint: Callable[..., Any]) -> tuple[str, ...]:
    fields = get_flat_params(get_dependant(path=path, call=endpoint))
    # the fields of a model of options are of no kind
    return tuple(
        field.alias for field in fields if not isinstance(field.field_info, Path | Header | Cookie)
    )


def _remedy(name: str, known: tuple[str, ...]) -> str:
    if not known:
        return "is not an option here; there are none"
    if near := get_close_matches(name.lower(), known, n=1):
        return f"is not an option here; did you mean `{near[0]}`?"
    return f"is not an option here; there are {', '.join(known)}"
