"""Bodies of a catalogue's languages, and an item in one of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from api.schemas.fields import ONE_LINE, Body
from api.schemas.items import ItemOut
from linkage.types import Item
from translate.localisations import Localisation, Localised
from workers import localiser
from workers.localiser import FIELDS


class LocalisationBody(Body):
    """Which fields of items are kept translated."""

    fields: Annotated[list[localiser.Field], Field(min_length=1, max_length=len(FIELDS))] = [
        *FIELDS
    ]
    glossary: Annotated[str, StringConstraints(max_length=200, pattern=ONE_LINE)] | None = Field(
        None, description="Id or name of a glossary, for what is translated from now on."
    )
    again: bool = Field(
        default=False,
        strict=True,
        description="Translate everything again, as with another model.",
    )


class TextCounts(BaseModel):
    """How many texts are translated well, are doubtful, and could not be translated."""

    done: int
    needs_review: int
    failed: int


class LocalisationOut(BaseModel):
    """A language that the catalogue is kept translated into."""

    language: str
    fields: list[str]
    glossary: str | None = Field(description="Id of its glossary.")
    texts: TextCounts
    pending: int = Field(description="Items that changed and are to be looked at, at most.")
    paused: bool = Field(description="Whether it waits because the tenant's quota is used up.")
    updated_at: datetime

    @classmethod
    def of(cls, each: Localisation, pending: int, *, is_paused: bool) -> "LocalisationOut":
        """Shape a domain value."""
        return cls(
            language=each.language,
            fields=list(each.fields),
            glossary=each.glossary,
            texts=TextCounts(done=each.done, needs_review=each.needs_review, failed=each.failed),
            pending=pending,
            paused=is_paused and pending > 0,
            updated_at=each.updated_at,
        )


class LocalisationsOut(BaseModel):
    """The languages that the catalogue is kept translated into."""

    localisations: list[LocalisationOut]


class LocalisedFieldOut(BaseModel):
    """How good the translation of a field is."""

    source: str | None = Field(description="The language it was translated from.")
    status: str = Field(description="done or needs_review")
    confidence: float
    checks: list[str]


class LocalisedOut(BaseModel):
    """The language an item was asked for in, and which of its fields are in it."""

    language: str
    fields: dict[str, LocalisedFieldOut]


class LocalisedItemOut(ItemOut):
    """An item whose title and text are in another language, where they are translated."""

    localised: LocalisedOut


def localised(item: Item, language: str, texts: Mapping[str, Localised]) -> LocalisedItemOut:
    """Shape an item with those of the texts that translate what it says now."""
    current = {field: each for field, each in texts.items() if each.is_of(getattr(item, field))}
    fields: dict[str, Any] = dict(ItemOut.of(item))
    return LocalisedItemOut.model_construct(
        **fields | {field: each.text for field, each in current.items()},
        localised=LocalisedOut(
            language=language,
            fields={
                field: LocalisedFieldOut(
                    source=each.source,
                    status=each.status,
                    confidence=each.confidence,
                    checks=list(each.checks),
                )
                for field, each in current.items()
            },
        ),
    )
