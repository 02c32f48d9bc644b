"""The life of a document: taken in, claimed by a worker, translated, fetched, deleted.

As with jobs, a claim holds until its lease ends, and a result counts only if the claim still holds.
"""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, undefer

from translate import glossaries, usage
from translate.errors import DocumentNotFoundError, DocumentStateError, TranslateError
from translate.files import TranslatedFile, translate_file
from translate.formats import Options, reader_of
from translate.models import DocumentRow
from translate.search import TenantMemory
from translate.store import now
from translate.translator import Translator

KEPT = timedelta(days=7)
LEASE = timedelta(minutes=30)
MAX_ATTEMPTS = 3
UNFORESEEN = "could not be translated for a reason nobody foresaw; the worker's log tells it"
log = structlog.get_logger()
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A document that this process holds, and the token that proves the holding."""

    document_id: str
    token: str


def create(  # noqa: PLR0913 - what a document is made of
    session: Session,
    tenant_id: str,
    name: str,
    content: bytes,
    options: Options,
    *,
    key_id: str = "",
    glossary: str | None = None,
) -> DocumentRow:
    """Queue a document at a key's cost.

    Raises `UnknownFormatError`, `GlossaryNotFoundError`, `QuotaExceededError`. A file that cannot
    be read, or holds more characters than are left, fails later.
    """
    reader_of(name)
    usage.check(session, tenant_id, key_id, 1)
    if glossary:
        glossary = glossaries.find(session, tenant_id, glossary).id
    moment = now()
    row = DocumentRow(
        id=f"doc_{secrets.token_hex(12)}", tenant_id=tenant_id, key_id=key_id, name=name,
        content=content,
        target=options.target, source=options.source, columns=list(options.columns),
        glossary=glossary, state="queued", created_at=moment, expires_at=moment + KEPT,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def get(session: Session, tenant_id: str, document_id: str) -> DocumentRow:
    """Return a tenant's document, without its contents; raise `DocumentNotFoundError`."""
    row = session.get(DocumentRow, document_id)
    if row is None or row.tenant_id != tenant_id:
        raise DocumentNotFoundError(document_id)
    return row


def result(session: Session, tenant_id: str, document_id: str) -> tuple[DocumentRow, bytes]:
    """Return a document and its translation; raise `DocumentStateError` before there is one."""
    row = get(session, tenant_id, document_id)
    if row.state != "done" or row.result is None:
        raise DocumentStateError(document_id, row.state, row.error or "it is not translated yet")
    return row, row.result


def shared_result(session: Session, document_id: str) -> bytes:
    """Return a translation to whoever knows the document's id, which nobody can guess."""
    row = session.get(DocumentRow, document_id)
    if row is None or row.result is None:
        raise DocumentNotFoundError(document_id)
    return row.result


def remove(session: Session, tenant_id: str, document_id: str) -> None:
    """Delete a document; work on it that is under way comes to nothing."""
    session.delete(get(session, tenant_id, document_id))
    session.flush()


def remove_expired(session: Session) -> None:
    """Delete the documents whose time is over."""
    session.execute(delete(DocumentRow).where(DocumentRow.expires_at < now()))


def waiting(session: Session) -> Sequence[str]:
    """Return ids of documents that a worker should take, the oldest first."""
    query = select(DocumentRow.id).where(_is_free()).order_by(DocumentRow.created_at)
    return session.scalars(query.limit(100)).all()


def run(
    transaction: Transaction,
    translator: Translator,
    document_id: str,
    *,
    reading: Transaction | None = None,
) -> None:
    """Translate a document, unless another worker is at it. A faulty file fails with its reason.

    So does one that fails for a reason nobody foresaw; where the database fails, another worker
    tries again. The tenant's memory is searched in sessions of `reading`.
    """
    with transaction() as session:
        claim = _claim(session, document_id)
    if claim is None:
        return
    try:
        done = _translate(transaction, reading or transaction, translator, claim)
    except TranslateError as error:
        _finish(transaction, claim, state="failed", error=str(error))
    except DBAPIError:
        raise  # the database may come back, and another worker try again
    except Exception:  # would come again, worker after worker
        log.exception("document_failed", document=document_id)
        _finish(transaction, claim, state="failed", error=UNFORESEEN)
    else:
        if done:
            _finish(
                transaction, claim, state="done", result=done.content, passages=done.passages,
                needs_review=done.needs_review, failed=done.failed, characters=done.characters,
                error="\n".join(done.faults[:100]) or None,
            )  # fmt: skip


def _is_free() -> ColumnElement[bool]:
    return or_(
        DocumentRow.state == "queued",
        (DocumentRow.state == "running") & (DocumentRow.lease_until < now()),
    )


def _claim(session: Session, document_id: str) -> _Claim | None:
    token = secrets.token_hex(16)
    attempts = session.scalar(
        update(DocumentRow)
        .where(DocumentRow.id == document_id, _is_free())
        .values(
            state="running", claim=token, lease_until=now() + LEASE,
            attempts=DocumentRow.attempts + 1,
        )
        .returning(DocumentRow.attempts)
    )  # fmt: skip
    if attempts is None:
        return None
    if attempts > MAX_ATTEMPTS:
        _write(session, _Claim(document_id, token), state="failed",
               error="given up: its translation stopped three times without an end")  # fmt: skip
        return None
    return _Claim(document_id, token)


def _translate(
    transaction: Transaction, reading: Transaction, translator: Translator, claim: _Claim
) -> TranslatedFile | None:
    with transaction() as session:
        query = select(DocumentRow).where(DocumentRow.id == claim.document_id)
        row = session.scalars(query.options(undefer(DocumentRow.content))).one_or_none()
        if row is None:
            return None
        glossary = glossaries.load(session, row.tenant_id, row.glossary) if row.glossary else None
        session.expunge(row)
    options = Options(target=row.target, source=row.source, columns=tuple(row.columns))
    memory = TenantMemory(reading, row.tenant_id)

    def check_size(characters: int) -> None:
        with reading() as session:
            usage.check(session, row.tenant_id, row.key_id, characters)

    return translate_file(
        translator, row.name, row.content, options,
        glossary=glossary, memory=memory, check_size=check_size,
    )  # fmt: skip


def _finish(transaction: Transaction, claim: _Claim, *, characters: int = 0, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write what became of a document and charge for it, if the claim still holds."""
    with transaction() as session:
        if owner := _write(session, claim, characters=characters, **values):
            usage.add(session, *owner, characters)


def _write(session: Session, claim: _Claim, **values: Any) -> tuple[str, str] | None:  # noqa: ANN401
    """Write what became of a document; return its tenant and key if the claim still holds."""
    written = session.execute(
        update(DocumentRow)
        .where(DocumentRow.id == claim.document_id, DocumentRow.claim == claim.token)
        .values(claim=None, lease_until=None, finished_at=now(), **values)
        .returning(DocumentRow.tenant_id, DocumentRow.key_id)
    ).first()
    return (written.tenant_id, written.key_id) if written else None
