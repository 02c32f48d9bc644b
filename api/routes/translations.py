"""Translation of a few texts at once."""

from fastapi import APIRouter

from api.deps import Reader, RuntimeDep, Writer
from api.errors import responses
from api.schemas.translations import (
    LanguageOut,
    LanguagesOut,
    TranslateText,
    TranslateTexts,
    TranslationOut,
    TranslationsOut,
)
from translate import glossaries
from translate.search import TenantMemory
from workers.texts import translate_now

router = APIRouter(prefix="/v1", tags=["translation"])


@router.get("/languages", responses=responses(401, 403, 429, 503))
def list_languages(caller: Reader, runtime: RuntimeDep) -> LanguagesOut:
    """List every direction of the model at hand with its measured quality."""
    del caller
    translator = runtime.translator
    return LanguagesOut(
        model=translator.model,
        directions=[
            LanguageOut.model_validate(direction, from_attributes=True)
            for direction in translator.directions
        ],
    )


@router.post("/translations", responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503))
def translate(
    body: TranslateText | TranslateTexts, caller: Writer, runtime: RuntimeDep
) -> TranslationsOut:
    """Translate up to 100 texts at once. A text that fails does not fail the others."""
    glossary = None
    if body.glossary:
        with runtime.database.reading() as session:
            glossary = glossaries.load(session, caller.tenant_id, body.glossary)
    translations = translate_now(
        runtime,
        caller,
        [body.text] if isinstance(body, TranslateText) else body.texts,
        target=body.target,
        source=body.source,
        format=body.format,
        min_confidence=body.min_confidence,
        do_not_translate=tuple(body.do_not_translate),
        glossary=glossary,
        memory=TenantMemory(
            runtime.database.reading,
            caller.tenant_id,
            domain=body.domain,
            mode=body.memory,
            threshold=body.memory_threshold,
        ),
        plain=body.plain,
        alternatives=body.alternatives,
        formality=body.formality,
    )
    return TranslationsOut(translations=[TranslationOut.of(each) for each in translations])
