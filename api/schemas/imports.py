"""Bodies of imports: what became of a batch or a file, record by record."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.fields import Kind, Source
from linkage.types import ImportSummary

Format = Literal["jsonl", "csv", "tsv", "onix", "amazon", "feed", "page", "warc"]


class BatchOptions(BaseModel):
    """How a batch is read."""

    format: Format | None = Field(None, description="Instead of what the content type tells.")
    kind: Kind | None = Field(None, description="Of records that do not say what they are.")
    source: Source = "catalogue"
    marketplace: (
        Annotated[str, StringConstraints(pattern=r"^(www\.)?amazon(\.[a-z]{2,4}){1,2}$")] | None
    ) = Field(None, description="Where items with an ASIN have their page: www.amazon.de")
    keep: bool = Field(
        default=False,
        description="Fields that a record lacks or leaves empty keep what the item has.",
    )


class BatchError(BaseModel):
    """A record that was not taken, or (a warning) taken without one of its fields."""

    model_config = ConfigDict(from_attributes=True)

    line: int = Field(description="The line it begins on, or its number; `unit` tells which.")
    unit: Literal["line", "record"] = "line"
    id: str | None = None
    reason: str
    is_warning: bool = False


class BatchSummary(BaseModel):
    """What a batch did; `errors` lists the first 1,000, `/v1/imports/{import_id}/errors` all."""

    import_id: str
    created: int
    updated: int
    unchanged: int
    removed: int
    failed: int
    warnings: int
    errors: list[BatchError]

    @classmethod
    def of(cls, summary: ImportSummary) -> "BatchSummary":
        """Shape what an import did."""
        counts = {name: getattr(summary, name) for name in cls.model_fields if name != "errors"}
        return cls(**counts, errors=[BatchError.model_validate(each) for each in summary.errors])


class ImportOut(BaseModel):
    """An import, as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    state: str = Field(description="running, done, or failed: not readable to its end")
    position: int = Field(description="Records that are done with, good and bad.")
    created: int
    updated: int
    unchanged: int
    removed: int
    failed: int
    warnings: int
    error: str | None
    started_at: datetime
    finished_at: datetime | None


class ImportPage(BaseModel):
    """One page of a tenant's imports, the newest first."""

    imports: list[ImportOut]
    next_cursor: str | None
