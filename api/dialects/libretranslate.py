"""LibreTranslate's API at the root, for its clients, editors and plug-ins."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from api import deps
from api.deps import ReadSession, RuntimeDep, WriteSession
from api.dialects.detection import FALLBACK, likeliest, sources_of
from api.dialects.routes import Parameters, speaking, supports
from api.errors import Fault
from api.schemas.libretranslate import (
    MAX_CHARACTERS,
    MAX_TEXTS,
    DetectedLanguage,
    DetectParameters,
    ErrorAnswer,
    FileAnswer,
    FrontendSettings,
    LanguageChoice,
    LanguageOffer,
    NamedLanguage,
    SuggestAnswer,
    SuggestParameters,
    TranslateAnswer,
    TranslateParameters,
)
from translate import documents, languages, memories
from translate.detect import Detection
from translate.errors import UnknownFormatError
from translate.formats import READERS, Options, reader_of
from translate.memory import Unit, generated_tuid
from translate.translator import Translator
from translate.types import Translation
from workers.accounts import Caller
from workers.texts import translate_now

TAG = "LibreTranslate"
AUTO = "auto"
OCTETS = "application/octet-stream"
FRONTEND_TIMEOUT_MS = 500
SUGGESTIONS = "suggestions"
"""The memory's domain of proposals: anyone's, until a person makes corrections of them."""
Model = TypeVar("Model", bound=BaseModel)
_CODES = {"zh": "zh-Hans", "zh-hant": "zh-Hant"}


def _render(_: Request, fault: Fault) -> JSONResponse:
    """Say an error as LibreTranslate does: 400 for whatever the caller can mend."""
    status = 400 if fault.status in {401, 409, 415, 422} else fault.status
    detail = f"Slowdown: {fault.detail}" if fault.status == 429 else fault.detail  # noqa: PLR2004
    return JSONResponse({"error": detail}, status, fault.headers)


router = APIRouter(tags=[TAG], route_class=speaking(_render))


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ErrorAnswer} for status in statuses}


def get_caller(request: Request, runtime: RuntimeDep, given: Parameters) -> Caller:
    """Return whose `api_key` or bearer key this is: 400 for none, 403 for a wrong one."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    key = (bearer if scheme.lower() == "bearer" else None) or given.get("api_key")
    if not key:
        raise HTTPException(400, "Please contact the server operator to get an API key")
    caller = deps.admit(request, runtime, str(key))
    if caller is None or "write" not in caller.scopes:
        raise HTTPException(403, "Invalid API key")
    return caller


LibreCaller = Annotated[Caller, Depends(get_caller)]


def get_file_caller(
    request: Request, runtime: RuntimeDep, api_key: Annotated[str | None, Form()] = None
) -> Caller:
    """Return whose key a form with a file carries, as `get_caller` does."""
    return get_caller(request, runtime, {"api_key": api_key})


LibreFileCaller = Annotated[Caller, Depends(get_file_caller)]


@router.post(
    "/translate",
    response_model_exclude_none=True,
    responses=_errors(400, 403, 413, 429, 500, 503),
    openapi_extra=supports(
        "full", "format text and html, auto, lists, alternatives", body=TranslateParameters
    ),
)
def libretranslate_translate(
    caller: LibreCaller, given: Parameters, runtime: RuntimeDep
) -> TranslateAnswer:
    """Translate a text, or each text of a list from its own language."""
    asked = _read(TranslateParameters, given)
    translator = runtime.translator
    texts = asked.q if isinstance(asked.q, list) else [asked.q]
    _check_pair(translator, asked.source, asked.target)
    if asked.format not in {"text", "html"}:
        raise HTTPException(400, f"{asked.format} format is not supported")
    found = [likeliest(translator, text) for text in texts] if asked.source == AUTO else []
    done = translate_now(
        runtime,
        caller,
        texts,
        target=asked.target,
        source=None if found else asked.source,
        sources=[each.language for each in found] if found else None,
        format="html" if asked.format == "html" else "text",
    )
    if len(texts) == 1 and done[0].status == "failed":
        raise HTTPException(400, f"Cannot translate text: {done[0].reason}")
    return _shape(asked, done, found)


