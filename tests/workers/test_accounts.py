from sqlalchemy.orm import Session

from workers import accounts
from workers.accounts import SCOPES, Caller, Callers, KeyRow
from workers.db import Database


def test_a_key_is_found_by_its_secret_alone(session: Session) -> None:
    key = accounts.create_key(session, "alpha", "shop", ["read"])
    caller = accounts.find_caller(session, key.secret)
    assert caller is not None
    assert (caller.tenant_id, caller.scopes) == ("alpha", frozenset({"read"}))
    assert accounts.find_caller(session, key.secret + "x") is None
    assert accounts.find_caller(session, f"weft_{key.id}_") is None


def test_the_secret_is_not_stored(session: Session) -> None:
    key = accounts.create_key(session, "alpha", "shop", SCOPES)
    row = session.get(KeyRow, key.id)
    assert row is not None
    stored = " ".join(str(value) for value in vars(row).values())
    assert key.secret not in stored
    assert key.secret.split("_", 2)[2] not in stored


def test_only_the_owner_revokes_a_key_and_only_once(session: Session) -> None:
    key = accounts.create_key(session, "alpha", "shop", ["read"])
    assert not accounts.revoke_key(session, "beta", key.id)
    assert accounts.revoke_key(session, "alpha", key.id)
    assert not accounts.revoke_key(session, "alpha", key.id)
    assert accounts.find_caller(session, key.secret) is None


def test_keys_are_listed_per_tenant(session: Session) -> None:
    mine = accounts.create_key(session, "alpha", "one", ["read"])
    accounts.create_key(session, "beta", "two", ["read"])
    assert [row.id for row in accounts.list_keys(session, "alpha")] == [mine.id]


def test_a_remembered_key_is_refused_the_moment_it_is_revoked(database: Database) -> None:
    callers = Callers(database.changes)

    def find() -> Caller | None:
        with database.reading() as session:
            return callers.find(session, key.secret)

    with database.transaction() as session:
        key = accounts.create_key(session, "alpha", "shop", ["read"])
    assert find() is not None
    assert find() is not None
    with database.transaction() as session:
        accounts.revoke_key(session, "alpha", key.id)
    assert find() is None
