"""The bodies of `/v1`, as they travel."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from linkage.types import Evidence, Item, Link, Mention, Related, Relation
from translate.jobs import Progress
from translate.models import JobRow
from translate.types import Translation
from workers.accounts import Scope

PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""Text without control characters, but for tabs and the ends of lines."""
ONE_LINE = r"^[^\x00-\x20\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f])?$"
SOME_TEXT = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
Text = Annotated[str, StringConstraints(pattern=PLAIN)]
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Language = Annotated[
    str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
]
Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[A-Za-z0-9]\S*$")]
Date = Annotated[
    str,
    StringConstraints(
        pattern=r"^-?[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T[0-9:.+Z-]+)?)?)?$"
    ),
    Field(description="ISO 8601: a year, a date or a time."),
]


def _written_out(value: object) -> object:
    """Refuse a bare number, which would be taken for seconds since 1970."""
    if isinstance(value, str | datetime | None):
        return value
    raise ValueError("must be text in ISO 8601")


Moment = Annotated[datetime, BeforeValidator(_written_out)]
Target = Annotated[
    str,
    StringConstraints(min_length=2, max_length=35),
    Field(description="A language of `GET /v1/languages`.", json_schema_extra={"x-target": True}),
]
"""A language to translate into; the served schema names the ones at hand."""


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class ItemBody(Body):
    """An item as its owner describes it; `PUT` takes the id from the path."""

    id: ItemId | None = None
    kind: Kind
    title: Annotated[str, StringConstraints(max_length=2000, pattern=SOME_TEXT)]
    creators: list[Annotated[Text, Field(max_length=500)]] = Field([], max_length=500)
    text: Annotated[Text, Field(max_length=200_000)] = ""
    language: Language | None = None
    subjects: list[Annotated[Text, Field(max_length=500)]] = Field([], max_length=500)
    identifiers: dict[str, Text] = {}
    url: Url | None = None
    published_at: Date | None = None
    expires_at: Moment | None = None
    popularity: float = Field(0.0, ge=0, le=1, strict=True)
    source: Annotated[str, StringConstraints(max_length=100, pattern=ONE_LINE)] = "catalogue"
    hidden: bool = Field(default=False, strict=True)
    attributes: dict[str, Any] = {}


class ItemOut(ItemBody):
    """An item as it is stored."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    id: str
    published_at: str | None = None

    @classmethod
    def of(cls, item: Item) -> "ItemOut":
        """Shape a domain item."""
        return cls.model_construct(
            **{name: getattr(item, name) for name in cls.model_fields} | _as_json(item)
        )


def _as_json(item: Item) -> dict[str, Any]:
    return {
        "creators": list(item.creators),
        "subjects": list(item.subjects),
        "identifiers": dict(item.identifiers),
        "attributes": dict(item.attributes),
    }


class ItemPage(BaseModel):
    """One page of a catalogue."""

    items: list[ItemOut]
    next_cursor: str | None


class BatchError(BaseModel):
    """A line of a batch that was not taken, or (a warning) taken without one of its fields."""

    model_config = ConfigDict(from_attributes=True)

    line: int
    id: str | None = None
    reason: str
    is_warning: bool = False


class BatchSummary(BaseModel):
    """What a batch did; `errors` lists the first 1,000 faulty lines."""

    created: int
    updated: int
    unchanged: int
    failed: int
    warnings: int
    errors: list[BatchError]


class TargetOut(BaseModel):
    """What a link points to, in short."""

    id: str
    kind: str
    title: str
    creators: list[str]
    language: str | None
    url: str | None
    published_at: str | None
    source: str

    @classmethod
    def of(cls, item: Item) -> "TargetOut":
        """Shape a domain item."""
        return cls(
            id=item.id,
            kind=item.kind,
            title=item.title,
            creators=list(item.creators),
            language=item.language,
            url=item.url,
            published_at=item.published_at,
            source=item.source,
        )


class EvidenceOut(BaseModel):
    """One reason for a link: its type and, beside it, the details of that type."""

    model_config = ConfigDict(extra="allow")

    type: str

    @classmethod
    def of(cls, evidence: Evidence) -> "EvidenceOut":
        """Shape a domain value."""
        return cls(type=evidence.type, **evidence.detail)


class LinkOut(BaseModel):
    """A related item, how it is related, how surely, and why."""

    target: TargetOut
    relation: Relation
    score: float = Field(ge=0, le=1)
    evidence: list[EvidenceOut]

    @classmethod
    def of(cls, link: Link) -> "LinkOut":
        """Shape a domain value."""
        return cls(
            target=TargetOut.of(link.target),
            relation=link.relation,
            score=link.score,
            evidence=[EvidenceOut.of(evidence) for evidence in link.evidence],
        )


class IndexOut(BaseModel):
    """The index that answered."""

    build: str
    encoder: str


class RelatedOut(BaseModel):
    """One page of links."""

    links: list[LinkOut]
    next_cursor: str | None
    index: IndexOut | None

    @classmethod
    def of(cls, related: Related) -> "RelatedOut":
        """Shape a domain value."""
        index = related.index
        return cls(
            links=[LinkOut.of(link) for link in related.links],
            next_cursor=related.next_cursor,
            index=IndexOut(build=index.build, encoder=index.encoder) if index else None,
        )


class RelatedOptions(Body):
    """Which links to return."""

    kind: list[str] = []
    language: list[str] = []
    source: list[str] = []
    relation: Relation | None = None
    published_after: Date | None = None
    exclude: list[str] = Field([], max_length=1000)
    limit: int = Field(10, ge=1, le=100, strict=True)
    cursor: str | None = None


class RelatedToText(RelatedOptions):
    """Find what belongs to a free text."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "a desert planet and its spice", "limit": 5}]}
    )

    text: Annotated[Text, Field(min_length=1, max_length=200_000)]


