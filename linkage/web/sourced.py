"""Items that subscriptions brought: which brought which, and what goes when none does."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from more_itertools import batched
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from linkage import store
from linkage.models import IN_LIST, ItemRow, SourcedItemRow, SubscriptionRow


def first_seen(
    session: Session, subscription_key: int, item_ids: Collection[str]
) -> dict[str, datetime]:
    """Return since when the subscription has brought those of the items that it knows."""
    found: dict[str, datetime] = {}
    for chunk in batched(item_ids, IN_LIST):
        query = select(SourcedItemRow.item_id, SourcedItemRow.first_seen_at).where(
            SourcedItemRow.subscription_key == subscription_key, SourcedItemRow.item_id.in_(chunk)
        )
        found.update((row.item_id, row.first_seen_at) for row in session.execute(query))
    return found


def note(
    session: Session, subscription_key: int, resource_key: int, seen: Mapping[str, datetime]
) -> None:
    """Note that a resource brought items, each with the moment it was first seen."""
    known = first_seen(session, subscription_key, seen.keys())
    for chunk in batched(known, IN_LIST):
        session.execute(
            update(SourcedItemRow)
            .where(
                SourcedItemRow.subscription_key == subscription_key,
                SourcedItemRow.item_id.in_(chunk),
                SourcedItemRow.resource_key != resource_key,
            )
            .values(resource_key=resource_key)
            .execution_options(synchronize_session=False)
        )
    rows = [
        {"subscription_key": subscription_key, "item_id": item_id, "resource_key": resource_key,
         "first_seen_at": moment}
        for item_id, moment in seen.items() if item_id not in known
    ]  # fmt: skip
    if rows:
        session.execute(insert(SourcedItemRow), rows)


def forget_all(session: Session, tenant_id: str, subscription_key: int) -> int:
    """Remove all items that the subscription alone brought; return how many."""
    return _forget(session, tenant_id, SourcedItemRow.subscription_key == subscription_key)


def forget_of(
    session: Session, tenant_id: str, resource_keys: Iterable[int], *, but: Collection[str] = ()
) -> int:
    """Remove the items that these resources brought, but for some; return how many."""
    return sum(
        _forget(session, tenant_id, SourcedItemRow.resource_key.in_(chunk), but)
        for chunk in batched(resource_keys, IN_LIST)
    )


def forget_expired(
    session: Session, tenant_id: str, subscription_key: int, moment: datetime
) -> int:
    """Remove the items of a subscription that have expired; return how many."""
    expired = select(ItemRow.id).where(
        ItemRow.tenant_id == tenant_id,
        ItemRow.expires_at < moment,
        ItemRow.id.in_(
            select(SourcedItemRow.item_id).where(
                SourcedItemRow.subscription_key == subscription_key
            )
        ),
    )
    ids = session.scalars(expired).all()
    return sum(
        _forget(
            session,
            tenant_id,
            (SourcedItemRow.subscription_key == subscription_key)
            & SourcedItemRow.item_id.in_(chunk),
        )
        for chunk in batched(ids, IN_LIST)
    )


def _forget(
    session: Session, tenant_id: str, which: ColumnElement[bool], but: Collection[str] = ()
) -> int:
    rows = session.execute(
        delete(SourcedItemRow)
        .where(which, SourcedItemRow.item_id.not_in(list(but)))
        .returning(SourcedItemRow.item_id)
        .execution_options(synchronize_session=False)
    )
    ids = set(rows.scalars())
    for chunk in batched(ids.copy(), IN_LIST):
        others = (
            select(SourcedItemRow.item_id)
            .join(SubscriptionRow, SubscriptionRow.key == SourcedItemRow.subscription_key)
            .where(SubscriptionRow.tenant_id == tenant_id, SourcedItemRow.item_id.in_(chunk))
        )
        ids -= set(session.scalars(others))
    return store.remove(session, tenant_id, ids) if ids else 0
