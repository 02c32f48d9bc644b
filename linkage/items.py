"""From what a caller sends to an Item: every rule about an item's fields is here."""

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from linkage import dates, identifiers
from linkage.errors import InvalidItemError
from linkage.types import Entity, Item

T = TypeVar("T")

MAX_ID = 200
MAX_TITLE = 2_000
MAX_TEXT = 200_000
MAX_NAME = 500
MAX_NAMES = 500
MAX_ATTRIBUTES = 20_000
MAX_SCHEMES = 100
MAX_DEPTH = 20

_NAMED = 100
"""Of the name of an attribute at fault so many characters are told."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_TWO_LETTERS = {
    "eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "spa": "es", "ita": "it",
    "dut": "nl", "nld": "nl", "por": "pt", "pol": "pl", "rus": "ru", "swe": "sv", "jpn": "ja",
    "dan": "da", "nor": "no", "fin": "fi", "chi": "zh", "zho": "zh", "ara": "ar", "tur": "tr",
    "cze": "cs", "ces": "cs", "kor": "ko", "gre": "el", "ell": "el", "hun": "hu", "ukr": "uk",
    "rum": "ro", "ron": "ro", "per": "fa", "fas": "fa", "heb": "he", "hin": "hi", "vie": "vi",
    "cat": "ca", "lat": "la", "ind": "id", "may": "ms", "msa": "ms",
}  # fmt: skip
_BOOLEANS = {
    "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False,
}  # fmt: skip


def item_from_record(
    record: Mapping[str, Any],
    *,
    default_source: str = "catalogue",
    default_kind: str | None = None,
) -> Item:
    """Return the valid, normalised Item of a record; InvalidItemError names what is wrong.

    Fields the record has beyond those of an Item are ignored, but an identifier's scheme
    (`isbn`, `asin` …) may stand as a field of its own.
    """
    present = {field: value for field, value in record.items() if value not in (None, "")}
    return Item(
        id=_id(present.get("id")),
        kind=_kind(present.get("kind", default_kind)),
        title=_title(present.get("title")),
        creators=name_list("creators", present.get("creators")),
        text=clean_text("text", present.get("text", ""), MAX_TEXT).strip(),
        language=_optional("language", present, language_tag),
        subjects=name_list("subjects", present.get("subjects")),
        identifiers=_identifiers(present),
        url=_optional("url", present, identifiers.url),
        published_at=_optional("published_at", present, dates.iso),
        expires_at=_optional("expires_at", present, dates.instant),
        popularity=_popularity(present.get("popularity", 0.0)),
        source=_line("source", present.get("source", default_source), 100),
        hidden=_hidden(present.get("hidden", False)),
        attributes=_attributes(present.get("attributes", {})),
    )


def content_hash(thing: Item | Entity) -> str:
    """Return a digest that two items (or entities) share exactly when all their fields agree."""
    fields = {name: getattr(thing, name) for name in thing.__dataclass_fields__}
    canonical = json.dumps(fields, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _id(value: object) -> str:
    if value is None:
        raise InvalidItemError("id", "is required")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidItemError("id", "must be text or a whole number")
    text = str(value).strip()
    if _CONTROL.search(text) or re.search(r"[\t\r\n]", text):
        raise InvalidItemError("id", "contains a control character")
    return _required("id", clean_text("id", text, MAX_ID))


def _kind(value: object) -> str:
    if value is None:
        raise InvalidItemError("kind", "is required")
    kind = str(value).strip().lower()
    if not _KIND.fullmatch(kind):
        raise InvalidItemError("kind", "must be a word of at most 40 letters, such as book or film")
    return kind


def _title(value: object) -> str:
    if value is None:
        raise InvalidItemError("title", "is required")
    return _line("title", value, MAX_TITLE)


def _line(field: str, value: object, limit: int) -> str:
    return _required(field, " ".join(clean_text(field, value, limit).split()))


def _required(field: str, text: str) -> str:
    if not text:
        raise InvalidItemError(field, "is empty")
    return text


def clean_text(field: str, value: object, limit: int) -> str:
    """Return text that every database and encoder takes; control characters are left out."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidItemError(field, "must be text")
    text = unicodedata.normalize("NFC", str(value))  # a few letters become two of them
    if len(text) > limit:
        raise InvalidItemError(field, f"longer than {limit:,} characters")
    if _SURROGATE.search(text):
        raise InvalidItemError(field, "is not valid Unicode (undecodable bytes or half a pair)")
    return _CONTROL.sub("", text)


def name_list(field: str, value: object) -> tuple[str, ...]:
    """Return names, one or a list of them, without white space around, blanks and repeats."""
    given = value if isinstance(value, list | tuple) else [] if value is None else [value]
    if len(given) > MAX_NAMES:
        raise InvalidItemError(field, f"more than {MAX_NAMES} values")
    cleaned = (
        " ".join(clean_text(field, name, MAX_NAME).split()) for name in given if name is not None
    )
    return tuple(dict.fromkeys(filter(None, cleaned)))


def _optional(field: str, record: Mapping[str, Any], parse: Callable[[object], T]) -> T | None:
    if field not in record:
        return None
    value = record[field]
    try:
        return parse(value if isinstance(value, datetime) else clean_text(field, value, MAX_TITLE))
    except (ValueError, OverflowError) as error:
        raise InvalidItemError(field, str(error)) from None


def language_tag(value: object) -> str:
    """Return a language tag with its primary part in two letters; ValueError if it is none."""
    text = str(value).strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a language tag such as en or pt-BR")
    primary, *rest = text.split("-")
    return "-".join([_TWO_LETTERS.get(primary.lower(), primary.lower()), *rest])


def _identifiers(record: Mapping[str, Any]) -> dict[str, str]:
    given = record.get("identifiers", {})
    if not isinstance(given, Mapping):
        raise InvalidItemError("identifiers", "must be an object of scheme and value")
    if len(given) > MAX_SCHEMES:
        raise InvalidItemError("identifiers", f"more than {MAX_SCHEMES} schemes")
    for scheme, value in given.items():
        if isinstance(value, str):
            clean_text(f"identifiers.{scheme}", value, MAX_TITLE)
    own = {scheme: record[scheme] for scheme in identifiers.KNOWN & record.keys()}
    return identifiers.normalise({**own, **given})


def _popularity(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise InvalidItemError("popularity", "must be a number from 0 to 1")
    return number


def _hidden(value: object) -> bool:
    if (found := _BOOLEANS.get(str(value).strip().lower())) is None:
        raise InvalidItemError("hidden", "must be true or false")
    return found


def _attributes(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidItemError("attributes", "must be an object")
    cleaned: dict[str, Any] = _json(value, "attributes", 0)
    if len(json.dumps(cleaned)) > MAX_ATTRIBUTES:
        raise InvalidItemError("attributes", f"longer than {MAX_ATTRIBUTES:,} characters as JSON")
    return cleaned


def _json(value: Any, place: str, depth: int) -> Any:  # noqa: ANN401 - a JSON value is of any type
    if depth > MAX_DEPTH:
        raise InvalidItemError("attributes", f"nested deeper than {MAX_DEPTH}")
    match value:
        case str():
            return clean_text(place, value, MAX_ATTRIBUTES)
        case Mapping():
            return {
                clean_text(place, str(name), MAX_ATTRIBUTES): _json(
                    part, f"{place}.{str(name)[:_NAMED]}", depth + 1
                )
                for name, part in value.items()
            }
        case list() | tuple():
            return [_json(part, place, depth + 1) for part in value]
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
    told = value if isinstance(value, float) else type(value).__name__
    raise InvalidItemError(place, f"{told} is not a JSON value")
