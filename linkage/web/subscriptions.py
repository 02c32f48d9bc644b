"""Subscriptions to feeds, sitemaps and pages of the web: made, listed, removed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from linkage import identifiers
from linkage.cursor import encode, key_of
from linkage.errors import (
    InvalidSubscriptionError,
    SubscriptionNamedError,
    SubscriptionNotFoundError,
)
from linkage.models import ResourceRow, SubscriptionRow
from linkage.types import SourceKind
from linkage.web import resources, sourced
from linkage.web.port import digest

Kind = SourceKind
SHORTEST = 60
"""Seconds between two polls of an address, at the least."""


@dataclass(frozen=True, slots=True)
class Status:
    """A subscription, its own address as it was last polled, how many it has, how many fail."""

    subscription: SubscriptionRow
    resource: ResourceRow
    addresses: int
    failing: int

    @property
    def state(self) -> str:
        """Return waiting (never polled), ok or failing."""
        if self.resource.fetched_at is None and not self.resource.failures:
            return "waiting"
        return "failing" if self.resource.failures else "ok"


def add(  # noqa: PLR0913 - keywords, most with a default
    session: Session,
    tenant_id: str,
    url: str,
    *,
    kind: Kind,
    every_seconds: int = 3600,
    source: str | None = None,
    item_kind: str | None = None,
    keep_days: int | None = None,
) -> tuple[Status, bool]:
    """Subscribe to an address, due at once; tell whether the subscription is new.

    The same address and kind again changes how it is polled, and what it lists is read anew where
    that matters. `source` is what its items say they are from, by default `web:` and the host; it
    stays, since their ids begin with it. `item_kind` is what they are, by default what they say.
    `keep_days` after its date an item expires. Raises InvalidSubscriptionError, and
    SubscriptionNamedError where it is there under another `source`.
    """
    url = _checked(url, every_seconds)
    row = _of_url(session, tenant_id, kind, url)
    is_new = row is None
    if row is None:
        row = _made(tenant_id, kind, url, source)
        session.add(row)
    elif source not in (None, row.source):
        raise SubscriptionNamedError(row.id, row.source)
    reads_otherwise = (row.item_kind, row.keep_days) != (item_kind, keep_days)
    row.every_seconds, row.item_kind, row.keep_days = every_seconds, item_kind, keep_days
    session.flush()
    resources.enlist(session, row.key, {url: None}, kind=kind, parent_key=None)
    resources.make_due(session, row.key, with_listed=reads_otherwise)
    return get(session, tenant_id, row.id), is_new


def get(session: Session, tenant_id: str, subscription_id: str) -> Status:
    """Return a subscription; SubscriptionNotFoundError when the tenant has none of this id."""
    query = select(SubscriptionRow).where(
        SubscriptionRow.tenant_id == tenant_id, SubscriptionRow.id == subscription_id
    )
    if (row := session.scalars(query).one_or_none()) is None:
        raise SubscriptionNotFoundError(subscription_id)
    return _statuses(session, [row])[0]


def page(
    session: Session, tenant_id: str, *, cursor: str | None = None, limit: int = 100
) -> tuple[Sequence[Status], str | None]:
    """Return a run of the tenant's subscriptions, the oldest first, and the cursor of the next."""
    query = select(SubscriptionRow).where(
        SubscriptionRow.tenant_id == tenant_id, SubscriptionRow.key > key_of(cursor)
    )
    rows = session.scalars(query.order_by(SubscriptionRow.key).limit(limit + 1)).all()
    more = encode([rows[limit - 1].key]) if len(rows) > limit else None
    return _statuses(session, rows[:limit]), more


def run_now(session: Session, tenant_id: str, subscription_id: str) -> Status:
    """Make a subscription's own address due, however it fared before."""
    status = get(session, tenant_id, subscription_id)
    resources.make_due(session, status.subscription.key)
    return get(session, tenant_id, subscription_id)


def remove(
    session: Session, tenant_id: str, subscription_id: str, *, keep_items: bool = False
) -> int:
    """End a subscription; return how many items went with it: those that no other one brings."""
    row = get(session, tenant_id, subscription_id).subscription
    removed = 0 if keep_items else sourced.forget_all(session, tenant_id, row.key)
    resources.drop_all(session, row.key)
    session.execute(delete(SubscriptionRow).where(SubscriptionRow.key == row.key))
    return removed


def _checked(url: str, every_seconds: int) -> str:
    """Return an address as it is kept; InvalidSubscriptionError if it, or how often, is wrong."""
    try:
        url = identifiers.url(url)
    except ValueError as error:
        raise InvalidSubscriptionError("url", str(error)) from None
    if every_seconds < SHORTEST:
        raise InvalidSubscriptionError("every_seconds", f"must be at least {SHORTEST}")
    return url


def _made(tenant_id: str, kind: Kind, url: str, source: str | None) -> SubscriptionRow:
    return SubscriptionRow(
        id=f"so_{secrets.token_hex(12)}",
        tenant_id=tenant_id,
        kind=kind,
        url=url,
        digest=digest(kind, url),
        created_at=datetime.now(UTC),
        source=source or f"web:{urlsplit(url).hostname}"[:100],
    )


def _of_url(session: Session, tenant_id: str, kind: str, url: str) -> SubscriptionRow | None:
    query = select(SubscriptionRow).where(
        SubscriptionRow.tenant_id == tenant_id, SubscriptionRow.digest == digest(kind, url)
    )
    return session.scalars(query).one_or_none()


def _statuses(session: Session, rows: Sequence[SubscriptionRow]) -> list[Status]:
    keys = [row.key for row in rows]
    own = select(ResourceRow).where(
        ResourceRow.subscription_key.in_(keys), ResourceRow.parent_key.is_(None)
    )
    is_failing = case((ResourceRow.failures > 0, 1), else_=0)
    counts = (
        select(ResourceRow.subscription_key, func.count(), func.sum(is_failing))
        .where(ResourceRow.subscription_key.in_(keys))
        .group_by(ResourceRow.subscription_key)
    )
    by_key = {
        each.subscription_key: each
        for each in session.scalars(own.execution_options(populate_existing=True))
    }
    count_of = {key: (count, failing) for key, count, failing in session.execute(counts)}
    return [Status(row, by_key[row.key], *count_of[row.key]) for row in rows]
