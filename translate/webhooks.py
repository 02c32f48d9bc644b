"""Telling a caller that its job has ended: signed, tried again, remembered in the database.

The body is signed as `Weft-Signature: t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA-256 of
`SECONDS.BODY` under the caller's secret: a receiver that checks it, and that SECONDS is near, knows
who sent what and when. `Weft-Event` is the same in every attempt, so that it can drop repeats.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from translate import store
from translate.models import JobRow, WebhookRow

DELAYS = (10, 30, 120, 600, 1800, 7200, 6 * 3600, 24 * 3600)
"""Seconds to wait after each failed attempt; after the last one it is given up."""
CLAIM_SECONDS = 120
"""A message whose sender died is sent again after so long."""


@dataclass(frozen=True, slots=True)
class Message:
    """What to send to whom: the address, the headers and the body."""

    job_id: str
    url: str
    headers: dict[str, str]
    body: bytes


def register(session: Session, job_id: str, url: str, secret: str) -> None:
    """Remember whom to tell about a job."""
    session.add(
        WebhookRow(job_id=job_id, url=url, secret=secret, state="waiting", event_id="", attempts=0)
    )
    session.flush()


def arm(session: Session, job_id: str) -> None:
    """Make a job's webhook due, if it has one: the job has ended."""
    row = session.get(WebhookRow, job_id)
    if row:
        row.state, row.event_id = "due", f"ev_{secrets.token_hex(12)}"
        row.attempts, row.next_at, row.error = 0, store.now(), None
        session.flush()


def find(session: Session, job_id: str) -> WebhookRow | None:
    """Return a job's webhook, if it has one."""
    return session.get(WebhookRow, job_id)


def due(session: Session, *, limit: int = 100) -> Sequence[str]:
    """Return the jobs whose webhooks are to be sent now."""
    return session.scalars(
        select(WebhookRow.job_id)
        .where(WebhookRow.state == "due", WebhookRow.next_at <= store.now())
        .order_by(WebhookRow.next_at)
        .limit(limit)
    ).all()


def claim(session: Session, job_id: str) -> Message | None:
    """Take a due webhook to send it; None where it is not due, or another is sending it."""
    row = session.scalars(
        select(WebhookRow).filter_by(job_id=job_id, state="due").with_for_update()
    ).one_or_none()
    moment = store.now()
    if row is None or row.next_at is None or row.next_at > moment:
        return None
    row.attempts, row.next_at = row.attempts + 1, moment + timedelta(seconds=CLAIM_SECONDS)
    job = session.get_one(JobRow, job_id)
    body = _body(session, job, row.event_id)
    session.flush()
    return Message(
        job_id,
        row.url,
        {
            "Content-Type": "application/json",
            "Weft-Event": row.event_id,
            "Weft-Signature": sign(row.secret, body, moment),
        },
        body,
    )


def settle(session: Session, message: Message, error: str | None) -> None:
    """Record how sending went: delivered, to be tried again, or given up."""
    row = session.get(WebhookRow, message.job_id, with_for_update=True)
    if row is None or row.event_id != message.headers["Weft-Event"] or row.state != "due":
        return
    row.error = error
    if error is None:
        row.state, row.next_at = "delivered", None
    elif row.attempts > len(DELAYS):
        row.state, row.next_at = "failed", None
    else:
        row.next_at = store.now() + timedelta(seconds=DELAYS[row.attempts - 1])
    session.flush()


def sign(secret: str, body: bytes, moment: datetime) -> str:
    """Return the signature of a body sent at a moment."""
    seconds = int(moment.timestamp())
    digest = hmac.new(secret.encode(), b"%d." % seconds + body, "sha256").hexdigest()
    return f"t={seconds},v1={digest}"


def _body(session: Session, job: JobRow, event_id: str) -> bytes:
    done, needs_review, failed = store.sums(session, job.id)
    return json.dumps(
        {
            "id": event_id,
            "type": "translation_job.ended",
            "job": {
                "id": job.id,
                "state": job.state,
                "progress": {
                    "done": done, "total": job.total, "failed": failed,
                    "needs_review": needs_review,
                },
                "finished_at": job.finished_at and job.finished_at.isoformat(),
            },
        }
    ).encode()  # fmt: skip