@router.post(
    "/translate_file",
    responses=_errors(400, 403, 413, 429, 503),
    openapi_extra=supports(
        "full", f"files {' '.join(READERS)}; a source of `auto` is told from the whole file"
    ),
)
def libretranslate_translate_file(
    request: Request,
    caller: LibreFileCaller,
    runtime: RuntimeDep,
    file: Annotated[UploadFile, File()],
    source: Annotated[str, Form(min_length=1, json_schema_extra={"x-source": "auto"})],
    target: Annotated[str, Form(min_length=1, json_schema_extra={"x-target": True})],
) -> FileAnswer:
    """Translate a file at once and answer with an address to fetch it from."""
    name = file.filename or ""
    try:
        reader_of(name)
    except UnknownFormatError as error:
        raise HTTPException(400, "Invalid request: file format not supported") from error
    _check_pair(runtime.translator, source, target)
    options = Options(target=target, source=None if source == AUTO else source)
    with runtime.database.transaction() as session:
        document_id = documents.create(
            session, caller.tenant_id, name, file.file.read(), options, key_id=caller.key_id
        ).id
    documents.run(runtime.database.transaction, runtime.translator, document_id)
    with runtime.database.reading() as session:
        row = documents.get(session, caller.tenant_id, document_id)
        if row.state == "failed":
            raise HTTPException(400, row.error)
    url = request.url_for("libretranslate_download_file", filename=f"{document_id}.{name}")
    return FileAnswer(translatedFileUrl=str(url))


@router.get(
    "/download_file/{filename}",
    response_class=Response,
    responses={200: {"content": {OCTETS: {"schema": {"type": "string"}}}}, **_errors(404, 503)},
    openapi_extra=supports("full", "needs no key: the address itself is the secret"),
)
def libretranslate_download_file(filename: str, session: ReadSession) -> Response:
    """Return a translated file, for seven days."""
    document_id, _, name = filename.partition(".")
    content = documents.shared_result(session, document_id)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=OCTETS, headers={"Content-Disposition": disposition})


@router.post(
    "/detect",
    responses=_errors(400, 403, 413, 429, 503),
    openapi_extra=supports("full", body=DetectParameters),
)
def libretranslate_detect(
    caller: LibreCaller, given: Parameters, runtime: RuntimeDep
) -> list[DetectedLanguage]:
    """Tell the likely languages of a text, the likeliest first."""
    del caller
    asked = _read(DetectParameters, given)
    text = "\n".join(asked.q) if isinstance(asked.q, list) else asked.q
    ranking = runtime.translator.detector.rank(text, sources_of(runtime.translator))
    return [
        DetectedLanguage(confidence=round(100 * each.confidence, 1), language=_code(each.language))
        for each in ranking
    ] or [DetectedLanguage(confidence=0, language=FALLBACK)]


@router.post(
    "/suggest",
    responses=_errors(400, 403, 413, 429, 503),
    openapi_extra=supports(
        "full",
        "kept in the translation memory's domain `suggestions`, which no translation uses unasked",
        body=SuggestParameters,
    ),
)
def libretranslate_suggest(
    caller: LibreCaller, given: Parameters, runtime: RuntimeDep, session: WriteSession
) -> SuggestAnswer:
    """Propose a better translation of a text."""
    asked = _read(SuggestParameters, given)
    translator = runtime.translator
    _check_pair(translator, asked.source, asked.target)
    source = likeliest(translator, asked.q).language if asked.source == AUTO else asked.source
    text = asked.q.strip()
    tuid = generated_tuid(text, is_correction=False)
    unit = Unit(source, asked.target, tuid, text, asked.s.strip(), SUGGESTIONS)
    memories.put(session, caller.tenant_id, [unit])
    return SuggestAnswer(success=True)


