"""Bodies of related content: links with their evidence."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.fields import Body, Date, Text
from api.schemas.items import ItemBody
from linkage.types import Evidence, Item, Link, Related, Relation


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
