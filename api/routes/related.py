"""Related content for an item, for a text, and the mentions in a text."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import Reader, ReadSession, RuntimeDep
from api.errors import responses
from api.routes.items import ItemPath
from api.schemas.fields import Date
from api.schemas.items import ItemBody
from api.schemas.mentions import MentionOut, MentionsBody, MentionsOut
from api.schemas.related import RelatedOut, RelatedToItem, RelatedToText
from linkage.items import item_from_record
from linkage.types import Filters, Item, Relation

router = APIRouter(prefix="/v1", tags=["linkage"])
UNSTORED = "(unstored)"
"""The id of an item that was sent with the question and has none."""

Many = Annotated[list[str], Query()]


@router.get(
    "/items/{item_id:path}/related",
    responses=responses(401, 403, 404, 422, 429, 503),
)
def related_to_item(
    item_id: ItemPath,
    caller: Reader,
    session: ReadSession,
    runtime: RuntimeDep,
    kind: Annotated[list[str], Query(description="Only these kinds; may be repeated.")] = [],
    language: Annotated[list[str], Query(description="Only these languages.")] = [],
    source: Annotated[list[str], Query(description="Only from these sources.")] = [],
    relation: Annotated[Relation | None, Query(description="Only this relation.")] = None,
    published_after: Annotated[Date | None, Query(description="Only later ones.")] = None,
    exclude: Annotated[list[str], Query(description="Never these items.")] = [],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> RelatedOut:
    """Return what belongs to an item, best first, each link with its reasons."""
    related = runtime.linker.related(
        session,
        caller.tenant_id,
        item_id,
        filters=_filters(kind, language, source, exclude, published_after),
        relation=relation,
        limit=limit,
        cursor=cursor,
    )
    return RelatedOut.of(related)


@router.post(
    "/related",
    responses=responses(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
def related_to_text(
    body: RelatedToText | RelatedToItem, caller: Reader, session: ReadSession, runtime: RuntimeDep
) -> RelatedOut:
    """Return what belongs to a free text, or to an item that need not be in the catalogue."""
    related = runtime.linker.related_to(
        session,
        caller.tenant_id,
        body.text if isinstance(body, RelatedToText) else _item(body.item),
        filters=_filters(body.kind, body.language, body.source, body.exclude, body.published_after),
        relation=body.relation,
        limit=body.limit,
        cursor=body.cursor,
    )
    return RelatedOut.of(related)


@router.post("/mentions", responses=responses(400, 401, 403, 413, 415, 422, 429, 503))
def find_mentions(
    body: MentionsBody, caller: Reader, session: ReadSession, runtime: RuntimeDep
) -> MentionsOut:
    """Find the names and titles of the catalogue in a text."""
    mentions = runtime.linker.mentions(
        session, caller.tenant_id, body.text, language=body.language, top_k=body.top_k
    )
    return MentionsOut(mentions=[MentionOut.of(mention, body.top_k) for mention in mentions])


def _item(body: ItemBody) -> Item:
    record = body.model_dump()
    return item_from_record(record | {"id": body.id or UNSTORED})


def _filters(
    kind: list[str],
    language: list[str],
    source: list[str],
    exclude: list[str],
    published_after: str | None,
) -> Filters:
    return Filters(
        kinds=frozenset(kind),
        languages=frozenset(language),
        sources=frozenset(source),
        exclude=frozenset(exclude),
        published_after=published_after,
    )
