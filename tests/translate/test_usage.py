import pytest
from sqlalchemy.orm import Session

from translate import chunks, jobs, usage
from translate.errors import QuotaExceededError
from translate.jobs import NewItem, NewJob
from workers.db import Database

ITEMS = [NewItem("a", "x" * 30, "en"), NewItem("b", "y" * 20, "xx")]


def test_characters_are_counted_by_day_and_key_and_summed_for_the_tenant(session: Session) -> None:
    for key, characters in (("one", 5), ("one", 7), ("two", 1), ("two", 0)):
        usage.add(session, "alpha", key, characters)
    usage.add(session, "beta", "one", 100)
    assert usage.account_of(session, "alpha", "one").used == 12
    assert usage.account_of(session, "alpha", usage.TENANT).used == 13
    [(_, characters)] = usage.days(session, "alpha")
    assert characters == 13


def test_what_is_above_a_quota_is_refused_for_the_key_or_the_tenant(session: Session) -> None:
    usage.set_quota(session, "alpha", "one", 10)
    usage.set_quota(session, "alpha", usage.TENANT, 15)
    usage.add(session, "alpha", "one", 8)
    usage.add(session, "alpha", "two", 5)
    usage.check(session, "alpha", "one", 2)
    usage.check(session, "beta", "one", 1000)
    with pytest.raises(QuotaExceededError, match="the key one may have 10 "):
        usage.check(session, "alpha", "one", 3)
    with pytest.raises(QuotaExceededError, match="all keys together may have 15"):
        usage.check(session, "alpha", "two", 3)
    usage.set_quota(session, "alpha", usage.TENANT, None)
    usage.check(session, "alpha", "two", 3)


def test_a_job_reserves_its_characters_and_pays_for_what_is_translated(
    database: Database, translator
) -> None:
    with database.transaction() as session:
        job, _ = jobs.create(session, NewJob("alpha", ("de", "fr"), key_id="one"), ITEMS)
        account = usage.account_of(session, "alpha", "one")
        assert (account.used, account.reserved) == (0, 100)
    while chunks.run_next(database.transaction, translator, job.id, lease=60):
        pass
    with database.reading() as session:
        account = usage.account_of(session, "alpha", "one")
    # the second item failed, for there is no model of its language
    assert (account.used, account.reserved) == (60, 0)


def test_a_retry_of_failures_pays_once_for_each_item(database: Database, translator) -> None:
    with database.transaction() as session:
        job, _ = jobs.create(session, NewJob("alpha", ("de",), key_id="one"), ITEMS)
    for _ in range(2):
        while chunks.run_next(database.transaction, translator, job.id, lease=60):
            pass
        with database.transaction() as session:
            jobs.retry_failures(session, "alpha", job.id)
    with database.reading() as session:
        assert usage.account_of(session, "alpha", "one").used == 30


def test_a_job_above_the_quota_is_refused_whole(database: Database) -> None:
    with database.transaction() as session:
        usage.set_quota(session, "alpha", usage.TENANT, 99)
    with pytest.raises(QuotaExceededError), database.transaction() as session:
        jobs.create(session, NewJob("alpha", ("de", "fr")), ITEMS)
    with database.transaction() as session:
        jobs.create(session, NewJob("alpha", ("de",)), ITEMS)
    with (
        pytest.raises(QuotaExceededError, match="50 are used or reserved"),
        database.transaction() as session,
    ):
        jobs.create(session, NewJob("alpha", ("fr",)), ITEMS)
