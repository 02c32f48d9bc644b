"""Translation memories: units in and out, corrections by people."""

from collections.abc import Iterator
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.deps import RawBody, Reader, ReadSession, RuntimeDep, Writer, WriteSession
from api.errors import responses
from api.schemas.exchange import ExchangeOut
from api.schemas.fields import ONE_LINE, Domain, Language
from api.schemas.memories import MemoriesOut, RemovedOut, SizeOut, UnitBody, UnitOut, UnitsOut
from translate import memories
from translate.errors import InvalidUnitError
from translate.exchange import tmx
from translate.memories import Selection
from translate.memory import Unit, generated_tuid
from workers.db import Database

router = APIRouter(prefix="/v1", tags=["memories"])
Tuid = Annotated[
    str, Path(max_length=200, pattern=ONE_LINE, description="The unit's id, as in TMX.")
]
Source = Annotated[Language | None, Query(description="Only from this language.")]
Target = Annotated[Language | None, Query(description="Only into this language.")]
OfDomain = Annotated[Domain | None, Query(description="Only of this domain; empty: of none.")]
FILE = {"text/plain": {"schema": {"type": "string", "minLength": 1}}}
"""Any content type will do: the file is TMX."""
TMX = "application/x-tmx+xml"


@router.get("/memories", responses=responses(401, 403, 429, 503))
def list_memories(caller: Reader, session: ReadSession) -> MemoriesOut:
    """Count the units, by language pair and domain."""
    found = memories.sizes(session, caller.tenant_id)
    return MemoriesOut(memories=[SizeOut.model_validate(each) for each in found])


@router.delete("/memories", responses=responses(401, 403, 422, 429, 503))
def clear_memories(
    caller: Writer,
    session: WriteSession,
    source: Source = None,
    target: Target = None,
    domain: OfDomain = None,
) -> RemovedOut:
    """Delete all units, or those of a language pair or domain."""
    chosen = Selection(source, target, domain)
    return RemovedOut(removed=memories.remove(session, caller.tenant_id, chosen))


@router.post(
    "/memories:import",
    responses=responses(400, 401, 403, 413, 415, 422, 429, 503),
    openapi_extra={"requestBody": {"required": True, "content": FILE}},
)
def import_memory(
    caller: Writer,
    runtime: RuntimeDep,
    body: RawBody,
    domain: Annotated[
        Domain | None, Query(description="Domain of all units; without it, as they say.")
    ] = None,
) -> ExchangeOut:
    """Take in a TMX file; units replace those of the same tuid. Bad ones do not stop good ones."""
    if not body:
        raise InvalidUnitError("body", "is empty; send a TMX file")
    units = tmx.read(BytesIO(body), domain=domain)
    summary = memories.import_units(runtime.database.transaction, caller.tenant_id, units)
    return ExchangeOut.of(summary)


@router.get(
    "/memories:export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {TMX: {"schema": {"type": "string"}}}},
        **responses(401, 403, 422, 429, 503),
    },
)
def export_memory(
    caller: Reader,
    runtime: RuntimeDep,
    source: Source = None,
    target: Target = None,
    domain: OfDomain = None,
) -> StreamingResponse:
    """Return the units as a TMX file."""
    units = _stream(runtime.database, caller.tenant_id, Selection(source, target, domain))
    return StreamingResponse(tmx.write(units), media_type=TMX)


@router.get("/memories/units", responses=responses(401, 403, 404, 422, 429, 503))
def list_units(
    caller: Reader,
    session: ReadSession,
    source: Source = None,
    target: Target = None,
    domain: OfDomain = None,
    cursor: Annotated[str, Query()] = "0",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> UnitsOut:
    """List the units in a stable order, a page at a time."""
    chosen = Selection(source, target, domain)
    after = memories.key_of(cursor)
    found = memories.page(session, caller.tenant_id, chosen, after=after, limit=limit + 1)
    more = str(found[limit - 1][0]) if len(found) > limit else None
    return UnitsOut(units=[UnitOut.of(unit) for _, unit in found[:limit]], next_cursor=more)


@router.get("/memories/units/{tuid:path}", responses=responses(401, 403, 404, 422, 429, 503))
def get_units(tuid: Tuid, caller: Reader, session: ReadSession) -> UnitsOut:
    """Return a tuid's units, one for each language pair and domain."""
    units = memories.get(session, caller.tenant_id, tuid)
    return UnitsOut(units=[UnitOut.of(unit) for unit in units], next_cursor=None)


@router.put(
    "/memories/units/{tuid:path}", responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503)
)
def put_unit(tuid: Tuid, body: UnitBody, caller: Writer, session: WriteSession) -> UnitOut:
    """Create or replace a unit, as a person's: it goes before what files brought."""
    return _put(caller.tenant_id, session, body, tuid)


@router.delete(
    "/memories/units/{tuid:path}",
    status_code=204,
    responses=responses(401, 403, 404, 422, 429, 503),
)
def delete_units(tuid: Tuid, caller: Writer, session: WriteSession) -> None:
    """Delete a tuid's units in all language pairs and domains."""
    memories.remove(session, caller.tenant_id, tuid=tuid)


@router.post(
    "/translations/corrections", responses=responses(400, 401, 403, 413, 415, 422, 429, 503)
)
def correct(body: UnitBody, caller: Writer, session: WriteSession) -> UnitOut:
    """Tell how a text is to be translated from now on; it wins in jobs that run as well."""
    tuid = generated_tuid(body.text, is_correction=True)
    return _put(caller.tenant_id, session, body, tuid)


def _put(tenant_id: str, session: WriteSession, body: UnitBody, tuid: str) -> UnitOut:
    unit = Unit(
        body.source, body.target, tuid, body.text.strip(), body.translation.strip(), body.domain,
        is_correction=True,
    )  # fmt: skip
    memories.put(session, tenant_id, [unit])
    return UnitOut.of(unit)


def _stream(database: Database, tenant_id: str, selection: Selection) -> Iterator[Unit]:
    with database.reading() as session:
        for _, unit in memories.stream(session, tenant_id, selection):
            yield unit
