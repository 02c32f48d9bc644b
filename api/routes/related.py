"""Related content for items and texts, one link explained, and the mentions in a text."""

from hashlib import blake2b
from typing import Annotated
from unicodedata import normalize
from urllib.parse import unquote

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.deps import Credentials, Reader, ReadSession, RuntimeDep, reading_caller
from api.errors import fault_of, responses
from api.routes.items import ItemPath, ItemRoute
from api.schemas.mentions import MentionOut, MentionsBody, MentionsOut
from api.schemas.related import (
    ExplainedOut,
    RelatedAnswers,
    RelatedBatch,
    RelatedOut,
    RelatedQuery,
    RelatedToItem,
    RelatedToStored,
    RelatedToText,
    explained,
)
from linkage.errors import LinkageError
from linkage.linker import Ask
from linkage.related import form
from linkage.types import Related

router = APIRouter(prefix="/v1", tags=["linkage"])


def related_to_item(
    request: Request,
    item_id: ItemPath,
    credentials: Credentials,
    runtime: RuntimeDep,
    query: Annotated[RelatedQuery, Query()],
) -> Response:
    """Return what belongs to an item, best first, each link with its reasons.

    Who sends the `ETag` of an answer as `If-None-Match` gets 304 while the answer is the same.
    """
    options = query.options()
    with runtime.database.reading() as session:  # dependencies would cost more threads
        caller = reading_caller(request, session, credentials)
        body = runtime.linker.written(session, caller.tenant_id, item_id, options)
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    known = request.headers.get("if-none-match", "")
    if tag in known or known.strip() == "*":
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})


@router.post(
    "/related",
    response_model=RelatedOut,
    responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
def related_to_text(
    body: RelatedToText | RelatedToItem | RelatedToStored,
    caller: Reader,
    session: ReadSession,
    runtime: RuntimeDep,
) -> Response:
    """Return what belongs to a free text, or to an item that need not be in the catalogue."""
    return _json(form.page(runtime.linker.answer(session, caller.tenant_id, body.ask())))


@router.post(
    "/related:batch",
    response_model=RelatedAnswers,
    responses=responses(400, 401, 403, 413, 415, 422, 429, 503),
)
def related_to_many(
    request: Request,
    body: RelatedBatch,
    caller: Reader,
    session: ReadSession,
    runtime: RuntimeDep,
) -> Response:
    """Answer up to 100 questions, faster than one by one; one that fails fails no other."""
    asked = [_asked(question) for question in body.questions]
    sound = [ask for ask in asked if isinstance(ask, Ask)]
    answers = iter(runtime.linker.answer_many(session, caller.tenant_id, sound))
    told = (next(answers) if isinstance(ask, Ask) else ask for ask in asked)
    return _json({"answers": [_told(request, answer) for answer in told]})


@router.get(
    "/links/{source:path}/{target:path}",
    response_model=ExplainedOut,
    responses=responses(401, 403, 404, 422, 429, 503),
)
def explain_link(
    request: Request,
    source: ItemPath,
    target: ItemPath,
    caller: Reader,
    session: ReadSession,
    runtime: RuntimeDep,
) -> Response:
    """Explain the link between two items in full, whether or not it is served.

    A slash within an id is written `%2F`.
    """
    ends = _segments(request) or (source, target)
    return _json(explained(runtime.linker.explain(session, caller.tenant_id, *ends)))


@router.post("/mentions", responses=responses(400, 401, 403, 413, 415, 422, 429, 503))
def find_mentions(
    body: MentionsBody, caller: Reader, session: ReadSession, runtime: RuntimeDep
) -> MentionsOut:
    """Find the names and titles of the catalogue in a text."""
    mentions = runtime.linker.mentions(
        session, caller.tenant_id, body.text, language=body.language, top_k=body.top_k
    )
    return MentionsOut(mentions=[MentionOut.of(mention, body.top_k) for mention in mentions])


router.add_api_route(
    "/items/{item_id:path}/related",
    related_to_item,
    response_model=RelatedOut,
    responses={304: {"description": "Not Modified"}, **responses(401, 403, 404, 422, 429, 503)},
    route_class_override=ItemRoute,
)


def _json(body: form.Json) -> Response:
    """Return a body as it is."""
    return Response(orjson.dumps(body), media_type="application/json")


def _asked(question: RelatedToText | RelatedToItem | RelatedToStored) -> Ask | LinkageError:
    try:
        return question.ask()
    except LinkageError as error:
        return error


def _told(request: Request, answer: Related | LinkageError) -> form.Json:
    if isinstance(answer, Related):
        return form.page(answer)
    fault = fault_of(request, answer)
    return {"error": {"status": fault.status, "detail": fault.detail}}


def _segments(request: Request) -> tuple[str, str] | None:
    """Return the two ids from the path as it was sent: there `%2F` is not yet a bare slash."""
    path = request.scope.get("raw_path", b"").decode("ascii", "replace")
    ids = [normalize("NFC", unquote(id_)) for id_ in path.partition("/v1/links/")[2].split("/")]
    return (ids[0], ids[1]) if len(ids) == 2 else None  # noqa: PLR2004
