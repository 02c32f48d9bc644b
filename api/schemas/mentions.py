"""Bodies of mentions: names found in a text."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict

from api.schemas.fields import WHOLE, Body, Language, Text
from linkage.types import Mention


class MentionsBody(Body):
    """A text to find names and titles in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "After Solaris by Stanisław Lem …"}]}
    )

    text: Annotated[Text, Field(max_length=200_000)]
    language: Language | None = None
    top_k: Annotated[int, Strict(), Field(ge=1, le=20), WHOLE] = Field(
        1, description="How many candidates to list a mention."
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
