"""Bodies of the DeepL dialect; unknown parameters are ignored, as its server does."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from api.schemas.fields import SOME_TEXT, Text

MAX_TEXTS = 50
MAX_CHARACTERS = 20_000


def _as_list(value: object) -> object:
    """Take what a form can carry for a list: one value, or tag names with commas."""
    return [value] if isinstance(value, str) else value


def _as_names(value: object) -> object:
    names = _as_list(value)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return names
    return [part.strip() for name in names for part in name.split(",") if part.strip()]


def _as_number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - what pydantic reports
    return value


def _as_flag(value: object) -> object:
    if value in ("0", "1", "true", "false") or (isinstance(value, int | float) and value in {0, 1}):
        return value in {"1", "true", 1}
    raise ValueError("must be true or false")


Written = Annotated[Text, Field(max_length=MAX_CHARACTERS)]
SomeTexts = Annotated[list[Written], Field(min_length=1, max_length=MAX_TEXTS)]
Texts = Annotated[SomeTexts, BeforeValidator(_as_list, json_schema_input_type=SomeTexts | Written)]
SomeNames = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]
TagNames = Annotated[SomeNames, BeforeValidator(_as_names, json_schema_input_type=SomeNames | str)]
Percent = Annotated[
    int,
    Field(ge=0, le=100),
    BeforeValidator(
        _as_number,
        json_schema_input_type=Annotated[int, Field(ge=0, le=100)]
        | Annotated[str, Field(pattern=r"^(100|[0-9]{1,2})$")],
    ),
]
Flag = Annotated[
    bool,
    BeforeValidator(
        _as_flag, json_schema_input_type=Literal[0, 1, "0", "1", "true", "false"] | bool
    ),
]
Formality = Literal["default", "more", "less", "prefer_more", "prefer_less"]


class Message(BaseModel):
    """What went wrong."""

    message: str
    detail: str | None = None


class TranslateParameters(BaseModel):
    """What `/v2/translate` takes, as JSON or as a form."""

    text: Texts
    target_lang: Annotated[str, Field(min_length=2, json_schema_extra={"x-target": True})]
    source_lang: Annotated[str, Field(json_schema_extra={"x-source": True})] | None = None
    tag_handling: Literal["html", "xml"] | None = None
    ignore_tags: TagNames = []
    splitting_tags: TagNames = []
    non_splitting_tags: TagNames = []
    outline_detection: Flag = True
    split_sentences: Literal["0", "1", "nonewlines"] | None = None
    preserve_formatting: Flag = False
    formality: Formality = Field(
        "default", json_schema_extra={"enum": ["default", "prefer_more", "prefer_less"]}
    )
    context: Text | None = Field(None, max_length=MAX_CHARACTERS)
    glossary_id: str | None = None
    show_billed_characters: Flag = False
    model_type: (
        Literal["latency_optimized", "quality_optimized", "prefer_quality_optimized"] | None
    ) = None
    style_id: SkipJsonSchema[str | None] = None
    custom_instructions: SkipJsonSchema[list[str] | None] = None
    translation_memory_id: str | None = None
    translation_memory_threshold: Percent = 75


class TranslationAnswer(BaseModel):
    """One translated text."""

    detected_source_language: str
    text: str
    billed_characters: int | None = None
    model_type_used: str | None = None


class TranslateAnswer(BaseModel):
    """The translations, in the order of the texts."""

    translations: list[TranslationAnswer]


class UsageAnswer(BaseModel):
    """Characters used in this month, and how many may be."""

    character_count: int
    character_limit: int


class LanguageAnswer(BaseModel):
    """A language that can be translated from or into."""

    language: str
    name: str
    supports_formality: bool | None = None


EntriesFormat = Literal["tsv", "csv"]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=SOME_TEXT)]


COLUMN = r"[^\W_]([^\x00-\x1f\x7f-\x9f\",]{0,200}[^\W_])?"


def _table_of(form: str, separator: str) -> dict[str, Any]:
    """Describe a table whose columns need no quotes; others are taken as well."""
    row = f"{COLUMN}{separator}{COLUMN}"
    entries = {"pattern": f"^{row}(\\n{row})*$"}
    return {"properties": {"entries_format": {"const": form}, "entries": entries}}


class DictionaryParameters(BaseModel):
    """The terms of a language pair, as a table of two columns."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [_table_of("tsv", r"\t"), _table_of("csv", ",")]}
    )

    source_lang: Annotated[str, Field(min_length=2, json_schema_extra={"x-target": True})]
    target_lang: Annotated[str, Field(min_length=2, json_schema_extra={"x-target": True})]
    entries: str
    entries_format: EntriesFormat


