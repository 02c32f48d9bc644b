import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from translate import chunks, jobs, store, webhooks
from translate.jobs import NewItem, NewJob, Webhook
from translate.models import WebhookRow
from workers.db import Database

HOOK = Webhook("https://example.com/hook", "s" * 20)


def ended(database: Database, translator, *texts: str) -> str:
    items = [NewItem(str(number), text, "en") for number, text in enumerate(texts or ["Good."])]
    with database.transaction() as session:
        job, _ = jobs.create(session, NewJob("alpha", ("de",), webhook=HOOK), items)
    assert due(database) == []
    while chunks.run_next(database.transaction, translator, job.id, lease=60):
        pass
    return job.id


def due(database: Database) -> list[str]:
    with database.reading() as session:
        return list(webhooks.due(session))


def claim(database: Database, job_id: str) -> webhooks.Message | None:
    with database.transaction() as session:
        return webhooks.claim(session, job_id)


def settle(database: Database, message: webhooks.Message, error: str | None) -> WebhookRow:
    with database.transaction() as session:
        webhooks.settle(session, message, error)
    with database.reading() as session:
        row = webhooks.find(session, message.job_id)
        assert row
        return row


def pass_time(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(WebhookRow).values(next_at=store.now() - timedelta(seconds=1)))


def test_a_webhook_is_due_when_its_job_has_ended_and_sent_by_one_worker(
    database: Database, translator
) -> None:
    job_id = ended(database, translator)
    assert due(database) == [job_id]
    message = claim(database, job_id)
    assert message
    assert claim(database, job_id) is None
    assert json.loads(message.body)["job"]["state"] == "done"
    assert settle(database, message, None).state == "delivered"
    assert due(database) == []


def test_the_signature_can_be_checked_with_the_secret(database: Database, translator) -> None:
    message = claim(database, ended(database, translator))
    assert message
    stamp, signature = message.headers["Weft-Signature"].split(",")
    signed = stamp.removeprefix("t=").encode() + b"." + message.body
    expected = hmac.new(HOOK.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert signature == f"v1={expected}"
    assert abs(int(stamp.removeprefix("t=")) - datetime.now(UTC).timestamp()) < 5
    assert HOOK.secret.encode() not in message.body


def test_a_message_that_fails_is_sent_again_later_and_later_and_then_given_up(
    database: Database, translator
) -> None:
    job_id = ended(database, translator)
    events, waits = set(), []
    while message := claim(database, job_id):
        events.add(message.headers["Weft-Event"])
        row = settle(database, message, "the receiver answered 500")
        if row.next_at:
            waits.append((row.next_at - store.now()).total_seconds())
        pass_time(database)
    assert row.state == "failed"
    assert row.error == "the receiver answered 500"
    assert len(events) == 1
    assert waits == pytest.approx(webhooks.DELAYS, abs=5)


def test_a_message_whose_sender_died_is_sent_again(database: Database, translator) -> None:
    job_id = ended(database, translator)
    first = claim(database, job_id)
    pass_time(database)
    again = claim(database, job_id)
    assert first
    assert again
    assert first.headers["Weft-Event"] == again.headers["Weft-Event"]


def test_a_cancelled_job_is_told_and_a_retried_one_told_again(
    database: Database, translator
) -> None:
    with database.transaction() as session:
        job, _ = jobs.create(session, NewJob("alpha", ("de",), webhook=HOOK), [NewItem("a", "x")])
        jobs.cancel(session, "alpha", job.id)
    message = claim(database, job.id)
    assert message
    assert json.loads(message.body)["job"]["state"] == "cancelled"
    job_id = ended(database, translator, "Good.")
    first = claim(database, job_id)
    assert first
    settle(database, first, None)
    with database.transaction() as session:
        webhooks.arm(session, job_id)
    second = claim(database, job_id)
    assert second
    assert second.headers["Weft-Event"] != first.headers["Weft-Event"]
    assert settle(database, first, None).state == "due"
