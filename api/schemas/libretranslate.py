"""Bodies of the LibreTranslate dialect; unknown parameters are ignored, as its server does."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from api.schemas.fields import Text

MAX_TEXTS = 100
MAX_CHARACTERS = 20_000
MAX_ALTERNATIVES = 5

Written = Annotated[Text, Field(max_length=MAX_CHARACTERS)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}$")]


class Keyed(BaseModel):
    """A body that may carry the caller's key."""

    api_key: str | None = Field(None, description="A key; or send `Authorization: Bearer …`.")


class TranslateParameters(Keyed):
    """What `/translate` takes, from JSON, a form or the query string."""

    q: (
        Annotated[Written, Field(min_length=1)]
        | Annotated[list[Written], Field(min_length=1, max_length=MAX_TEXTS)]
    )
    source: Annotated[str, Field(min_length=1, json_schema_extra={"x-source": "auto"})]
    target: Annotated[str, Field(min_length=1, json_schema_extra={"x-target": True})]
    format: str = Field("text", json_schema_extra={"enum": ["text", "html"]})
    alternatives: Annotated[int, Field(ge=0, le=MAX_ALTERNATIVES, strict=True)] | Number = 0


class DetectParameters(Keyed):
    """What `/detect` takes."""

    q: (
        Annotated[Written, Field(min_length=1)]
        | Annotated[list[Written], Field(min_length=1, max_length=MAX_TEXTS)]
    )


class SuggestParameters(Keyed):
    """What `/suggest` takes: a text, and how it would better be translated."""

    q: Annotated[Written, Field(min_length=1)]
    s: Annotated[Written, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1, json_schema_extra={"x-source": "auto"})]
    target: Annotated[str, Field(min_length=1, json_schema_extra={"x-target": True})]


class SuggestAnswer(BaseModel):
    """Whether a suggestion was taken."""

    success: bool


class DetectedLanguage(BaseModel):
    """A language and how sure that is, in percent."""

    confidence: float = Field(ge=0, le=100)
    language: str


class TranslateAnswer(BaseModel):
    """The translation, or a list of them where a list was sent."""

    translatedText: str | list[str]  # noqa: N815 - the dialect's name
    detectedLanguage: DetectedLanguage | list[DetectedLanguage] | None = None  # noqa: N815
    alternatives: list[str] | list[list[str]] | None = None


class FileAnswer(BaseModel):
    """Where a translated file can be fetched."""

    translatedFileUrl: str  # noqa: N815


class LanguageOffer(BaseModel):
    """A source language and what it can be translated into."""

    code: str
    name: str
    targets: list[str]


class NamedLanguage(BaseModel):
    """A language's code and English name."""

    code: str
    name: str


class LanguageChoice(BaseModel):
    """Which languages a page starts with."""

    source: NamedLanguage
    target: NamedLanguage


class FrontendSettings(BaseModel):
    """What a page in front of this service needs to know."""

    charLimit: int  # noqa: N815
    frontendTimeout: int  # noqa: N815
    apiKeys: bool  # noqa: N815
    keyRequired: bool  # noqa: N815
    suggestions: bool
    filesTranslation: bool  # noqa: N815
    supportedFilesFormat: list[str]  # noqa: N815
    language: LanguageChoice


class ErrorAnswer(BaseModel):
    """What went wrong."""

    error: str