class GlossaryParameters(DictionaryParameters):
    """What `POST /v2/glossaries` takes: a glossary of one language pair."""

    name: Name


class MultilingualGlossaryParameters(BaseModel):
    """What `POST /v3/glossaries` takes."""

    name: Name
    dictionaries: list[DictionaryParameters] = Field(min_length=1, max_length=100)


class GlossaryChanges(BaseModel):
    """What `PATCH /v3/glossaries/{id}` takes: another name, and terms to add."""

    name: Name | None = None
    dictionaries: list[DictionaryParameters] = Field([], max_length=100)


class GlossaryAnswer(BaseModel):
    """A glossary of one language pair."""

    glossary_id: str
    name: str
    ready: bool
    source_lang: str
    target_lang: str
    creation_time: datetime
    entry_count: int


class GlossariesAnswer(BaseModel):
    """All glossaries of one language pair."""

    glossaries: list[GlossaryAnswer]


class DictionaryAnswer(BaseModel):
    """How many terms a language pair has."""

    source_lang: str
    target_lang: str
    entry_count: int


class MultilingualGlossaryAnswer(BaseModel):
    """A glossary and its dictionaries, without the terms."""

    glossary_id: str
    name: str
    creation_time: datetime
    dictionaries: list[DictionaryAnswer]


class MultilingualGlossariesAnswer(BaseModel):
    """All glossaries."""

    glossaries: list[MultilingualGlossaryAnswer]


class EntriesAnswer(BaseModel):
    """The terms of a language pair, as tab-separated values."""

    source_lang: str
    target_lang: str
    entries: str
    entries_format: EntriesFormat


class DictionariesAnswer(BaseModel):
    """The terms that were asked for."""

    dictionaries: list[EntriesAnswer]


class LanguagePairAnswer(BaseModel):
    """A language pair that glossaries can have."""

    source_lang: str
    target_lang: str


class LanguagePairsAnswer(BaseModel):
    """All language pairs that glossaries can have."""

    supported_languages: list[LanguagePairAnswer]


class MemoryAnswer(BaseModel):
    """A translation memory: the units from a language, of a domain or of none."""

    translation_memory_id: str
    name: str
    source_language: str
    target_languages: list[str]
    segment_count: int


class MemoriesAnswer(BaseModel):
    """One page of the translation memories, and how many there are."""

    translation_memories: list[MemoryAnswer]
    total_count: int


class TargetSegment(BaseModel):
    """How a segment is translated into a language."""

    target_segment_id: str
    target_language: str
    target_text: str


class SegmentAnswer(BaseModel):
    """A segment of a translation memory."""

    source_segment_id: str
    source_text: str
    targets: list[TargetSegment]


class SegmentsAnswer(BaseModel):
    """One page of a translation memory's segments."""

    segments: list[SegmentAnswer]
    segment_count: int
    next_page_cursor: str | None = None


class DocumentParameters(BaseModel):
    """What `POST /v2/document` takes beside the file."""

    target_lang: Annotated[str, Field(min_length=2, json_schema_extra={"x-target": True})]
    source_lang: Annotated[str, Field(json_schema_extra={"x-source": True})] | None = None
    filename: str | None = Field(None, max_length=255)
    formality: Formality = Field(
        "default", json_schema_extra={"enum": ["default", "prefer_more", "prefer_less"]}
    )
    glossary_id: str | None = None


class DocumentKey(BaseModel):
    """The key that came with a document's id."""

    document_key: str


class DocumentHandle(BaseModel):
    """What names a document in later requests."""

    document_id: str
    document_key: str


class DocumentStatus(BaseModel):
    """How far a document is."""

    document_id: str
    status: Literal["queued", "translating", "done", "error"]
    seconds_remaining: int | None = None
    billed_characters: int | None = None
    error_message: str | None = None
