"""Bodies of the catalogue: items and batches of them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.fields import (
    SOME_TEXT,
    Body,
    Date,
    ItemId,
    Kind,
    Language,
    Moment,
    Scheme,
    Source,
    Text,
    Url,
)
from linkage.items import MAX_SCHEMES
from linkage.types import Item


class ItemBody(Body):
    """An item as its owner describes it; `PUT` takes the id from the path."""

    id: ItemId | None = None
    kind: Kind
    title: Annotated[str, StringConstraints(max_length=2000, pattern=SOME_TEXT)]
    creators: list[Annotated[Text, Field(max_length=500)]] = Field([], max_length=500)
    text: Annotated[Text, Field(max_length=200_000)] = ""
    language: Language | None = None
    subjects: list[Annotated[Text, Field(max_length=500)]] = Field([], max_length=500)
    identifiers: dict[Scheme, Text] = Field(
        {}, max_length=MAX_SCHEMES, json_schema_extra={"additionalProperties": False}
    )
    url: Url | None = None
    published_at: Date | None = None
    expires_at: Moment | None = None
    popularity: float = Field(0.0, ge=0, le=1, strict=True)
    source: Source = "catalogue"
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
