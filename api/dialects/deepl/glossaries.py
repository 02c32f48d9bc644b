"""`/v2/glossaries` of one language pair each, and `/v3/glossaries` of many."""

from collections.abc import Iterable
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Response
from sqlalchemy.orm import Session

from api.deps import ReadSession, RuntimeDep, WriteSession
from api.dialects.deepl.speech import TAG, Reader, Route, Writer, errors, read, source_of, target_of
from api.dialects.routes import JSON, Parameters, supports
from api.schemas.deepl import (
    DictionariesAnswer,
    DictionaryAnswer,
    DictionaryParameters,
    EntriesAnswer,
    GlossariesAnswer,
    GlossaryAnswer,
    GlossaryChanges,
    GlossaryParameters,
    LanguagePairAnswer,
    LanguagePairsAnswer,
    MultilingualGlossariesAnswer,
    MultilingualGlossaryAnswer,
    MultilingualGlossaryParameters,
)
from translate import glossaries
from translate.exchange import read_terms, write_terms
from translate.glossaries import Dictionary, Overview, Pair
from translate.glossary import Term
from translate.languages import canonical
from translate.translator import Translator
from translate.types import Fault

router = APIRouter(tags=[TAG], route_class=Route)
TSV = "text/tab-separated-values"
UNIQUE = "names are unique: a second glossary of a name is refused"
GlossaryId = Annotated[str, Path(max_length=200)]
Source = Annotated[str, Query(alias="source_lang", min_length=2, max_length=35)]
Target = Annotated[str, Query(alias="target_lang", min_length=2, max_length=35)]
FAULTS = errors(400, 403, 404, 409, 413, 429, 503)


@router.get(
    "/v2/glossary-language-pairs",
    responses=errors(403, 429, 503),
    openapi_extra=supports("full"),
)
def deepl_glossary_pairs(caller: Reader, runtime: RuntimeDep) -> LanguagePairsAnswer:
    """List the language pairs that can be translated, and so have glossaries."""
    del caller
    return LanguagePairsAnswer(
        supported_languages=[
            LanguagePairAnswer(source_lang=each.source, target_lang=each.target)
            for each in runtime.translator.directions
        ]
    )


@router.post(
    "/v2/glossaries",
    status_code=201,
    responses=FAULTS,
    openapi_extra=supports("part", UNIQUE, body=GlossaryParameters),
)
def deepl_create_glossary(
    caller: Writer, given: Parameters, runtime: RuntimeDep, session: WriteSession
) -> GlossaryAnswer:
    """Make a glossary of one language pair."""
    asked = read(GlossaryParameters, given)
    row = glossaries.create(
        session, caller.tenant_id, asked.name, _dictionaries(runtime.translator, [asked])
    )
    return _single(glossaries.get(session, caller.tenant_id, row.id))


@router.get("/v2/glossaries", responses=errors(403, 429, 503), openapi_extra=supports("full"))
def deepl_list_glossaries(caller: Reader, session: ReadSession) -> GlossariesAnswer:
    """List the glossaries, each by its first language pair."""
    found = glossaries.list_all(session, caller.tenant_id)
    return GlossariesAnswer(glossaries=[_single(each) for each in found if each.dictionaries])


@router.get("/v2/glossaries/{glossary_id}", responses=FAULTS, openapi_extra=supports("full"))
def deepl_get_glossary(
    glossary_id: GlossaryId, caller: Reader, session: ReadSession
) -> GlossaryAnswer:
    """Return a glossary by its first language pair, without the terms."""
    return _single(glossaries.get(session, caller.tenant_id, glossary_id))


@router.get(
    "/v2/glossaries/{glossary_id}/entries",
    response_class=Response,
    responses={200: {"content": {TSV: {"schema": {"type": "string"}}}}, **FAULTS},
    openapi_extra=supports("full"),
)
def deepl_glossary_entries(
    glossary_id: GlossaryId, caller: Reader, session: ReadSession
) -> Response:
    """Return the terms of a glossary's first language pair, as tab-separated values."""
    single = _single(glossaries.get(session, caller.tenant_id, glossary_id))
    pair = single.source_lang, single.target_lang
    table = _table(glossaries.terms(session, caller.tenant_id, glossary_id, pair), pair)
    return Response(table, media_type=TSV)


@router.delete(
    "/v2/glossaries/{glossary_id}",
    status_code=204,
    responses=FAULTS,
    openapi_extra=supports("full"),
)
@router.delete(
    "/v3/glossaries/{glossary_id}",
    status_code=204,
    responses=FAULTS,
    openapi_extra=supports("full"),
    name="deepl_delete_multilingual_glossary",
)
def deepl_delete_glossary(glossary_id: GlossaryId, caller: Writer, session: WriteSession) -> None:
    """Delete a glossary with its terms."""
    glossaries.remove(session, caller.tenant_id, glossary_id)


@router.post(
    "/v3/glossaries",
    status_code=201,
    responses=FAULTS,
    openapi_extra=supports("part", UNIQUE, body=MultilingualGlossaryParameters, media=[JSON]),
)
def deepl_create_multilingual_glossary(
    caller: Writer, given: Parameters, runtime: RuntimeDep, session: WriteSession
) -> MultilingualGlossaryAnswer:
    """Make a glossary of one or more language pairs."""
    asked = read(MultilingualGlossaryParameters, given)
    dictionaries = _dictionaries(runtime.translator, asked.dictionaries)
    row = glossaries.create(session, caller.tenant_id, asked.name, dictionaries)
    return _multilingual(glossaries.get(session, caller.tenant_id, row.id))


