"""`/v3/translation_memories`: all units from one language and of one domain are a memory."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, HTTPException, Path, Query
from sqlalchemy.orm import Session

from api.deps import ReadSession, WriteSession
from api.dialects.deepl.speech import TAG, Reader, Route, Writer, errors
from api.dialects.routes import supports
from api.schemas.deepl import (
    MemoriesAnswer,
    MemoryAnswer,
    SegmentAnswer,
    SegmentsAnswer,
    TargetSegment,
)
from translate import memories
from translate.memories import MemorySize, Selection
from translate.memory import Unit

router = APIRouter(prefix="/v3/translation_memories", tags=[TAG], route_class=Route)
UNNAMED = "default"
"""What the memory of no domain is called."""
FAULTS = errors(400, 403, 404, 429, 503)
MemoryId = Annotated[str, Path(max_length=200)]


@router.get(
    "",
    responses=errors(400, 403, 429, 503),
    openapi_extra=supports("full", "a memory for each source language and domain"),
)
def deepl_list_memories(
    caller: Reader,
    session: ReadSession,
    page: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    page_size: Annotated[int, Query(ge=1, le=25)] = 10,
) -> MemoriesAnswer:
    """List the translation memories, a page at a time."""
    found = [_shape(*each) for each in _all(session, caller.tenant_id).items()]
    begin = page * page_size
    return MemoriesAnswer(
        translation_memories=found[begin : begin + page_size], total_count=len(found)
    )


@router.get("/{memory_id}", responses=FAULTS, openapi_extra=supports("full"))
def deepl_get_memory(memory_id: MemoryId, caller: Reader, session: ReadSession) -> MemoryAnswer:
    """Return a translation memory, without its segments."""
    return _shape(memory_id, _find(session, caller.tenant_id, memory_id))


@router.get(
    "/{memory_id}/segments",
    response_model_exclude_none=True,
    responses=FAULTS,
    openapi_extra=supports("part", "a segment for each target; `filter_text` is refused"),
)
def deepl_memory_segments(
    memory_id: MemoryId,
    caller: Reader,
    session: ReadSession,
    page_size: Annotated[int, Query(ge=1, le=100)] = 50,
    page_cursor: Annotated[str, Query()] = "0",
    filter_text: Annotated[str | None, Query(include_in_schema=False)] = None,
) -> SegmentsAnswer:
    """List the segments of a translation memory, a page at a time."""
    if filter_text:
        raise HTTPException(400, "This server does not filter segments by text.")
    sizes = _find(session, caller.tenant_id, memory_id)
    after = memories.key_of(page_cursor)
    found = memories.page(
        session, caller.tenant_id, _selection(sizes), after=after, limit=page_size + 1
    )
    return SegmentsAnswer(
        segments=[_segment(*each) for each in found[:page_size]],
        segment_count=sum(each.units for each in sizes),
        next_page_cursor=str(found[page_size - 1][0]) if len(found) > page_size else None,
    )


@router.delete("/{memory_id}", status_code=204, responses=FAULTS, openapi_extra=supports("full"))
def deepl_delete_memory(memory_id: MemoryId, caller: Writer, session: WriteSession) -> None:
    """Delete a translation memory with its segments."""
    memories.remove(session, caller.tenant_id, selection_of(session, caller.tenant_id, memory_id))


def selection_of(session: Session, tenant_id: str, memory_id: str) -> Selection:
    """Return which units a memory of the tenant is made of; 404 if there is none of this id."""
    return _selection(_find(session, tenant_id, memory_id))


def _all(session: Session, tenant_id: str) -> dict[str, list[MemorySize]]:
    """Return the sizes of each memory's language pairs, by its id, which is made from its parts."""
    found: defaultdict[str, list[MemorySize]] = defaultdict(list)
    for each in memories.sizes(session, tenant_id):
        found[str(uuid5(NAMESPACE_URL, f"{each.source}/{each.domain}"))].append(each)
    return found


def _find(session: Session, tenant_id: str, memory_id: str) -> list[MemorySize]:
    if sizes := _all(session, tenant_id).get(memory_id):
        return sizes
    raise HTTPException(404, f"There is no translation memory {memory_id!r}.")


def _selection(sizes: Sequence[MemorySize]) -> Selection:
    return Selection(source=sizes[0].source, domain=sizes[0].domain)


def _shape(memory_id: str, sizes: Sequence[MemorySize]) -> MemoryAnswer:
    return MemoryAnswer(
        translation_memory_id=memory_id,
        name=sizes[0].domain or UNNAMED,
        source_language=sizes[0].source,
        target_languages=[each.target for each in sizes],
        segment_count=sum(each.units for each in sizes),
    )


def _segment(key: int, unit: Unit) -> SegmentAnswer:
    target = TargetSegment(
        target_segment_id=str(key), target_language=unit.target_language, target_text=unit.target
    )
    return SegmentAnswer(source_segment_id=unit.tuid, source_text=unit.source, targets=[target])
