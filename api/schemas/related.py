"""Bodies of related content: links with their evidence."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict

from api.schemas.fields import (
    WHOLE,
    AttributeFilter,
    Body,
    Date,
    ItemId,
    Kind,
    Language,
    Source,
    Text,
)
from api.schemas.items import ItemBody
from linkage.items import item_from_record
from linkage.linker import Ask, text_item
from linkage.related import form
from linkage.types import (
    Explanation,
    Filters,
    Options,
    Related,
    Relation,
)

MAX_VALUES = 100
"""Values that one filter may have."""
MAX_NAMES = 10
"""Attributes that one question may filter by."""
UNSTORED = "(unstored)"
"""The id of an item that was sent with the question and has none."""


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


class EvidenceOut(BaseModel):
    """One reason for a link: its type and, beside it, the details of that type."""

    model_config = ConfigDict(extra="allow")

    type: str


class LinkOut(BaseModel):
    """A related item, how it is related, how surely, and why."""

    target: TargetOut
    relation: Relation
    score: float = Field(ge=0, le=1)
    evidence: list[EvidenceOut]


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
        return cls.model_validate(form.page(related))


def _few_names(attributes: list[str]) -> list[str]:
    """Refuse many names: the database looks for the items of each."""
    names = len({pair.partition(":")[0] for pair in attributes})
    if names > MAX_NAMES:
        raise ValueError(f"must have at most {MAX_NAMES} names of attributes, not {names}")
    return attributes


class RelatedQuery(BaseModel):
    """Which links to return, and in which order."""

    kind: list[Kind] = Field(
        [], max_length=MAX_VALUES, description="Only these kinds; may be repeated."
    )
    language: list[Language] = Field([], max_length=MAX_VALUES, description="Only these languages.")
    source: list[Source] = Field([], max_length=MAX_VALUES, description="Only from these sources.")
    relation: Relation | None = Field(None, description="Only this relation.")
    published_after: Date | None = Field(None, description="Only what is not older.")
    attribute: Annotated[list[AttributeFilter], AfterValidator(_few_names)] = Field(
        [],
        max_length=MAX_VALUES,
        description="Only with this attribute, as `name:value`. Of several values of one name any "
        f"will do; every name must match, and there may be {MAX_NAMES} of them.",
        examples=[["format:hardcover"]],
    )
    fresh: float = Field(0.0, ge=0, le=1, description="How much freshness weighs.")
    diversity: float = Field(0.0, ge=0, le=1, description="How unlike each other links should be.")
    exclude: list[ItemId] = Field([], max_length=100, description="Never these items.")
    limit: int = Field(10, ge=1, le=100)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")

    def options(self) -> Options:
        """Return the domain's options."""
        pairs = (pair.split(":", 1) for pair in self.attribute)
        return Options(
            filters=Filters(
                kinds=frozenset(self.kind),
                languages=frozenset(self.language),
                sources=frozenset(self.source),
                exclude=frozenset(self.exclude),
                published_after=self.published_after,
                attributes=frozenset((name, value) for name, value in pairs),
            ),
            relation=self.relation,
            fresh=self.fresh,
            diversity=self.diversity,
            limit=self.limit,
            cursor=self.cursor,
        )


class RelatedOptions(RelatedQuery, Body):
    """The same, within a body."""

    fresh: float = Field(0.0, ge=0, le=1, strict=True)
    diversity: float = Field(0.0, ge=0, le=1, strict=True)
    exclude: list[ItemId] = Field([], max_length=1000)
    limit: Annotated[int, Strict(), Field(ge=1, le=100), WHOLE] = 10


class RelatedToText(RelatedOptions):
    """Find what belongs to a free text."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "a desert planet and its spice", "limit": 5}]}
    )

    text: Annotated[Text, Field(min_length=1, max_length=200_000)]

    def ask(self) -> Ask:
        """Return the domain's question."""
        return Ask(text_item(self.text), self.options())


class RelatedToItem(RelatedOptions):
    """Find what belongs to an item that need not be stored."""

    item: ItemBody

    def ask(self) -> Ask:
        """Return the domain's question; InvalidItemError when the item cannot be one."""
        record = self.item.model_dump()
        return Ask(item_from_record(record | {"id": self.item.id or UNSTORED}), self.options())


class RelatedToStored(RelatedOptions):
    """Find what belongs to an item of the catalogue."""

    id: ItemId

    def ask(self) -> Ask:
        """Return the domain's question."""
        return Ask(self.id, self.options())


class RelatedBatch(Body):
    """Many questions at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "questions": [
                        {"id": "book-solaris", "kind": ["film"]},
                        {"text": "a desert planet and its spice", "limit": 5},
                    ]
                }
            ]
        }
    )

    questions: list[RelatedToStored | RelatedToText | RelatedToItem] = Field(
        min_length=1, max_length=100
    )


class AnswerFault(BaseModel):
    """Why one question of a batch has no answer, as an HTTP status and in words."""

    status: int
    detail: str


class FaultOut(BaseModel):
    """Stands in the place of an answer."""

    error: AnswerFault


class RelatedAnswers(BaseModel):
    """The answers of a batch, in the order of its questions."""

    answers: list[RelatedOut | FaultOut]


class ExplainedOut(BaseModel):
    """One link in full."""

    source: TargetOut
    link: LinkOut
    served: bool = Field(description="Whether related content of the source lists it.")
    position: int | None = Field(description="Its place in that list without filters, from 1.")
    reason: str | None = Field(description="Why it is not listed.")
    index: IndexOut | None

    @classmethod
    def of(cls, explanation: Explanation) -> "ExplainedOut":
        """Shape a domain value."""
        return cls.model_validate(explained(explanation))


def explained(explanation: Explanation) -> form.Json:
    """Return an ExplainedOut as it is sent."""
    return {
        "source": form.target(explanation.source),
        "link": form.link(explanation.link),
        "served": explanation.position is not None,
        "position": explanation.position,
        "reason": explanation.reason,
        "index": form.index(explanation.index),
    }
