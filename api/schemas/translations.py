"""Bodies of translation on request."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

from api.schemas.fields import ONE_LINE, WHOLE, Body, Domain, Language, Target, Text
from translate.memory import THRESHOLD, Mode
from translate.types import Translation


class TranslationOptions(Body):
    """How texts are translated."""

    source: Language | None = Field(None, description="Without it, told for each text.")
    format: Literal["text", "html"] = "text"
    min_confidence: float = Field(0.0, ge=0, le=1, strict=True)
    do_not_translate: list[Annotated[Text, Field(min_length=1, max_length=200)]] = Field(
        [], max_length=200
    )
    glossary: Annotated[str, StringConstraints(max_length=200, pattern=ONE_LINE)] | None = Field(
        None, description="Id or name of a glossary whose terms are applied."
    )
    memory: Mode = Field("fuzzy", description="Which matches of the translation memory are taken.")
    memory_threshold: float = Field(
        THRESHOLD, ge=0.5, le=1, strict=True, description="How alike a fuzzy match must be."
    )
    domain: Domain = Field("", description="Units of this domain are taken too, and before others.")


class DirectOptions(TranslationOptions):
    """How texts are translated at once."""

    plain: bool = Field(
        default=False,
        strict=True,
        description="Give the translation without the glossary too, as `plain_text`.",
    )
    alternatives: Annotated[int, Strict(), Field(ge=0, le=5), WHOLE] = Field(
        0,
        description="So many other translations, if the model finds them and they pass all checks.",
    )
    formality: Literal["more", "less"] | None = Field(
        None,
        description="How to address the reader, where the model knows (`GET /v1/languages`).",
        json_schema_extra={"x-formality": True},
    )


class TranslateText(DirectOptions):
    """One text to translate at once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "A gripping novel.", "target": "de"}]}
    )

    text: Annotated[Text, Field(max_length=20_000)]
    target: Target


class TranslateTexts(DirectOptions):
    """A few texts to translate at once."""

    texts: list[Annotated[Text, Field(max_length=20_000)]] = Field(min_length=1, max_length=100)
    target: Target


class AppliedTermOut(BaseModel):
    """A glossary's term as the text has it, and what stands for it in the translation."""

    model_config = ConfigDict(from_attributes=True)

    source: str
    target: str


class MemoryMatchOut(BaseModel):
    """What the translation memory gave."""

    model_config = ConfigDict(from_attributes=True)

    match: Literal["exact", "fuzzy"] = Field(description="Whether the words are the same.")
    score: float = Field(description="1 where nothing differs; the weakest of several matches.")
    tuid: str
    share: float = Field(description="How much of the text was found.")


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
    alternatives: list[str] = Field(description="Other translations, the likeliest first.")
    glossary_terms: list[AppliedTermOut] = Field(description="Terms that were applied.")
    memory: MemoryMatchOut | None
    plain_text: str | None = Field(None, description="The translation without the glossary.")

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
    chrf: float | None = Field(
        description="chrF2 on texts that training never saw; null when not measured."
    )
    has_formality: bool = Field(description="Whether `formality` can be asked for.")


class LanguagesOut(BaseModel):
    """All directions of the model at hand."""

    model: str
    directions: list[LanguageOut]