@router.get("/v3/glossaries", responses=errors(403, 429, 503), openapi_extra=supports("full"))
def deepl_list_multilingual_glossaries(
    caller: Reader, session: ReadSession
) -> MultilingualGlossariesAnswer:
    """List all glossaries."""
    found = glossaries.list_all(session, caller.tenant_id)
    return MultilingualGlossariesAnswer(glossaries=[_multilingual(each) for each in found])


@router.get("/v3/glossaries/{glossary_id}", responses=FAULTS, openapi_extra=supports("full"))
def deepl_get_multilingual_glossary(
    glossary_id: GlossaryId, caller: Reader, session: ReadSession
) -> MultilingualGlossaryAnswer:
    """Return a glossary and how many terms each language pair has."""
    return _multilingual(glossaries.get(session, caller.tenant_id, glossary_id))


@router.patch(
    "/v3/glossaries/{glossary_id}",
    responses=FAULTS,
    openapi_extra=supports("full", body=GlossaryChanges, media=[JSON]),
)
def deepl_change_multilingual_glossary(
    glossary_id: GlossaryId,
    caller: Writer,
    given: Parameters,
    runtime: RuntimeDep,
    session: WriteSession,
) -> MultilingualGlossaryAnswer:
    """Give a glossary another name, or add terms to its language pairs."""
    asked = read(GlossaryChanges, given)
    if asked.name:
        glossaries.rename(session, caller.tenant_id, glossary_id, asked.name)
    for pair, terms in _dictionaries(runtime.translator, asked.dictionaries).items():
        added = (Term(source, target) for source, target in terms.items())
        glossaries.merge_terms(session, caller.tenant_id, glossary_id, pair, added)
    return _multilingual(glossaries.get(session, caller.tenant_id, glossary_id))


@router.put(
    "/v3/glossaries/{glossary_id}/dictionaries",
    responses=FAULTS,
    openapi_extra=supports("full", body=DictionaryParameters, media=[JSON]),
)
def deepl_replace_dictionary(
    glossary_id: GlossaryId,
    caller: Writer,
    given: Parameters,
    runtime: RuntimeDep,
    session: WriteSession,
) -> DictionaryAnswer:
    """Replace the terms of a language pair, or add the pair."""
    asked = read(DictionaryParameters, given)
    [(pair, terms)] = _dictionaries(runtime.translator, [asked]).items()
    glossaries.replace_terms(session, caller.tenant_id, glossary_id, pair, terms)
    return _dictionary(_find(session, caller.tenant_id, glossary_id, pair))


@router.delete(
    "/v3/glossaries/{glossary_id}/dictionaries",
    status_code=204,
    responses=FAULTS,
    openapi_extra=supports("full"),
)
def deepl_delete_dictionary(
    glossary_id: GlossaryId, source: Source, target: Target, caller: Writer, session: WriteSession
) -> None:
    """Remove a language pair from a glossary."""
    glossaries.remove_terms(session, caller.tenant_id, glossary_id, (source, target))


@router.get(
    "/v3/glossaries/{glossary_id}/entries", responses=FAULTS, openapi_extra=supports("full")
)
def deepl_dictionary_entries(
    glossary_id: GlossaryId, source: Source, target: Target, caller: Reader, session: ReadSession
) -> DictionariesAnswer:
    """Return the terms of a language pair."""
    pair = canonical(source), canonical(target)
    table = _table(glossaries.terms(session, caller.tenant_id, glossary_id, pair), pair)
    answer = EntriesAnswer(
        source_lang=pair[0], target_lang=pair[1], entries=table.decode(), entries_format="tsv"
    )
    return DictionariesAnswer(dictionaries=[answer])


def _dictionaries(
    translator: Translator, asked: Iterable[DictionaryParameters]
) -> dict[Pair, dict[str, str]]:
    found: dict[Pair, dict[str, str]] = {}
    for each in asked:
        pair = source_of(translator, each.source_lang), target_of(translator, each.target_lang)
        found.setdefault(pair, {}).update(_terms(each, pair))
    return found


def _terms(asked: DictionaryParameters, pair: Pair) -> dict[str, str]:
    """Return the terms of a table; DeepL takes all of one or none."""
    terms: dict[str, str] = {}
    for term in read_terms(BytesIO(asked.entries.encode()), asked.entries_format, pair):
        if isinstance(term, Fault):
            raise HTTPException(400, f"Invalid glossary entries: {term.place} {term.reason}")
        terms[term.source] = term.target
    if not terms:
        raise HTTPException(400, "Invalid glossary entries: there are none")
    return terms


def _table(terms: Iterable[Term], pair: Pair) -> bytes:
    return b"".join(write_terms(terms, "tsv", pair)).rstrip(b"\n")


def _find(session: Session, tenant_id: str, glossary_id: str, pair: Pair) -> Dictionary:
    overview = glossaries.get(session, tenant_id, glossary_id)
    return next(each for each in overview.dictionaries if (each.source, each.target) == pair)


def _single(overview: Overview) -> GlossaryAnswer:
    """Show a glossary as version 2 can: its first language pair."""
    if not overview.dictionaries:
        raise HTTPException(404, "The glossary has no language pair left")
    return GlossaryAnswer(
        ready=True, **_named(overview), **_dictionary(overview.dictionaries[0]).model_dump()
    )


def _multilingual(overview: Overview) -> MultilingualGlossaryAnswer:
    return MultilingualGlossaryAnswer(
        dictionaries=[_dictionary(each) for each in overview.dictionaries], **_named(overview)
    )


def _named(overview: Overview) -> dict[str, Any]:
    row = overview.row
    return {"glossary_id": row.id, "name": row.name, "creation_time": row.created_at}


def _dictionary(each: Dictionary) -> DictionaryAnswer:
    return DictionaryAnswer(
        source_lang=each.source, target_lang=each.target, entry_count=each.terms
    )
