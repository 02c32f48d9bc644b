"""Fields that many bodies share: what counts as text, an id, a language, a date."""

import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from linkage import dates

PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""Text without control characters, but for tabs and the ends of lines."""
BLANK = r"\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Control characters and spaces, one by one: what `\\s` is, no two engines agree on."""
ONE_LINE = rf"^[^{BLANK}]([^\x00-\x1f\x7f-\x9f]*[^{BLANK}])?$"
SOME_TEXT = rf"^[^\x00-\x1f\x7f-\x9f]*[^{BLANK}][^\x00-\x1f\x7f-\x9f]*$"
NAME = r"^[^\x00-\x20\x7f-\x9f/]([^\x00-\x1f\x7f-\x9f/]*[^\x00-\x20\x7f-\x9f/])?$"
"""One line without a slash, so that a name can stand in a path."""
_ANY, _END = r"[^\x00-\x1f\x7f-\x9f\ufffc]", rf"[^{BLANK}\ufffc]"
TERM = rf"^([^\W_]|{_END}{_ANY}*[^\W_])({_ANY}*{_END})?$"
"""One line that holds a letter or a digit, without white space around it."""
Text = Annotated[str, StringConstraints(pattern=PLAIN)]


def _composed(value: object) -> object:
    """Return text as the catalogue spells it (NFC), so that what is asked for is what is stored."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _spaced(value: str) -> str:
    """Return text with one space where there is white space, as sources are stored."""
    return " ".join(value.split())


COMPOSED = BeforeValidator(_composed)
"""Stands last in what names a thing of the catalogue."""
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE), COMPOSED]
KIND = r"^[a-z][a-z0-9_-]{0,39}$"
Kind = Annotated[str, StringConstraints(pattern=KIND)]
SCHEME = r"^[a-z][a-z0-9_]{0,39}$"
Scheme = Annotated[str, StringConstraints(pattern=SCHEME)]
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
Language = Annotated[str, StringConstraints(max_length=35, pattern=LANGUAGE)]
Source = Annotated[
    str,
    StringConstraints(max_length=100, pattern=ONE_LINE),
    COMPOSED,
    AfterValidator(_spaced),
]
LANGUAGE_OR_NONE = r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$"
ATTRIBUTE = r"^[^:\x00-\x1f\x7f-\x9f]{1,100}:[^\x00-\x1f\x7f-\x9f]{1,200}$"
AttributeFilter = Annotated[str, StringConstraints(pattern=ATTRIBUTE), COMPOSED]
"""`name:value` of an attribute."""
URL = rf"^https?://[A-Za-z0-9][^{BLANK}/?#]{{0,252}}([/?#][^{BLANK}]*)?$"
Url = Annotated[str, StringConstraints(max_length=2000, pattern=URL)]
"""A web address; no name of a host is longer than 253 characters (RFC 1035)."""
_YEAR = r"([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    rf"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    rf"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_HOUR = r"([01][0-9]|2[0-3])"
_CLOCK = rf"{_HOUR}(:[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,9}})?)?)?"
_TIME = rf"T{_CLOCK}(Z|[+-]{_HOUR}(:?[0-5][0-9])?)?"
DATE = rf"^(-?[0-9]{{4}}|[0-9]{{4}}-(0[1-9]|1[0-2])|{_DAY}({_TIME})?)$"
"""A year, a month, a day that there is (of leap years too), or a moment of it."""
Date = Annotated[
    str,
    StringConstraints(pattern=DATE),
    Field(description="ISO 8601: a year, a date or a time."),
]


DOMAIN = r"^[^\x00-\x1f\x7f-\x9f]*$"
Domain = Annotated[str, StringConstraints(max_length=100, pattern=DOMAIN)]
"""A subject or customer whose translations are kept apart; empty for none."""


def _moment(value: object) -> datetime:
    """Read a moment as files are read: pydantic takes digits for seconds since 1970."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return dates.moment_of(value)
    raise ValueError("must be text in ISO 8601")


def _whole(value: object) -> object:
    """Take 3.0 for 3, as JSON does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Stands last in an integer of a body; before it `Strict()`: text and booleans are no integers."""
Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A moment, of any zone or none; a day stands for its beginning."""
Target = Annotated[
    str,
    StringConstraints(min_length=2, max_length=35),
    Field(description="A language of `GET /v1/languages`.", json_schema_extra={"x-target": True}),
]
"""A language to translate into; the served schema names the ones at hand."""


MEANING = {
    PLAIN: "must not have control characters",
    ONE_LINE: "must be one line, without spaces at its ends or control characters",
    SOME_TEXT: "must be one line with more than spaces",
    NAME: "must be one line without slashes, without spaces at its ends or control characters",
    TERM: "must be one line with a letter or a digit, without spaces at its ends",
    KIND: "must be 1 to 40 of a-z, 0-9, _ and -, a letter first",
    SCHEME: "must be 1 to 40 of a-z, 0-9 and _, a letter first",
    LANGUAGE: "must be the code of a language, as en or pt-BR",
    LANGUAGE_OR_NONE: "must be the code of a language, as en or pt-BR, or empty",
    ATTRIBUTE: "must be name:value, as format:hardcover",
    URL: "must be a web address, as https://shop.example/dune",
    DOMAIN: "must be one line without control characters",
    DATE: "must be a year, a date or a time, as 2024-05-31",
}
"""What is told to who sends something that a pattern does not match."""


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid")
