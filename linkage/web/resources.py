"""Resources: the addresses that subscriptions have fetched, claimed one at a time a server.

Who polls claims the server first, so that each is asked by one worker at a time with a pause
between, whatever tenant wants it. A claim counts as a failure until its end is written: what kills
or hangs a worker is asked less and less often.
"""

import random
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from more_itertools import batched
from sqlalchemy import and_, delete, func, insert, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select

from linkage.models import IN_LIST, OriginRow, ResourceRow, SourcedItemRow, SubscriptionRow
from linkage.web.port import digest, origin_of

T = TypeVar("T")
FIRST_BACKOFF = 60.0
LONGEST_BACKOFF = 86_400.0
MAX_ADDRESSES = 50_000
ROBOTS_KEPT = timedelta(hours=24)
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A resource that a worker holds, with what it needs to poll it.

    `failures` is how often it failed before; `robots` is the server's robots.txt where that is
    known and fresh.
    """

    token: str
    tenant_id: str
    subscription_key: int
    key: int
    is_own: bool
    kind: str
    url: str
    changed_at: str | None
    etag: str | None
    last_modified: str | None
    content_hash: str | None
    failures: int
    origin: str
    robots: str | None
    source: str
    item_kind: str | None
    keep_days: int | None
    every_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a poll ended: what to remember for the next, and when that is.

    `error` tells what was wrong. A failure changes nothing of what is known of the resource; one
    that is gone is read anew should it come back.
    """

    wait: float
    delay: float
    is_failure: bool = False
    is_gone: bool = False
    error: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None
    robots: str | None = None


def enlist(
    session: Session,
    subscription_key: int,
    addresses: Mapping[str, str | None],
    *,
    kind: str,
    parent_key: int | None,
) -> None:
    """Add addresses, each with when it last changed; what is new or changed is due at once.

    Of more than MAX_ADDRESSES a subscription the rest is passed over.
    """
    moment = datetime.now(UTC)
    room = MAX_ADDRESSES - _count(session, subscription_key)
    for chunk in batched(addresses, IN_LIST):
        by_digest = {digest(kind, url): url for url in chunk}
        known = _known(session, subscription_key, by_digest)
        for row in known.values():
            if row.changed_at != addresses[by_digest[row.digest]]:
                row.changed_at, row.next_at = addresses[by_digest[row.digest]], moment
        rows = [
            {"subscription_key": subscription_key, "parent_key": parent_key, "kind": kind,
             "url": url, "digest": each, "origin": origin_of(url), "changed_at": addresses[url],
             "next_at": moment, "failures": 0}
            for each, url in by_digest.items() if each not in known
        ]  # fmt: skip
        if rows := rows[: max(room, 0)]:
            session.execute(insert(ResourceRow), rows)
            room -= len(rows)
    session.flush()


def _count(session: Session, subscription_key: int) -> int:
    query = select(func.count()).select_from(ResourceRow)
    return session.execute(
        query.where(ResourceRow.subscription_key == subscription_key)
    ).scalar_one()


def _known(
    session: Session, subscription_key: int, digests: Collection[str]
) -> dict[str, ResourceRow]:
    query = select(ResourceRow).where(
        ResourceRow.subscription_key == subscription_key, ResourceRow.digest.in_(digests)
    )
    return {row.digest: row for row in session.scalars(query)}


def unlisted(session: Session, parent_key: int, listed: Collection[str]) -> list[int]:
    """Return the resources that a sitemap listed once, and all below them, but not these."""
    query = select(ResourceRow.key, ResourceRow.url).where(ResourceRow.parent_key == parent_key)
    gone = [key for key, url in session.execute(query) if url not in listed]
    below = [key for each in gone for key in unlisted(session, each, ())]
    return gone + below


def drop(session: Session, keys: Collection[int]) -> None:
    """Delete resources; their items are to be forgotten before."""
    for chunk in batched(keys, IN_LIST):
        session.execute(delete(ResourceRow).where(ResourceRow.key.in_(chunk)))


def drop_all(session: Session, subscription_key: int) -> None:
    """Delete a subscription's resources, and what tells which items they brought."""
    for table in (SourcedItemRow, ResourceRow):
        session.execute(delete(table).where(table.subscription_key == subscription_key))


def make_due(session: Session, subscription_key: int, *, with_listed: bool = False) -> None:
    """Make a subscription's own address due, to be read again even if it has not changed.

    `with_listed` means those that its sitemap lists too.
    """
    session.execute(
        update(ResourceRow)
        .where(
            ResourceRow.subscription_key == subscription_key,
            true() if with_listed else ResourceRow.parent_key.is_(None),
        )
        .values(next_at=datetime.now(UTC), failures=0, etag=None, last_modified=None,
                content_hash=None)
    )  # fmt: skip


def count_due_origins(session: Session, *, limit: int) -> int:
    """Return how many servers have something to be fetched now, at most `limit`."""
    query = _due(datetime.now(UTC), None).with_only_columns(ResourceRow.origin).order_by(None)
    return len(session.scalars(query.distinct().limit(limit)).all())