@router.get("/languages", openapi_extra=supports("full", "needs no key"))
def libretranslate_languages(runtime: RuntimeDep) -> list[LanguageOffer]:
    """List the languages, each with what it can be translated into."""
    directions = runtime.translator.directions
    return [
        LanguageOffer(
            code=_code(source),
            name=languages.name(source),
            targets=sorted(
                {_code(each.target) for each in directions if each.source == source}
                | {_code(source)}
            ),
        )
        for source in sources_of(runtime.translator)
    ]


@router.get("/frontend/settings", openapi_extra=supports("full", "needs no key"))
def libretranslate_settings(runtime: RuntimeDep) -> FrontendSettings:
    """Tell a page the limits of this service."""
    target = next(
        (each.target for each in runtime.translator.directions if each.source == FALLBACK),
        FALLBACK,
    )
    return FrontendSettings(
        charLimit=MAX_CHARACTERS,
        frontendTimeout=FRONTEND_TIMEOUT_MS,
        apiKeys=True,
        keyRequired=True,
        suggestions=True,
        filesTranslation=True,
        supportedFilesFormat=list(READERS),
        language=LanguageChoice(
            source=NamedLanguage(code=AUTO, name="Auto Detect"),
            target=NamedLanguage(code=_code(target), name=languages.name(target)),
        ),
    )


@router.get("/spec", openapi_extra=supports("part", "OpenAPI 3.1, where LibreTranslate has 2.0"))
def libretranslate_spec(request: Request) -> dict[str, Any]:
    """Return the part of the OpenAPI document that describes this dialect."""
    document: dict[str, Any] = request.app.openapi()
    paths = {
        path: operations
        for path, operations in document["paths"].items()
        if any(TAG in operation.get("tags", ()) for operation in operations.values())
    }
    return document | {"paths": paths}


def _read(model: type[Model], given: dict[str, Any]) -> Model:
    """Return the parameters, or say what is wrong in LibreTranslate's words."""
    for name, field in model.model_fields.items():
        if field.is_required() and not given.get(name):
            raise HTTPException(400, f"Invalid request: missing {name} parameter")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise HTTPException(400, _told(error, given)) from error


def _told(error: ValidationError, given: dict[str, Any]) -> str:
    faults = error.errors()
    # of a text or a list, both of which did not fit, the one that was too long tells more
    fault = next((each for each in faults if each["type"].endswith("too_long")), faults[0])
    name, value = str(fault["loc"][0]), given.get(str(fault["loc"][0]))
    if name == "alternatives":
        is_number = isinstance(value, int) and value > 0
        return f"Invalid request: {name} parameter " + (
            "must be <= 5" if is_number else "is not a number"
        )
    if fault["type"] == "too_long":
        return f"Invalid request: request ({len(value or '')}) exceeds text limit ({MAX_TEXTS})"
    if fault["type"] == "string_too_long":
        size = len(fault["input"])
        return f"Invalid request: request ({size}) exceeds text limit ({MAX_CHARACTERS})"
    return f"Invalid request: {name}: {fault['msg']}"


def _check_pair(translator: Translator, source: str, target: str) -> None:
    if source != AUTO and languages.resolve(source, sources_of(translator)) is None:
        raise HTTPException(400, f"{source} is not supported")
    if languages.resolve(target, {each.target for each in translator.directions}) is None:
        raise HTTPException(400, f"{target} is not supported")


def _code(language: str) -> str:
    return _CODES.get(language, language)


def _shape(
    asked: TranslateParameters, done: Sequence[Translation], found: Sequence[Detection]
) -> TranslateAnswer:
    texts = [each.text for each in done]
    detected = [
        DetectedLanguage(confidence=round(100 * each.confidence, 1), language=_code(each.language))
        for each in found
    ]
    is_list = isinstance(asked.q, list)
    return TranslateAnswer(
        translatedText=texts if is_list else texts[0],
        detectedLanguage=(detected if is_list else detected[0]) if detected else None,
    )
