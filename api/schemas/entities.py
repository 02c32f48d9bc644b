"""Bodies of entities: things of a knowledge base that texts may name."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from api.schemas.fields import LANGUAGE_OR_NONE, SOME_TEXT, Body, Date, ItemId, Kind, Scheme, Text
from api.schemas.imports import BatchError
from linkage.items import MAX_SCHEMES
from linkage.types import Entity, ImportSummary

LanguageOrNone = Annotated[str, StringConstraints(max_length=35, pattern=LANGUAGE_OR_NONE)]
CLOSED: JsonDict = {"additionalProperties": False}
"""What pydantic leaves out beside `patternProperties`."""
Name = Annotated[str, StringConstraints(max_length=500, pattern=SOME_TEXT)]
Names = Annotated[list[Name], Field(max_length=500)]
Told = Annotated[Text, Field(max_length=2_000)]


class EntityBody(Body):
    """An entity as its owner describes it; `PUT` takes the id from the path."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "person",
                    "name": "Stanisław Lem",
                    "aliases": {"pl": ["S. Lem"], "ru": ["Станислав Лем"]},
                    "description": {"en": "Polish writer of science fiction (1921–2006)"},
                    "identifiers": {"wikidata": "Q6530"},
                    "popularity": 0.8,
                }
            ]
        }
    )

    id: ItemId | None = None
    kind: Kind = "thing"
    name: Annotated[str, StringConstraints(max_length=2000, pattern=SOME_TEXT)]
    aliases: Annotated[dict[LanguageOrNone, Names], Field(json_schema_extra=CLOSED)] | Names = (
        Field({}, description="Other names, by language, or a list of no known language.")
    )
    description: Annotated[dict[LanguageOrNone, Told], Field(json_schema_extra=CLOSED)] | Told = (
        Field({}, description="What it is, in a few words, by language, or of no known language.")
    )
    identifiers: dict[Scheme, Text] = Field({}, max_length=MAX_SCHEMES, json_schema_extra=CLOSED)
    creators: list[Annotated[Text, Field(max_length=500)]] = Field([], max_length=500)
    published_at: Date | None = None
    popularity: float = Field(0.0, ge=0, le=1, strict=True)


class KnownEntityOut(BaseModel):
    """An entity as it is stored."""

    id: str
    kind: str
    name: str
    aliases: dict[str, list[str]]
    description: dict[str, str]
    identifiers: dict[str, str]
    creators: list[str]
    published_at: str | None
    popularity: float

    @classmethod
    def of(cls, entity: Entity) -> "KnownEntityOut":
        """Shape a domain entity."""
        return cls.model_validate(entity, from_attributes=True)


class EntityListing(BaseModel):
    """One page of the entities."""

    entities: list[KnownEntityOut]
    next_cursor: str | None


class EntityBatchSummary(BaseModel):
    """What a batch did; `errors` lists the first 1,000 faulty lines."""

    created: int
    updated: int
    unchanged: int
    failed: int
    warnings: int
    errors: list[BatchError]

    @classmethod
    def of(cls, summary: ImportSummary) -> "EntityBatchSummary":
        """Shape what an import did."""
        counts = {name: getattr(summary, name) for name in cls.model_fields if name != "errors"}
        return cls(**counts, errors=[BatchError.model_validate(each) for each in summary.errors])
