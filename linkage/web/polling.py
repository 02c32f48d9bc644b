"""Polling: one resource claimed, asked for, read, and what it holds brought into the catalogue.

A poll has three parts: a claim in one transaction; the request and the parsing outside of any; the
items and the end of the claim in another, which counts only if the claim still holds.
"""

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from linkage import store
from linkage.items import content_hash
from linkage.models import SubscriptionRow
from linkage.types import ImportSummary, Item, RecordError
from linkage.web import contents, resources, sourced
from linkage.web.contents import Content
from linkage.web.port import Fetch, Fetched
from linkage.web.resources import LONGEST_BACKOFF, Claim, Outcome
from linkage.web.robots import Robots, RobotsUnreadableError

Transaction = Callable[[], AbstractContextManager[Session]]
LEASE = 600.0
"""Seconds; longer than robots.txt, an address and its redirects can take together."""
DELAY = 1.0
"""Seconds between two requests to one server, where its robots.txt does not ask for more."""
PAGE_AGAIN = 86_400.0
"""Seconds after which a page is looked at again whose sitemap does not say when it changes."""
CHANGED_PAGE_AGAIN = 30 * 86_400.0
PATIENCE = 3
"""So often in a row a page is not found before its item goes; 410 means at once."""
_OK, _UNCHANGED, _NOT_FOUND, _GONE = 200, 304, 404, 410


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll did: the address, what became of it, and of the items it holds.

    `state` is changed, unchanged, gone, failed or lost (another worker took over meanwhile).
    """

    url: str
    state: str
    summary: ImportSummary = ImportSummary()  # noqa: RUF009 - frozen
    error: str | None = None


def poll_next(
    transaction: Transaction,
    fetch: Fetch,
    *,
    agent: str,
    delay: float = DELAY,
    subscription_key: int | None = None,
) -> Polled | None:
    """Poll a resource that is due; None where there is none that can be asked now."""
    with transaction() as session:
        held = resources.claim(session, lease=LEASE, subscription_key=subscription_key)
    if held is None:
        return None
    robots = Robots(fetch, agent, {} if held.robots is None else {held.origin: held.robots})
    try:
        answer = fetch(held.url, headers=_validators(held), permit=robots.permits)
    except RobotsUnreadableError as error:
        answer = Fetched(held.url, 0, reason=str(error))
    pause = max(delay, robots.delay(held.origin))
    text = robots.texts.get(held.origin) if held.robots is None else None
    return _settle(transaction, held, answer, _outcome(held, answer, pause, text))


def _validators(held: Claim) -> dict[str, str]:
    given = {"If-None-Match": held.etag, "If-Modified-Since": held.last_modified}
    return {name: value for name, value in given.items() if value}


def _outcome(held: Claim, answer: Fetched, delay: float, robots: str | None) -> Outcome:
    """Return how the poll ends if all goes well with what was answered."""
    is_same = answer.status == _UNCHANGED
    digest = held.content_hash if is_same else hashlib.sha256(answer.body).hexdigest()
    return Outcome(
        wait=_wait(held),
        delay=delay,
        robots=robots,
        content_hash=digest,
        etag=answer.headers.get("etag") or (held.etag if is_same else None),
        last_modified=answer.headers.get("last-modified")
        or (held.last_modified if is_same else None),
    )


def _settle(transaction: Transaction, held: Claim, answer: Fetched, well: Outcome) -> Polled:
    if answer.status == _UNCHANGED or (
        answer.status == _OK and well.content_hash == held.content_hash
    ):
        return _end(transaction, held, well, "unchanged")
    if answer.status != _OK:
        is_gone = held.kind == "page" and (
            answer.status == _GONE
            or (answer.status == _NOT_FOUND and held.failures + 1 >= PATIENCE)
        )
        reason = answer.reason or f"the server answered {answer.status}"
        failed = replace(_failed(held, well, reason, answer), is_gone=is_gone)
        return _end(transaction, held, failed, "gone" if is_gone else "failed")
    content = contents.read(held, answer)
    if content.is_unreadable:
        return _end(transaction, held, _failed(held, well, content.trouble, answer), "failed")
    wait = max(well.wait, min(content.ttl, LONGEST_BACKOFF))
    well = replace(well, wait=wait, error=content.trouble or None)
    return _end(transaction, held, well, "changed", content)


def _failed(held: Claim, well: Outcome, reason: str, answer: Fetched) -> Outcome:
    wait = max(resources.backoff(held.failures + 1), _retry_after(answer))
    return Outcome(
        wait=wait, delay=well.delay, robots=well.robots, is_failure=True, error=reason[:1000]
    )


def _end(
    transaction: Transaction,
    held: Claim,
    outcome: Outcome,
    state: str,
    content: Content | None = None,
) -> Polled:
    with transaction() as session:
        if not resources.finish(session, held, outcome):
            return Polled(held.url, "lost")
        summary = _store(session, held, content) if content else ImportSummary()
        removed = _forget(session, held, outcome)
        summary = replace(summary, removed=summary.removed + removed)
        _count(session, held, summary)
    return Polled(held.url, state, summary, outcome.error)


def _forget(session: Session, held: Claim, outcome: Outcome) -> int:
    """Remove the items of a page that is gone, else those that have expired; return how many."""
    if outcome.is_gone:
        return sourced.forget_of(session, held.tenant_id, [held.key])
    if outcome.is_failure:
        return 0
    moment = datetime.now(UTC)
    return sourced.forget_expired(session, held.tenant_id, held.subscription_key, moment)


def _store(session: Session, held: Claim, content: Content) -> ImportSummary:
    moment = datetime.now(UTC)
    faults = [each for each in content.records if isinstance(each, RecordError)]
    given = [each for each in content.records if isinstance(each, Item)]
    seen = sourced.first_seen(session, held.subscription_key, {item.id for item in given})
    distinct = _distinct(sorted(given, key=lambda item: item.id not in seen))
    items = list(_current(distinct, seen, held.keep_days, moment))
    stored = store.upsert(session, held.tenant_id, items) if items else ImportSummary()
    noted = {item.id: seen.get(item.id, moment) for item in items}
    sourced.note(session, held.subscription_key, held.key, noted)
    removed = _list(session, held, content) if held.kind == "sitemap" else 0
    if held.kind == "page":
        removed = sourced.forget_of(session, held.tenant_id, [held.key], but=noted.keys())
    failed = sum(not fault.is_warning for fault in faults)
    return replace(stored, removed=removed, failed=failed, warnings=len(faults) - failed)


def _distinct(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items without those that repeat an earlier one in all but their address."""
    held: set[str] = set()
    for item in items:
        content = content_hash(replace(item, id="", url=None))
        if not item.text or content not in held:
            yield item
        held.add(content)


