"""Bodies of translation jobs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.fields import ONE_LINE, Body, Language, Target, Text, Url
from api.schemas.translations import TranslationOptions
from translate.jobs import Progress
from translate.memory import THRESHOLD
from translate.models import JobRow, WebhookRow

Secret = Annotated[str, StringConstraints(min_length=16, max_length=200, pattern=ONE_LINE)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=ONE_LINE)]


class JobItem(Body):
    """One text of a job."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
    text: Annotated[Text, Field(max_length=200_000)]
    source: Language | None = None


class WebhookBody(Body):
    """Whom to tell when the job has ended; docs/translation.md has how to check the signature."""

    url: Url
    secret: Secret | None = Field(
        None, description="Signs what is sent; without one it is made, and told in the answer."
    )


class JobRequest(TranslationOptions):
    """What is asked of a job, however its items come."""

    targets: list[Target] = Field(min_length=1, max_length=50)

    @property
    def hook(self) -> WebhookBody | None:
        """The webhook that is asked for."""
        return None


class UploadQuery(JobRequest):
    """The options of a job whose file is the request's body."""

    min_confidence: float = Field(0.0, ge=0, le=1)
    memory_threshold: float = Field(THRESHOLD, ge=0.5, le=1)
    id_field: FieldName = Field("id", description="Where a record's id is.")
    text_field: FieldName = Field("text", description="Where a record's text is.")
    source_field: FieldName = Field("source", description="Where a record's language may be.")
    webhook_url: Url | None = None

    @property
    def hook(self) -> WebhookBody | None:
        """The webhook that is asked for."""
        return WebhookBody(url=self.webhook_url) if self.webhook_url else None


class UploadForm(UploadQuery):
    """The options of a job whose file comes in a form."""

    webhook_secret: Secret | None = None

    @property
    def hook(self) -> WebhookBody | None:
        """The webhook that is asked for."""
        if self.webhook_url is None:
            return None
        return WebhookBody(url=self.webhook_url, secret=self.webhook_secret)


def upload_form_schema() -> dict[str, Any]:
    """Return what a form of a job consists of: the options that must be there, and the file."""
    schema = UploadForm.model_json_schema()
    schema["properties"] = {
        "targets": schema["properties"]["targets"],
        "file": {"type": "string", "format": "binary", "minLength": 1},
    }
    schema["required"] = ["targets", "file"]
    schema["additionalProperties"] = False
    return schema


class JobBody(JobRequest):
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
    webhook: WebhookBody | None = None

    @property
    def hook(self) -> WebhookBody | None:
        """The webhook that is asked for."""
        return self.webhook


class ProgressOut(BaseModel):
    """How far a job is, counted in items times targets."""

    done: int
    total: int
    failed: int
    needs_review: int


class WebhookOut(BaseModel):
    """How far telling the caller is."""

    url: str
    state: Literal["waiting", "due", "delivered", "failed"]
    attempts: int
    error: str | None = Field(description="Why the last attempt failed.")
    secret: str | None = Field(None, description="Told once, to the one who made the job.")


class JobOut(BaseModel):
    """A job, as it stands."""

    id: str
    state: Literal["receiving", "queued", "running", "done", "failed", "cancelled"]
    targets: list[str]
    source: str | None
    progress: ProgressOut
    rejected: int = Field(
        description="Records of its file that are no items, or have the id of one before them."
    )
    characters: int = Field(description="Of all its items, times targets.")
    webhook: WebhookOut | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: JobRow, progress: Progress, webhook: WebhookRow | None) -> "JobOut":
        """Shape a job, its progress and its webhook."""
        return cls(
            id=job.id,
            state=job.state,
            targets=job.targets,
            source=job.source,
            progress=ProgressOut.model_validate(progress, from_attributes=True),
            rejected=job.rejected,
            characters=job.characters,
            webhook=webhook
            and WebhookOut(
                url=webhook.url, state=webhook.state, attempts=webhook.attempts, error=webhook.error
            ),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


class JobPage(BaseModel):
    """One page of jobs, newest first."""

    jobs: list[JobOut]
    next_cursor: str | None
