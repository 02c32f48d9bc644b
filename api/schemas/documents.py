"""Bodies of documents: files that are translated in the background."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from translate.models import DocumentRow


class PassagesOut(BaseModel):
    """How the passages of a file fared; failed ones are left as they were."""

    total: int
    needs_review: int
    failed: int


class DocumentOut(BaseModel):
    """A document, as it stands."""

    id: str
    name: str
    state: Literal["queued", "running", "done", "failed"]
    source: str | None
    target: str
    passages: PassagesOut
    characters: int
    error: str | None = Field(description="Why it failed, or which passages did.")
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime

    @classmethod
    def of(cls, row: DocumentRow) -> "DocumentOut":
        """Shape a row."""
        passages = PassagesOut(total=row.passages, needs_review=row.needs_review, failed=row.failed)
        names = set(cls.model_fields) - {"passages"}
        return cls(passages=passages, **{name: getattr(row, name) for name in names})
