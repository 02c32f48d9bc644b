"""How DeepL's API speaks: its key header, its errors, its codes of languages, its trace id."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from api import deps
from api.deps import RuntimeDep
from api.dialects.routes import speaking
from api.errors import Fault
from api.schemas.deepl import Message
from translate import languages
from translate.translator import Translator
from workers.accounts import Caller, Scope

TAG = "DeepL"
QUOTA_EXCEEDED = 456
SCHEMES = {"deepl-auth-key", "bearer"}
VARIANTS = {
    "en": {"EN-GB": "English (British)", "EN-US": "English (American)"},
    "pt": {"PT-PT": "Portuguese (European)", "PT-BR": "Portuguese (Brazilian)"},
    "zh": {"ZH-HANS": "Chinese (simplified)"},
    "zh-hant": {"ZH-HANT": "Chinese (traditional)"},
}
"""Targets that DeepL names by region; one model of the language serves all of them."""
Model = TypeVar("Model", bound=BaseModel)


def _render(_: Request, fault: Fault) -> JSONResponse:
    """Say an error as DeepL does: `{"message": …}`, 403 for the key, 456 for a used up quota."""
    status = {401: 403, 422: 400}.get(fault.status, fault.status)
    if fault.is_over_quota:
        status = QUOTA_EXCEEDED
    return JSONResponse({"message": fault.detail}, status, fault.headers)


Route = speaking(_render, trace="X-Trace-ID")


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors a route can answer with."""
    return {status: {"model": Message} for status in statuses}


def get_caller(request: Request, runtime: RuntimeDep) -> Caller:
    """Return whose key the header carries; 403 for none or a wrong one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in SCHEMES or not key:
        raise HTTPException(403, "Send a key: `Authorization: DeepL-Auth-Key …`")
    caller = deps.admit(request, runtime, key.strip())
    if caller is None:
        raise HTTPException(403, "The key is unknown or revoked")
    return caller


def _with(scope: Scope) -> Any:  # noqa: ANN401 - what FastAPI's Depends is
    def check(caller: Annotated[Caller, Depends(get_caller)]) -> Caller:
        if scope not in caller.scopes:
            raise HTTPException(403, f"The key lacks the scope `{scope}`")
        return caller

    return Depends(check)


Reader = Annotated[Caller, _with("read")]
Writer = Annotated[Caller, _with("write")]


def read(model: type[Model], given: dict[str, Any]) -> Model:
    """Return the parameters of a request, or say in one line what is wrong with them."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        name = fault["loc"][0] if fault["loc"] else "body"
        if fault["type"] == "missing":
            raise HTTPException(400, f"Parameter '{name}' not specified.") from error
        raise HTTPException(400, f"Value for '{name}' not supported: {fault['msg']}") from error


def source_of(translator: Translator, code: str) -> str:
    """Return our code of a source language; 400 when no model knows it."""
    sources = {each.source for each in translator.directions}
    if (found := languages.resolve(code, sources)) is None:
        raise HTTPException(400, "Value for 'source_lang' not supported.")
    return found


def target_of(translator: Translator, code: str) -> str:
    """Return our code of a target language; 400 when no model knows it."""
    targets = {each.target for each in translator.directions}
    if (found := languages.resolve(code, targets)) is None:
        raise HTTPException(400, "Value for 'target_lang' not supported.")
    return found


def code_of(language: str | None) -> str:
    """Return DeepL's code of a source language: EN, ZH …; of none, its word for English."""
    return (language or "en").partition("-")[0].upper()
