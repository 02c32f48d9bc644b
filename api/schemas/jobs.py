"""Bodies of translation jobs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.fields import Body, ItemId, Language, Target, Text
from api.schemas.translations import TranslationOptions
from translate.jobs import Progress
from translate.models import JobRow


class JobItem(Body):
    """One text of a job."""

    id: ItemId
    text: Annotated[Text, Field(max_length=200_000)]
    source: Language | None = None


class JobBody(TranslationOptions):
    """A batch of texts to translate in the background."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"id": "review-1", "text": "A gripping novel."},
                        {"id": "review-2", "text": "Der Einband ist beschädigt.", "source": "de"},
                    ],
                    "targets": ["de", "fr"],
                }
            ]
        }
    )

    items: list[JobItem] = Field(min_length=1, max_length=100_000)
    targets: list[Target] = Field(min_length=1, max_length=50)


class ProgressOut(BaseModel):
    """How far a job is, counted in items times targets."""

    done: int
    total: int
    failed: int
    needs_review: int


class JobOut(BaseModel):
    """A job, as it stands."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    targets: list[str]
    source: str | None
    progress: ProgressOut
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: JobRow, progress: Progress) -> "JobOut":
        """Shape a job and its progress."""
        return cls(
            id=job.id,
            state=job.state,
            targets=job.targets,
            source=job.source,
            progress=ProgressOut.model_validate(progress, from_attributes=True),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


class JobPage(BaseModel):
    """One page of jobs, newest first."""

    jobs: list[JobOut]
    next_cursor: str | None