class RelatedToItem(RelatedOptions):
    """Find what belongs to an item that need not be stored."""

    item: ItemBody


class MentionsBody(Body):
    """A text to find names and titles in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "After Solaris by Stanisław Lem …"}]}
    )

    text: Annotated[Text, Field(max_length=200_000)]
    language: Language | None = None
    top_k: int = Field(
        1, ge=1, le=20, strict=True, description="How many candidates to list a mention."
    )


class EntityOut(BaseModel):
    """What a mention names."""

    id: str
    name: str
    kind: str
    identifiers: dict[str, str]


class CandidateOut(EntityOut):
    """An entity a mention may name, and how probably."""

    probability: float


class MentionOut(BaseModel):
    """A span that names an entity; offsets count Unicode code points."""

    start: int
    end: int
    surface: str
    entity: EntityOut | None
    probability: float
    candidates: list[CandidateOut] | None = None

    @classmethod
    def of(cls, mention: Mention, top_k: int) -> "MentionOut":
        """Shape a domain value, with candidates when more than one was asked for."""
        entity = mention.entity
        return cls(
            start=mention.start,
            end=mention.end,
            surface=mention.surface,
            entity=EntityOut.model_validate(entity, from_attributes=True) if entity else None,
            probability=mention.probability,
            candidates=[
                CandidateOut(
                    id=candidate.id,
                    name=candidate.name,
                    kind=candidate.kind,
                    identifiers=dict(candidate.identifiers),
                    probability=probability,
                )
                for candidate, probability in mention.candidates[:top_k]
            ]
            if top_k > 1
            else None,
        )


class MentionsOut(BaseModel):
    """All mentions of a text, in its order."""

    mentions: list[MentionOut]


class TranslationOptions(Body):
    """How texts are translated."""

    source: Language | None = Field(None, description="Without it, told for each text.")
    format: Literal["text", "html"] = "text"
    min_confidence: float = Field(0.0, ge=0, le=1, strict=True)
    do_not_translate: list[Annotated[Text, Field(min_length=1, max_length=200)]] = Field(
        [], max_length=200
    )


class TranslateText(TranslationOptions):
    """One text to translate at once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "A gripping novel.", "target": "de"}]}
    )

    text: Annotated[Text, Field(max_length=20_000)]
    target: Target


class TranslateTexts(TranslationOptions):
    """A few texts to translate at once."""

    texts: list[Annotated[Text, Field(max_length=20_000)]] = Field(min_length=1, max_length=100)
    target: Target


class TranslationOut(BaseModel):
    """One translated text."""

    text: str
    source: str | None
    target: str
    status: Literal["done", "needs_review", "failed"]
    confidence: float
    checks: list[str] = Field(description="Names of the checks that failed.")
    reason: str | None = None
    model: str

    @classmethod
    def of(cls, translation: Translation) -> "TranslationOut":
        """Shape a domain value."""
        return cls.model_validate(translation, from_attributes=True)


class TranslationsOut(BaseModel):
    """The translations, in the order of the texts."""

    translations: list[TranslationOut]


class LanguageOut(BaseModel):
    """A direction that can be translated, and how well that measured."""

    source: str
    target: str
    chrf: float | None = Field(description="chrF2 on a public test set; null when not measured.")


class LanguagesOut(BaseModel):
    """All directions of the model at hand."""

    model: str
    directions: list[LanguageOut]


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


class ReindexBody(Body):
    """How to build the index; the settings' kind when none is given."""

    kind: Literal["flat", "hnsw"] | None = None


class BuildOut(BaseModel):
    """An index build, as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: str
    encoder: str
    kind: str
    done: int
    total: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class BuildsOut(BaseModel):
    """All builds of a catalogue, newest first."""

    builds: list[BuildOut]


class KeyBody(Body):
    """A key to make."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    scopes: list[Scope] = Field(min_length=1)


class KeyOut(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    revoked_at: datetime | None


class NewKeyOut(BaseModel):
    """A key at its making: `secret` is shown this once."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    scopes: list[Scope]
    secret: str


class KeysOut(BaseModel):
    """All keys of a tenant."""

    keys: list[KeyOut]
