"""Bodies of glossaries and their terms."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.fields import NAME, TERM, Body, Language
from translate.glossaries import Overview

Name = Annotated[str, StringConstraints(max_length=200, pattern=NAME)]
TermText = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=TERM)]
Terms = Annotated[
    dict[TermText, TermText],
    Field(max_length=50_000, json_schema_extra={"additionalProperties": False}),
]
"""Source terms and their translations."""


class TermsBody(Body):
    """All terms of a language pair, and their translations."""

    model_config = ConfigDict(
        regex_engine="python-re", json_schema_extra={"examples": [{"terms": {"book": "Buch"}}]}
    )

    terms: Terms


class DictionaryBody(TermsBody):
    """The terms of a language pair."""

    source: Language
    target: Language


class GlossaryBody(Body):
    """A glossary to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "bookshop",
                    "dictionaries": [
                        {
                            "source": "en",
                            "target": "de",
                            "terms": {"paperback": "Taschenbuch"},
                        }
                    ],
                }
            ]
        }
    )

    name: Name
    dictionaries: list[DictionaryBody] = Field([], max_length=200)


class GlossaryNameBody(Body):
    """A new name for a glossary."""

    name: Name


class TermsOut(BaseModel):
    """All terms of a language pair, by source."""

    terms: dict[str, str]


class DictionaryOut(BaseModel):
    """How many terms a glossary has for a language pair."""

    model_config = ConfigDict(from_attributes=True)

    source: str
    target: str
    terms: int


class GlossaryOut(BaseModel):
    """A glossary; its version grows with every change of its terms."""

    id: str
    name: str
    version: int
    dictionaries: list[DictionaryOut]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, overview: Overview) -> "GlossaryOut":
        """Shape a domain value."""
        row = overview.row
        return cls(
            id=row.id,
            name=row.name,
            version=row.version,
            dictionaries=[
                DictionaryOut.model_validate(each, from_attributes=True)
                for each in overview.dictionaries
            ],
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class GlossariesOut(BaseModel):
    """All glossaries of a tenant, by name."""

    glossaries: list[GlossaryOut]
