"""Bodies of administration: keys."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.fields import Body, Text
from workers.accounts import Scope


class KeyBody(Body):
    """A key to make."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    scopes: list[Scope] = Field(min_length=1)


class KeyOut(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    revoked_at: datetime | None


class NewKeyOut(BaseModel):
    """A key at its making: `secret` is shown this once."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    scopes: list[Scope]
    secret: str


class KeysOut(BaseModel):
    """All keys of a tenant."""

    keys: list[KeyOut]
