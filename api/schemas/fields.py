"""Fields that many bodies share: what counts as text, an id, a language, a date."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""Text without control characters, but for tabs and the ends of lines."""
ONE_LINE = r"^[^\x00-\x20\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f])?$"
BLANK = r"\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Control characters and spaces, one by one: what `\\s` is, no two engines agree on."""
SOME_TEXT = rf"^[^\x00-\x1f\x7f-\x9f]*[^{BLANK}][^\x00-\x1f\x7f-\x9f]*$"
Text = Annotated[str, StringConstraints(pattern=PLAIN)]
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Scheme = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Language = Annotated[
    str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
]
Source = Annotated[str, StringConstraints(max_length=100, pattern=ONE_LINE)]
AttributeFilter = Annotated[
    str,
    StringConstraints(pattern=r"^[^:\x00-\x1f\x7f-\x9f]{1,100}:[^\x00-\x1f\x7f-\x9f]{1,200}$"),
]
"""`name:value` of an attribute."""
Url = Annotated[
    str,
    StringConstraints(
        max_length=2000,
        pattern=rf"^https?://[A-Za-z0-9][^{BLANK}/?#]{{0,252}}([/?#][^{BLANK}]*)?$",
    ),
]
"""A web address; no name of a host is longer than 253 characters (RFC 1035)."""
DATE = r"^-?[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T[0-9:.+Z-]+)?)?)?$"
Date = Annotated[
    str,
    StringConstraints(pattern=DATE),
    Field(description="ISO 8601: a year, a date or a time."),
]


Domain = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""A subject or customer whose translations are kept apart; empty for none."""


def _written_out(value: object) -> object:
    """Refuse a bare number, which would be taken for seconds since 1970."""
    if isinstance(value, str | datetime | None):
        return value
    raise ValueError("must be text in ISO 8601")


def _whole(value: object) -> object:
    """Take 3.0 for 3, as JSON does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Stands last in an integer of a body; before it `Strict()`: text and booleans are no integers."""
Moment = Annotated[datetime, BeforeValidator(_written_out)]
Target = Annotated[
    str,
    StringConstraints(min_length=2, max_length=35),
    Field(description="A language of `GET /v1/languages`.", json_schema_extra={"x-target": True}),
]
"""A language to translate into; the served schema names the ones at hand."""


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid")
