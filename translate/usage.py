"""What keys and tenants had translated, in characters of source text, and what they may.

Days and months are those of UTC. A job's characters are counted as its chunks are completed; until
then they are reserved. Those of a document are counted when it is done, those of a catalogue's
languages, for no key, with each batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from translate.errors import QuotaExceededError
from translate.models import JobRow, QuotaRow, UsageRow

TENANT = ""
"""Stands in the place of a key's id for a tenant as a whole."""
_OPEN = ("receiving", "queued", "running")


@dataclass(frozen=True, slots=True)
class Account:
    """How much of its quota a key, or a tenant as a whole, has used and reserved this month."""

    key_id: str
    used: int
    reserved: int
    quota: int | None


def add(session: Session, tenant_id: str, key_id: str, characters: int) -> None:
    """Count characters as used today."""
    if not characters:
        return
    today = datetime.now(UTC).date()
    count = (
        update(UsageRow)
        .filter_by(tenant_id=tenant_id, key_id=key_id, day=today)
        .values(characters=UsageRow.characters + characters)
        .returning(UsageRow.day)
    )
    if session.execute(count).first():
        return
    try:
        with session.begin_nested():
            session.add(
                UsageRow(tenant_id=tenant_id, key_id=key_id, day=today, characters=characters)
            )
    except IntegrityError:  # another transaction was first today
        session.execute(count)


def check(session: Session, tenant_id: str, key_id: str, characters: int) -> None:
    """Raise `QuotaExceededError` where so many more are above the key's or the tenant's quota."""
    for row in session.scalars(
        select(QuotaRow)
        .where(QuotaRow.tenant_id == tenant_id, QuotaRow.key_id.in_((key_id, TENANT)))
        .order_by(QuotaRow.key_id.desc())
    ):
        account = account_of(session, tenant_id, row.key_id)
        if account.used + account.reserved + characters > row.characters:
            raise QuotaExceededError(
                row.key_id, row.characters, account.used + account.reserved, next_month()
            )


def room(session: Session, tenant_id: str) -> int | None:
    """Return how many characters a tenant has left this month, below zero never; None: any."""
    account = account_of(session, tenant_id, TENANT)
    if account.quota is None:
        return None
    return max(account.quota - account.used - account.reserved, 0)


def account_of(session: Session, tenant_id: str, key_id: str) -> Account:
    """Return the account of a key; with `TENANT`, that of all keys together."""
    used = select(func.coalesce(func.sum(UsageRow.characters), 0)).where(
        UsageRow.tenant_id == tenant_id, UsageRow.day >= this_month()
    )
    reserved = select(func.coalesce(func.sum(JobRow.characters - JobRow.charged), 0)).where(
        JobRow.tenant_id == tenant_id, JobRow.state.in_(_OPEN)
    )
    if key_id != TENANT:
        used, reserved = used.filter_by(key_id=key_id), reserved.filter_by(key_id=key_id)
    quota = session.get(QuotaRow, (tenant_id, key_id))
    return Account(
        key_id,
        int(session.scalar(used) or 0),
        int(session.scalar(reserved) or 0),
        quota.characters if quota else None,
    )


def days(session: Session, tenant_id: str, key_id: str = TENANT) -> Sequence[tuple[date, int]]:
    """Return what was used on each day of this month that had any."""
    query = select(UsageRow.day, func.sum(UsageRow.characters)).where(
        UsageRow.tenant_id == tenant_id, UsageRow.day >= this_month()
    )
    if key_id != TENANT:
        query = query.filter_by(key_id=key_id)
    rows = session.execute(query.group_by(UsageRow.day).order_by(UsageRow.day))
    return [(day, int(characters)) for day, characters in rows]


def set_quota(session: Session, tenant_id: str, key_id: str, characters: int | None) -> None:
    """Set how many characters a month a key, or with `TENANT` all together, may use; None: any."""
    row = session.get(QuotaRow, (tenant_id, key_id))
    if characters is None:
        if row:
            session.delete(row)
    elif row:
        row.characters = characters
    else:
        session.add(QuotaRow(tenant_id=tenant_id, key_id=key_id, characters=characters))
    session.flush()


def this_month() -> date:
    """Return the first day of the month."""
    return datetime.now(UTC).date().replace(day=1)


def next_month() -> datetime:
    """Return the moment at which all accounts begin at zero again."""
    first = this_month()
    year, month = divmod(12 * first.year + first.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
