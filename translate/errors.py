"""What can go wrong in translation.

TranslateError
├── UnsupportedLanguageError   no model for a language or a direction
├── UnsupportedFormalityError  no model can be told how to address the reader
├── UndetectedLanguageError    the language was not given and could not be told
├── ModelError                 a model folder is missing, damaged or not of a known kind
├── RecipeError                a training recipe is wrong
├── CorpusError                a parallel corpus is missing or damaged
├── InvalidJobError            a job cannot be made of what was given
│   └── RepeatedIdError        items of a job have the same id
├── QuotaExceededError         a key or a tenant has no characters left this month
├── IdempotencyConflictError   the key of a job came again with another request
├── InvalidCursorError         a cursor was not made by us
├── JobNotFoundError           no such job for this tenant
├── GlossaryNotFoundError      no such glossary for this tenant
├── GlossaryNameTakenError     the tenant has another glossary of this name
├── UnitNotFoundError          no such unit in this tenant's memory
├── InvalidUnitError           a unit of a memory, or a file of them, cannot be used
├── InvalidTermError           a glossary's term, or their number, cannot be used
├── UnknownFormatError         no reader for files of a suffix
├── DocumentNotFoundError      no such document for this tenant
├── DocumentStateError         the document's state does not allow what was asked
├── LocalisationNotFoundError  the tenant's catalogue is not kept translated into a language
├── FormatError                a file is not what its suffix says
└── JobStateError              the job's state does not allow what was asked
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class TranslateError(Exception):
    """Root of all errors of this domain."""


class UnsupportedLanguageError(TranslateError):
    """No model translates from `source` (None: from any language) to `target`."""

    def __init__(self, source: str | None, target: str, supported: Iterable[str]) -> None:
        self.source = source
        self.target = target
        self.supported = tuple(sorted(supported))
        direction = f"{source!r} to {target!r}" if source else f"to {target!r}"
        super().__init__(
            f"no model translates {direction}; languages at hand: {', '.join(self.supported)}"
        )


class UnsupportedFormalityError(TranslateError):
    """No model can be told how to address the reader in `target`."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.field = "formality"
        super().__init__(f"no model knows a formality in {target!r}; leave `formality` out")


class UndetectedLanguageError(TranslateError):
    """The language of a text could not be told; the caller should name it."""

    def __init__(self) -> None:
        super().__init__("the language of the text could not be told; name it in `source`")


class ModelError(TranslateError):
    """A model folder cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"model {path.name}: {reason}")


class RecipeError(TranslateError):
    """A training recipe cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"recipe {path}: {reason}")


class CorpusError(TranslateError):
    """A parallel corpus is missing or damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"corpus {path}: {reason}")


class InvalidJobError(TranslateError):
    """A job cannot be made of what was given; `field` names the part at fault."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


@dataclass(frozen=True, slots=True)
class Repeat:
    """An item whose id an item before it has: the id, and where both are, counted from 0."""

    id: str
    position: int
    first: int


class RepeatedIdError(InvalidJobError):
    """Items of a job have ids that others have before them; `repeats` are all of those items."""

    def __init__(self, repeats: Sequence[Repeat]) -> None:
        self.repeats = tuple(repeats)
        ids = {each.id for each in repeats}
        one = repeats[0]
        super().__init__(
            "items",
            f"give each an id of its own; {len(ids):,} {'ids come' if len(ids) > 1 else 'id comes'}"
            f" again: {one.id!r} in items.{one.first} and items.{one.position}",
        )


class QuotaExceededError(TranslateError):
    """More characters than the quota of a key, or with an empty key of the tenant, leaves.

    `used` counts what is reserved by jobs too; all begins at zero again at `resets_at`.
    """

    def __init__(self, key_id: str, quota: int, used: int, resets_at: datetime) -> None:
        self.key_id = key_id
        self.quota = quota
        self.used = used
        self.resets_at = resets_at
        owner = f"the key {key_id}" if key_id else "all keys together"
        super().__init__(
            f"{owner} may have {quota:,} characters translated a month, and {used:,} are used or"
            f" reserved; ask for a larger quota, or come back on {resets_at:%Y-%m-%d}"
        )


class IdempotencyConflictError(TranslateError):
    """An idempotency key came again with a request that is not the first one's."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"the idempotency key {key!r} was used for another request; take a new one"
        )


class InvalidCursorError(TranslateError):
    """A cursor that this service did not make."""

    def __init__(self) -> None:
        super().__init__("the cursor is not one of ours; start again without it")


class JobNotFoundError(TranslateError):
    """The tenant has no such translation job."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"no translation job {job_id!r}")


class JobStateError(TranslateError):
    """The job is in a state that does not allow the operation."""

    def __init__(self, job_id: str, state: str, wanted: str) -> None:
        self.job_id = job_id
        self.state = state
        super().__init__(f"translation job {job_id} is {state}; {wanted}")


class GlossaryNotFoundError(TranslateError):
    """The tenant has no such glossary, or the glossary has no terms for a language pair."""

    def __init__(self, reference: str, pair: tuple[str, str] | None = None) -> None:
        self.reference = reference
        self.pair = pair
        super().__init__(
            f"the glossary {reference!r} has no terms from {pair[0]} to {pair[1]}"
            if pair
            else f"no glossary has the id or name {reference!r}"
        )


class GlossaryNameTakenError(TranslateError):
    """Another glossary of the tenant has the name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is a glossary {name!r} already; change it or take another name")


class InvalidTermError(TranslateError):
    """A glossary's term, or their number, cannot be used."""

    field = "terms"


class UnknownFormatError(TranslateError):
    """There is no reader for files of this suffix."""

    def __init__(self, suffix: str, known: Iterable[str]) -> None:
        self.suffix = suffix
        super().__init__(f"no files {suffix or 'without a suffix'}; known are {' '.join(known)}")


class FormatError(TranslateError):
    """A file is not what its suffix says; `place` is where that shows."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place} {reason}")


class DocumentNotFoundError(TranslateError):
    """The tenant has no such document, or not any more."""

    def __init__(self, document_id: str) -> None:
        self.document_id = document_id
        super().__init__(f"no document {document_id!r}; documents are deleted after some days")


class DocumentStateError(TranslateError):
    """The document is in a state that does not allow the operation."""

    def __init__(self, document_id: str, state: str, reason: str) -> None:
        self.document_id = document_id
        self.state = state
        super().__init__(f"document {document_id} is {state}: {reason}")


class UnitNotFoundError(TranslateError):
    """The tenant's memory has no unit of this tuid."""

    def __init__(self, tuid: str) -> None:
        self.tuid = tuid
        super().__init__(f"the memory has no unit {tuid!r}")


class InvalidUnitError(TranslateError):
    """A unit of a translation memory, or a file of units, cannot be used."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class LocalisationNotFoundError(TranslateError):
    """The tenant's catalogue is not kept translated into this language."""

    def __init__(self, language: str) -> None:
        self.language = language
        super().__init__(f"the catalogue is not kept translated into {language!r}")
