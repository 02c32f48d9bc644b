"""Bodies of sources: subscriptions to feeds, sitemaps and pages of the web."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, Strict

from api.schemas.fields import WHOLE, Body, Kind, Source, Url
from linkage.types import SourceKind
from linkage.web.subscriptions import SHORTEST, Status


class SourceBody(Body):
    """What to poll and how. The same address and kind again changes how, but not `source`."""

    kind: SourceKind
    url: Url
    every_seconds: Annotated[int, Strict(), Field(ge=SHORTEST, le=31_536_000), WHOLE] = 3600
    source: Source | None = Field(
        None, description="What its items say they are from; `web:` and the host by default."
    )
    item_kind: Kind | None = Field(None, description="What its items are, whatever they say.")
    keep_days: Annotated[int, Strict(), Field(ge=1, le=36_500), WHOLE] | None = Field(
        None,
        description="So many days after its date, or after it was first seen, an item expires.",
    )


class SourceOut(BaseModel):
    """A source: how it is polled, how that goes, and what it brought so far."""

    id: str
    kind: str
    url: str
    every_seconds: int
    source: str
    item_kind: str | None
    keep_days: int | None
    state: str = Field(description="waiting, ok or failing")
    addresses: int = Field(description="How many addresses are polled for it.")
    failing: int = Field(description="How many of them failed when they were last asked.")
    fetched_at: datetime | None
    next_at: datetime
    error: str | None
    created: int
    updated: int
    removed: int
    failed: int
    created_at: datetime

    @classmethod
    def of(cls, status: Status) -> "SourceOut":
        """Shape a subscription and how it stands."""
        row, resource = status.subscription, status.resource
        return cls(
            id=row.id, kind=row.kind, url=row.url, every_seconds=row.every_seconds,
            source=row.source, item_kind=row.item_kind, keep_days=row.keep_days,
            state=status.state, addresses=status.addresses, failing=status.failing,
            fetched_at=resource.fetched_at, next_at=resource.next_at, error=resource.error,
            created=row.created, updated=row.updated, removed=row.removed, failed=row.failed,
            created_at=row.created_at,
        )  # fmt: skip


class SourcePage(BaseModel):
    """One page of a tenant's sources."""

    sources: list[SourceOut]
    next_cursor: str | None


class SourceRemoved(BaseModel):
    """What went with a source."""

    items_removed: int
