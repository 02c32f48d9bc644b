"""`/v2/translate` and `/v2/languages`."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query

from api.deps import RuntimeDep
from api.dialects.deepl.memories import selection_of
from api.dialects.deepl.speech import (
    QUOTA_EXCEEDED,
    TAG,
    VARIANTS,
    Reader,
    Route,
    Writer,
    code_of,
    errors,
    read,
    source_of,
    target_of,
)
from api.dialects.detection import likeliest
from api.dialects.routes import Parameters, supports
from api.schemas.deepl import (
    LanguageAnswer,
    TranslateAnswer,
    TranslateParameters,
    TranslationAnswer,
)
from translate import glossaries, languages
from translate.glossary import Glossary
from translate.markup import HTML, XML, Markup
from translate.search import TenantMemory
from translate.types import Translation
from workers.accounts import Caller
from workers.runtime import Runtime
from workers.texts import translate_now

router = APIRouter(prefix="/v2", tags=[TAG], route_class=Route)
MODEL_TYPE = "latency_optimized"
LEAST_ALIKE = 50
"""Percent; below, texts have nothing to do with each other and a lower threshold counts as this."""


@router.post(
    "/translate",
    response_model_exclude_none=True,
    responses=errors(400, 403, 404, 413, 429, QUOTA_EXCEEDED, 500, 503),
    openapi_extra=supports(
        "part",
        "formality `more` and `less`, style rules and custom instructions are refused; context, "
        "model_type and outline_detection change nothing; beside a translation memory's units "
        "those of no domain are used",
        body=TranslateParameters,
    ),
)
def deepl_translate(caller: Writer, given: Parameters, runtime: RuntimeDep) -> TranslateAnswer:
    """Translate up to 50 texts, each from its own language unless one is given."""
    asked = read(TranslateParameters, given)
    _refuse(asked)
    translator = runtime.translator
    source = source_of(translator, asked.source_lang) if asked.source_lang else None
    done = translate_now(
        runtime,
        caller,
        asked.text,
        target=target_of(translator, asked.target_lang),
        sources=[source or likeliest(translator, text).language for text in asked.text],
        format=_format(asked),
        glossary=_glossary(runtime, caller, asked.glossary_id),
        memory=_memory(runtime, caller, asked),
    )
    return TranslateAnswer(
        translations=[_shape(*each, asked) for each in zip(asked.text, done, strict=True)]
    )


@router.get(
    "/languages",
    response_model_exclude_none=True,
    responses=errors(400, 403, 429, 503),
    openapi_extra=supports("full", "`type` in the query or in a form body"),
)
@router.post(
    "/languages",
    response_model_exclude_none=True,
    responses=errors(400, 403, 429, 503),
    openapi_extra=supports("full", "`type` in the query or in a form body"),
    name="deepl_languages_by_post",
)
def deepl_languages(
    caller: Reader,
    given: Parameters,
    runtime: RuntimeDep,
    type: Annotated[str | None, Query(pattern="^(source|target)$")] = None,  # noqa: A002
) -> list[LanguageAnswer]:
    """List the source languages, or the target languages with their regional variants."""
    del caller
    directions = runtime.translator.directions
    if (type or given.get("type")) != "target":
        return [
            LanguageAnswer(language=code_of(code), name=languages.name(code))
            for code in sorted({each.source for each in directions})
        ]
    return [
        LanguageAnswer(language=code, name=name, supports_formality=False)
        for target in sorted({each.target for each in directions})
        for code, name in VARIANTS.get(target, {target.upper(): languages.name(target)}).items()
    ]


def _refuse(asked: TranslateParameters) -> None:
    """Refuse what would silently be left out: a wrong tone is worse than an error."""
    if asked.formality in {"more", "less"}:
        raise HTTPException(400, "'formality' is not supported for given 'target_lang'.")
    if asked.style_id or asked.custom_instructions:
        raise HTTPException(400, "This server has no style rules and no custom instructions.")


def _format(asked: TranslateParameters) -> Literal["text"] | Markup:
    if asked.tag_handling is None:
        return "text"
    plain = XML if asked.tag_handling == "xml" else HTML
    breaking = plain.breaking | _names(asked.splitting_tags)
    return replace(
        plain,
        kept=plain.kept | _names(asked.ignore_tags),
        breaking=breaking - _names(asked.non_splitting_tags),
    )


def _names(tags: Iterable[str]) -> frozenset[str]:
    return frozenset(tag.lower() for tag in tags)


def _glossary(runtime: Runtime, caller: Caller, glossary_id: str | None) -> Glossary | None:
    if not glossary_id:
        return None
    with runtime.database.reading() as session:
        return glossaries.load(session, caller.tenant_id, glossary_id)


def _memory(runtime: Runtime, caller: Caller, asked: TranslateParameters) -> TenantMemory | None:
    if not asked.translation_memory_id:
        return None
    reading = runtime.database.reading
    with reading() as session:
        chosen = selection_of(session, caller.tenant_id, asked.translation_memory_id)
    threshold = max(asked.translation_memory_threshold, LEAST_ALIKE) / 100
    return TenantMemory(reading, caller.tenant_id, domain=chosen.domain or "", threshold=threshold)


def _shape(text: str, done: Translation, asked: TranslateParameters) -> TranslationAnswer:
    return TranslationAnswer(
        detected_source_language=code_of(done.source),
        text=done.text,
        billed_characters=len(text) if asked.show_billed_characters else None,
        model_type_used=MODEL_TYPE if asked.model_type else None,
    )
