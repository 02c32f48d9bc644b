"""What keys and tenants use."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict

from api.schemas.fields import WHOLE, Body


class AccountOut(BaseModel):
    """Characters of source text of this month."""

    model_config = ConfigDict(from_attributes=True)

    used: int
    reserved: int = Field(description="By jobs that are not done yet.")
    quota: int | None = Field(description="What may be used a month; null for any.")


class KeyAccountOut(AccountOut):
    """The account of a key."""

    key_id: str
    name: str


class DayOut(BaseModel):
    """What was used on a day (UTC)."""

    day: date
    characters: int


class UsageOut(BaseModel):
    """What was used since the first of the month."""

    tenant: AccountOut
    key: AccountOut
    days: list[DayOut]
    resets_at: datetime


class KeyAccountsOut(BaseModel):
    """The accounts of all keys that are not revoked."""

    keys: list[KeyAccountOut]


class QuotaBody(Body):
    """How much a key may use."""

    characters: Annotated[int, Strict(), Field(ge=0, le=10**15), WHOLE] | None
