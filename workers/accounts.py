"""Tenants and their API keys: tables and queries. Keys are stored hashed and shown once."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import JSON, ForeignKey, Index, String, bindparam, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from linkage.models import Instant

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "weft"


class Base(DeclarativeBase):
    """The metadata of accounts."""


class TenantRow(Base):
    """The owner of a catalogue, its indexes, jobs and keys."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class KeyRow(Base):
    """An API key: `id` is its public part, `digest` the SHA-256 of the whole."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_tenant_id", "tenant_id"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the tenant a key belongs to and what the key may do."""

    key_id: str
    tenant_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at its making, the only time that its secret is known."""

    id: str
    tenant_id: str
    name: str
    scopes: tuple[Scope, ...]
    secret: str


# every request asks this: it is made once, which costs more than its answer
_OF_KEY = select(
    KeyRow.id, KeyRow.tenant_id, KeyRow.scopes, KeyRow.digest, KeyRow.revoked_at
).where(KeyRow.id == bindparam("id"))


def create_key(session: Session, tenant_id: str, name: str, scopes: Iterable[Scope]) -> NewKey:
    """Make a key, and its tenant where that is new. 256 random bits need no slow hash."""
    if session.get(TenantRow, tenant_id) is None:
        session.add(TenantRow(id=tenant_id, created_at=datetime.now(UTC)))
        session.flush()
    key_id = secrets.token_hex(8)
    secret = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    ordered = tuple(scope for scope in SCOPES if scope in set(scopes))
    session.add(
        KeyRow(
            id=key_id,
            tenant_id=tenant_id,
            name=name,
            digest=_digest(secret),
            scopes=list(ordered),
            created_at=datetime.now(UTC),
        )
    )
    session.flush()
    return NewKey(key_id, tenant_id, name, ordered, secret)


def find_caller(session: Session, secret: str) -> Caller | None:
    """Return whose key this is; None for an unknown or revoked one."""
    parts = secret.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX:  # noqa: PLR2004
        return None
    row = session.connection().execute(_OF_KEY, {"id": parts[1]}).one_or_none()
    if row is None or row.revoked_at or not secrets.compare_digest(row.digest, _digest(secret)):
        return None
    return Caller(row.id, row.tenant_id, frozenset(row.scopes))


class Callers:
    """Whose keys these are, remembered until anything in the database changes.

    `changes` is a number that is another once anything is, None if unknown. Safe for many threads.
    """

    def __init__(self, changes: Callable[[], int | None]) -> None:
        self._changes = changes
        self._known: tuple[int, dict[str, Caller]] = (0, {})

    def find(self, session: Session, secret: str) -> Caller | None:
        """Return what `find_caller` does."""
        changes = self._changes()  # before the session looks: what it finds is not older
        if changes is None or session.in_transaction():
            return find_caller(session, secret)
        known = self._known
        if known[0] != changes:
            known = self._known = changes, {}
        digest = _digest(secret)
        if (caller := known[1].get(digest)) is None and (caller := find_caller(session, secret)):
            known[1][digest] = caller
        return caller


def list_keys(session: Session, tenant_id: str) -> Sequence[KeyRow]:
    """Return a tenant's keys, the revoked ones too, oldest first."""
    query = select(KeyRow).where(KeyRow.tenant_id == tenant_id)
    return session.scalars(query.order_by(KeyRow.created_at, KeyRow.id)).all()


def revoke_key(session: Session, tenant_id: str, key_id: str) -> bool:
    """Revoke a tenant's key; tell whether there was one to revoke."""
    found = session.execute(
        update(KeyRow)
        .where(KeyRow.tenant_id == tenant_id, KeyRow.id == key_id, KeyRow.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
        .returning(KeyRow.id)
    )
    return found.first() is not None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
