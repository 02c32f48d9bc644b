"""NIF, in which benchmarks of entity linking speak: Turtle in, the same with mentions out."""

from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from api.deps import RawBody, ReadSession, RuntimeDep
from api.dialects.keys import Reader
from api.dialects.routes import supports
from api.errors import responses
from linkage.knowledge import rdf
from linkage.naming import nif
from linkage.types import Entity

router = APIRouter(tags=["NIF"])
TURTLE = ("text/turtle", "application/x-turtle")
MAX_BYTES = 1_000_000
MAX_STATEMENTS = 20_000
MAX_CHARACTERS = 200_000
CONTENT = {media: {"schema": {"type": "string"}} for media in TURTLE}


@router.post(
    "/nif",
    response_class=Response,
    responses={200: {"content": CONTENT}, **responses(400, 401, 403, 413, 415, 429, 503)},
    openapi_extra=supports("part", "Turtle only; a document of up to 1 MB")
    | {"requestBody": {"required": True, "content": CONTENT}},
)
def nif_annotate(
    request: Request, caller: Reader, session: ReadSession, runtime: RuntimeDep, body: RawBody
) -> Response:
    """Add to a document what its texts name: `itsrdf:taIdentRef` of each mention."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in TURTLE:
        raise HTTPException(415, f"send Turtle, as {' or '.join(TURTLE)}")
    if len(body) > MAX_BYTES:
        raise HTTPException(413, f"at most {MAX_BYTES} bytes")
    graph = rdf.parse(body, "turtle", max_statements=MAX_STATEMENTS)
    contexts = nif.contexts(graph)
    if sum(len(context.text) for context in contexts) > MAX_CHARACTERS:
        raise HTTPException(413, f"at most {MAX_CHARACTERS} characters of text")

    def address(entity: Entity) -> str:
        return f"{request.base_url}reconcile/preview?id={quote(entity.id, safe='')}"

    for context in contexts:
        mentions = runtime.linker.mentions(session, caller.tenant_id, context.text)
        nif.annotate(graph, context, mentions, address)
    return Response(rdf.turtle(graph), media_type=media)
