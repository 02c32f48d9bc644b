"""Bodies of related content: links with their evidence."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict

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
from linkage.types import (
    BuildInfo,
    Evidence,
    Explanation,
    Filters,
    Item,
    Link,
    Options,
    Related,
    Relation,
)

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

    @classmethod
    def of(cls, info: BuildInfo | None) -> "IndexOut | None":
        """Shape a domain value."""
        return cls(build=info.build, encoder=info.encoder) if info else None


class RelatedOut(BaseModel):
    """One page of links."""

    links: list[LinkOut]
    next_cursor: str | None
    index: IndexOut | None

    @classmethod
    def of(cls, related: Related) -> "RelatedOut":
        """Shape a domain value."""
        return cls(
            links=[LinkOut.of(link) for link in related.links],
            next_cursor=related.next_cursor,
            index=IndexOut.of(related.index),
        )


class RelatedQuery(BaseModel):
    """Which links to return, and in which order."""

    kind: list[Kind] = Field([], description="Only these kinds; may be repeated.")
    language: list[Language] = Field([], description="Only these languages.")
    source: list[Source] = Field([], description="Only from these sources.")
    relation: Relation | None = Field(None, description="Only this relation.")
    published_after: Date | None = Field(None, description="Only what is not older.")
    attribute: list[AttributeFilter] = Field(
        [],
        description="Only with this attribute, as `name:value`. Of several values of one name any "
        "will do; every name must match.",
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


class RelatedOptions(RelatedQuery):
    """Which links to return, and in which order."""

    model_config = ConfigDict(extra="forbid")

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
    def of(cls, explained: Explanation) -> "ExplainedOut":
        """Shape a domain value."""
        return cls(
            source=TargetOut.of(explained.source),
            link=LinkOut.of(explained.link),
            served=explained.position is not None,
            position=explained.position,
            reason=explained.reason,
            index=IndexOut.of(explained.index),
        )