def _current(
    items: Iterable[Item], seen: dict[str, datetime], keep_days: int | None, moment: datetime
) -> Iterator[Item]:
    """Yield the items that have not expired, each with when it will."""
    for item in items:
        expires_at = item.expires_at
        if expires_at is None and keep_days is not None:
            begins = contents.published(item) or seen.get(item.id, moment)
            expires_at = begins + timedelta(days=keep_days)
        if expires_at is None or expires_at > moment:
            yield replace(item, expires_at=expires_at)


def _list(session: Session, held: Claim, content: Content) -> int:
    """Take over what a sitemap lists; return how many items went with what it lists no more."""
    for kind, addresses in content.addresses.items():
        resources.enlist(session, held.subscription_key, addresses, kind=kind, parent_key=held.key)
    if not content.is_whole:
        return 0
    listed = {url for addresses in content.addresses.values() for url in addresses}
    gone = resources.unlisted(session, held.key, listed)
    removed = sourced.forget_of(session, held.tenant_id, gone)
    resources.drop(session, gone)
    return removed


def _count(session: Session, held: Claim, summary: ImportSummary) -> None:
    counts = {name: getattr(SubscriptionRow, name) + getattr(summary, name)
              for name in ("created", "updated", "removed", "failed")}  # fmt: skip
    session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.key == held.subscription_key)
        .values(**counts)
        .execution_options(synchronize_session=False)
    )


def _wait(held: Claim) -> float:
    """Return when to come again after a poll that went well, jittered so that polls spread."""
    seconds = float(held.every_seconds)
    if not held.is_own and held.kind == "page":
        seconds = CHANGED_PAGE_AGAIN if held.changed_at else max(seconds, PAGE_AGAIN)
    return seconds * random.uniform(0.95, 1.05)  # noqa: S311 - nothing secret


def _retry_after(answer: Fetched) -> float:
    """Return the seconds a server asks us to stay away, a day at most."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), LONGEST_BACKOFF)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment - datetime.now(moment.tzinfo)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_BACKOFF)
