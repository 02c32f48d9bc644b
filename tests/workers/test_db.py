import threading

import pytest
from sqlalchemy import select

from workers import accounts
from workers.accounts import TenantRow
from workers.db import Database


def test_a_transaction_commits_and_an_error_rolls_it_back(database: Database) -> None:
    with database.transaction() as session:
        accounts.create_key(session, "kept", "a", ["read"])

    def fail() -> None:
        with database.transaction() as session:
            accounts.create_key(session, "lost", "b", ["read"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert session.scalars(select(TenantRow.id)).all() == ["kept"]


def test_transactions_that_read_before_they_write_do_not_fail_each_other(
    database: Database,
) -> None:
    faults: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(10):
                with database.transaction() as session:
                    accounts.list_keys(session, name)
                    accounts.create_key(session, f"{name}-{number}", "key", ["read"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            faults.append(error)

    threads = [threading.Thread(target=write, args=(f"t{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    with database.reading() as session:
        assert len(session.scalars(select(TenantRow)).all()) == 40


def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as writer:
        accounts.create_key(writer, "unseen", "key", ["read"])
        with database.reading() as session:
            assert session.scalars(select(TenantRow)).all() == []


def test_a_commit_changes_the_number_of_changes_and_reading_does_not(database: Database) -> None:
    def add(key: str) -> None:
        with database.transaction() as session:
            accounts.create_key(session, key, "a", ["read"])

    first = database.changes()
    with database.reading() as session:
        session.scalars(select(TenantRow.id)).all()
    assert database.changes() == first
    add("one")
    assert (database.changes() == first) == (not database.is_sqlite)
