"""Bodies of translation memories: units, corrections, sizes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.fields import Body, Domain, Language, Text
from translate.memory import Unit

Segment = Annotated[Text, Field(min_length=1, max_length=20_000)]


class UnitBody(Body):
    """A text and the translation that a person gives it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "en",
                    "target": "de",
                    "text": "A gripping novel.",
                    "translation": "Ein fesselnder Roman.",
                }
            ]
        }
    )

    source: Language
    target: Language
    text: Segment
    translation: Segment
    domain: Domain = ""


class UnitOut(BaseModel):
    """A unit of a translation memory."""

    tuid: str
    source: str
    target: str
    text: str
    translation: str
    domain: str
    is_correction: bool = Field(description="Whether a person gave it.")

    @classmethod
    def of(cls, unit: Unit) -> "UnitOut":
        """Shape a domain value."""
        return cls(
            tuid=unit.tuid,
            source=unit.source_language,
            target=unit.target_language,
            text=unit.source,
            translation=unit.target,
            domain=unit.domain,
            is_correction=unit.is_correction,
        )


class UnitsOut(BaseModel):
    """One page of units."""

    units: list[UnitOut]
    next_cursor: str | None


class SizeOut(BaseModel):
    """How many units there are for a language pair and domain, and how many people gave."""

    model_config = ConfigDict(from_attributes=True)

    source: str
    target: str
    domain: str
    units: int
    corrections: int


class MemoriesOut(BaseModel):
    """What a tenant's memory holds."""

    memories: list[SizeOut]


class RemovedOut(BaseModel):
    """How many units were deleted."""

    removed: int