def due_at(session: Session, subscription_key: int) -> datetime | None:
    """Return when the next of a subscription's due resources can be fetched, None without any."""
    moment = datetime.now(UTC)
    query = (
        select(OriginRow.next_at, OriginRow.lease_until)
        .select_from(ResourceRow)
        .outerjoin(OriginRow, OriginRow.origin == ResourceRow.origin)
        .where(ResourceRow.subscription_key == subscription_key, ResourceRow.next_at <= moment)
        .distinct()
    )
    times = [max(filter(None, (*row, moment))) for row in session.execute(query)]
    return min(times, default=None)


def claim(session: Session, *, lease: float, subscription_key: int | None = None) -> Claim | None:
    """Take a resource that is due, and its server, for `lease` seconds; None without any."""
    for _ in range(_ATTEMPTS):
        moment = datetime.now(UTC)
        found = session.execute(_due(moment, subscription_key).limit(1)).one_or_none()
        if found is None:
            return None
        token = secrets.token_hex(16)
        if not _hold(session, found.ResourceRow.origin, token, moment, lease):
            continue
        resource = session.get(ResourceRow, found.ResourceRow.key, populate_existing=True)
        if resource is None or resource.next_at > moment:  # another worker was faster
            _let_go(session, found.ResourceRow.origin, token, moment)
            continue
        held = _claim(session, resource, found.SubscriptionRow, token, moment)
        resource.failures += 1
        resource.next_at = moment + timedelta(seconds=backoff(resource.failures))
        session.flush()
        return held
    return None


def _due(moment: datetime, subscription_key: int | None) -> Select[ResourceRow, SubscriptionRow]:
    is_free = or_(
        OriginRow.origin.is_(None),
        and_(
            OriginRow.next_at <= moment,
            or_(OriginRow.lease_until.is_(None), OriginRow.lease_until <= moment),
        ),
    )
    query = (
        select(ResourceRow, SubscriptionRow)
        .join(SubscriptionRow, SubscriptionRow.key == ResourceRow.subscription_key)
        .outerjoin(OriginRow, OriginRow.origin == ResourceRow.origin)
        .where(ResourceRow.next_at <= moment, is_free)
        .order_by(ResourceRow.next_at, ResourceRow.key)
    )
    if subscription_key is None:
        return query
    return query.where(SubscriptionRow.key == subscription_key)


def _hold(session: Session, origin: str, token: str, moment: datetime, lease: float) -> bool:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    first = dialect.insert(OriginRow).values(origin=origin, next_at=moment)
    session.execute(first.on_conflict_do_nothing())
    taken = session.execute(
        update(OriginRow)
        .where(
            OriginRow.origin == origin,
            OriginRow.next_at <= moment,
            or_(OriginRow.lease_until.is_(None), OriginRow.lease_until <= moment),
        )
        .values(claim=token, lease_until=moment + timedelta(seconds=lease))
        .returning(OriginRow.origin)
        .execution_options(synchronize_session=False)
    )
    return taken.one_or_none() is not None


def _let_go(session: Session, origin: str, token: str, next_at: datetime) -> bool:
    done = session.execute(
        update(OriginRow)
        .where(OriginRow.origin == origin, OriginRow.claim == token)
        .values(claim=None, lease_until=None, next_at=next_at)
        .returning(OriginRow.origin)
        .execution_options(synchronize_session=False)
    )
    return done.one_or_none() is not None


def _claim(
    session: Session, row: ResourceRow, owner: SubscriptionRow, token: str, moment: datetime
) -> Claim:
    origin = session.get_one(OriginRow, row.origin, populate_existing=True)
    is_fresh = origin.robots_until is not None and origin.robots_until > moment
    return Claim(
        token=token, tenant_id=owner.tenant_id, subscription_key=owner.key, key=row.key,
        is_own=row.parent_key is None, kind=row.kind, url=row.url, changed_at=row.changed_at,
        etag=row.etag, last_modified=row.last_modified, content_hash=row.content_hash,
        failures=row.failures, origin=row.origin, robots=origin.robots if is_fresh else None,
        source=owner.source, item_kind=owner.item_kind, keep_days=owner.keep_days,
        every_seconds=owner.every_seconds,
    )  # fmt: skip


def finish(session: Session, held: Claim, outcome: Outcome) -> bool:
    """Write how a poll ended and let the server go; False where the claim holds no more."""
    moment = datetime.now(UTC)
    if not _let_go(session, held.origin, held.token, moment + timedelta(seconds=outcome.delay)):
        return False
    resource = session.get(ResourceRow, held.key, populate_existing=True)
    if resource is None:
        return False
    if outcome.robots is not None:
        origin = session.get_one(OriginRow, held.origin, populate_existing=True)
        origin.robots, origin.robots_until = outcome.robots, moment + ROBOTS_KEPT
    resource.error, resource.fetched_at = outcome.error, moment
    resource.next_at = moment + timedelta(seconds=outcome.wait)
    if not outcome.is_failure:
        resource.failures = 0
    if not outcome.is_failure or outcome.is_gone:
        resource.content_hash = outcome.content_hash
        resource.etag, resource.last_modified = outcome.etag, outcome.last_modified
    session.flush()
    return True


def backoff(failures: int) -> float:
    """Return the seconds to wait after failures in a row: doubling up to a day, jittered."""
    doubled: float = FIRST_BACKOFF * 2 ** min(failures - 1, 20)
    return min(doubled, LONGEST_BACKOFF) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
