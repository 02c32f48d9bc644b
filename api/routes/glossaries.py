"""Glossaries: terms that translations must use."""

from collections.abc import Iterator
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from api.deps import RawBody, Reader, ReadSession, Writer, WriteSession
from api.errors import responses
from api.schemas.exchange import ExchangeOut
from api.schemas.fields import NAME, Language
from api.schemas.glossaries import (
    GlossariesOut,
    GlossaryBody,
    GlossaryNameBody,
    GlossaryOut,
    TermsBody,
    TermsOut,
)
from translate import glossaries
from translate.errors import InvalidTermError
from translate.exchange import TermFormat, read_terms, write_terms
from translate.languages import canonical

router = APIRouter(prefix="/v1", tags=["glossaries"])
Reference = Annotated[
    str, Path(max_length=200, pattern=NAME, description="A glossary's id or name.")
]
Source = Annotated[Language, Query(description="Language of the terms.")]
Target = Annotated[Language, Query(description="Language of their translations.")]
MEDIA_TYPES = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "tbx": "application/x-tbx+xml",
}
FILES = {"text/plain": {"schema": {"type": "string", "minLength": 1}}}
"""Any content type will do: `format` tells what the file is."""


@router.get("/glossaries", responses=responses(401, 403, 429, 503))
def list_glossaries(caller: Reader, session: ReadSession) -> GlossariesOut:
    """List the glossaries, by name."""
    found = glossaries.list_all(session, caller.tenant_id)
    return GlossariesOut(glossaries=[GlossaryOut.of(each) for each in found])


@router.post(
    "/glossaries",
    status_code=201,
    responses=responses(400, 401, 403, 409, 413, 415, 422, 429, 503),
)
def create_glossary(
    body: GlossaryBody, caller: Writer, session: WriteSession, response: Response
) -> GlossaryOut:
    """Make a glossary, with its terms or empty."""
    dictionaries: dict[tuple[str, str], dict[str, str]] = {}
    for each in body.dictionaries:
        pair = canonical(each.source), canonical(each.target)
        dictionaries[pair] = dictionaries.get(pair, {}) | each.terms
    row = glossaries.create(session, caller.tenant_id, body.name, dictionaries)
    response.headers["Location"] = f"/v1/glossaries/{row.id}"
    return GlossaryOut.of(glossaries.get(session, caller.tenant_id, row.id))


@router.get("/glossaries/{glossary}", responses=responses(401, 403, 404, 422, 429, 503))
def get_glossary(glossary: Reference, caller: Reader, session: ReadSession) -> GlossaryOut:
    """Return a glossary and how many terms it has for each language pair."""
    return GlossaryOut.of(glossaries.get(session, caller.tenant_id, glossary))


@router.patch(
    "/glossaries/{glossary}",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
)
def rename_glossary(
    glossary: Reference, body: GlossaryNameBody, caller: Writer, session: WriteSession
) -> GlossaryOut:
    """Give a glossary another name."""
    row = glossaries.rename(session, caller.tenant_id, glossary, body.name)
    return GlossaryOut.of(glossaries.get(session, caller.tenant_id, row.id))


@router.delete(
    "/glossaries/{glossary}", status_code=204, responses=responses(401, 403, 404, 422, 429, 503)
)
def delete_glossary(glossary: Reference, caller: Writer, session: WriteSession) -> None:
    """Delete a glossary with its terms."""
    glossaries.remove(session, caller.tenant_id, glossary)


@router.get("/glossaries/{glossary}/terms", responses=responses(401, 403, 404, 422, 429, 503))
def get_terms(
    glossary: Reference, source: Source, target: Target, caller: Reader, session: ReadSession
) -> TermsOut:
    """Return the terms of a language pair."""
    found = glossaries.terms(session, caller.tenant_id, glossary, (source, target))
    return TermsOut(terms={term.source: term.target for term in found})


@router.put(
    "/glossaries/{glossary}/terms",
    responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
def put_terms(
    glossary: Reference,
    source: Source,
    target: Target,
    body: TermsBody,
    caller: Writer,
    session: WriteSession,
) -> GlossaryOut:
    """Replace the terms of a language pair."""
    glossaries.replace_terms(session, caller.tenant_id, glossary, (source, target), body.terms)
    return GlossaryOut.of(glossaries.get(session, caller.tenant_id, glossary))


@router.delete(
    "/glossaries/{glossary}/terms",
    status_code=204,
    responses=responses(401, 403, 404, 422, 429, 503),
)
def delete_terms(
    glossary: Reference, source: Source, target: Target, caller: Writer, session: WriteSession
) -> None:
    """Remove all terms of a language pair."""
    glossaries.remove_terms(session, caller.tenant_id, glossary, (source, target))


@router.post(
    "/glossaries/{glossary}/terms:import",
    responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503),
    openapi_extra={"requestBody": {"required": True, "content": FILES}},
)
def import_terms(
    glossary: Reference,
    source: Source,
    target: Target,
    caller: Writer,
    session: WriteSession,
    body: RawBody,
    format: Annotated[TermFormat, Query()] = "csv",  # noqa: A002 - its name in the query
) -> ExchangeOut:
    """Add the terms of a CSV, TSV or TBX file. Bad rows do not stop good ones."""
    if not body:
        raise InvalidTermError("the body is empty; send a file of terms")
    pair = canonical(source), canonical(target)
    terms = read_terms(BytesIO(body), format, pair)
    return ExchangeOut.of(glossaries.merge_terms(session, caller.tenant_id, glossary, pair, terms))


@router.get(
    "/glossaries/{glossary}/terms:export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()
            }
        },
        **responses(401, 403, 404, 422, 429, 503),
    },
)
def export_terms(
    glossary: Reference,
    source: Source,
    target: Target,
    caller: Reader,
    session: ReadSession,
    format: Annotated[TermFormat, Query()] = "csv",  # noqa: A002 - its name in the query
) -> StreamingResponse:
    """Return the terms of a language pair as a file."""
    pair = canonical(source), canonical(target)
    found = glossaries.terms(session, caller.tenant_id, glossary, pair)
    pieces: Iterator[bytes] = write_terms(found, format, pair)
    return StreamingResponse(pieces, media_type=MEDIA_TYPES[format])
