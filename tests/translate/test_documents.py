"""A document's life: claims, leases, tries."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from translate import documents, memories, usage
from translate.errors import QuotaExceededError
from translate.formats import Options
from translate.memory import Unit
from translate.models import DocumentRow
from translate.store import now
from translate.translator import Translator
from workers.db import Database

CATALOGUE = b'msgid "A good book."\nmsgstr ""\n'


def _made(database: Database, key_id: str = "") -> str:
    with database.transaction() as session:
        return documents.create(
            session, "a", "a.po", CATALOGUE, Options(target="de"), key_id=key_id
        ).id


def _row(database: Database, document_id: str) -> DocumentRow:
    with database.reading() as session:
        return documents.get(session, "a", document_id)


def _set(database: Database, **values: object) -> None:
    with database.transaction() as session:
        session.execute(update(DocumentRow).values(**values))


def test_a_document_is_translated_with_its_tenants_memory(
    database: Database, translator: Translator
) -> None:
    known = Unit("en", "de", "t1", "A good book.", "Was für ein Buch!")
    memories.import_units(database.transaction, "a", [known])
    document_id = _made(database)
    documents.run(database.transaction, translator, document_id, reading=database.reading)
    with database.reading() as session:
        assert "Was für ein Buch!" in documents.result(session, "a", document_id)[1].decode()


def test_a_document_that_another_holds_is_left_alone(
    database: Database, translator: Translator
) -> None:
    document_id = _made(database)
    _set(database, state="running", claim="other", lease_until=now() + timedelta(minutes=5))
    documents.run(database.transaction, translator, document_id)
    assert _row(database, document_id).state == "running"
    with database.reading() as session:
        assert documents.waiting(session) == []


def test_a_dead_workers_document_is_taken_over(database: Database, translator: Translator) -> None:
    document_id = _made(database)
    _set(database, state="running", claim="dead", lease_until=now() - timedelta(seconds=1))
    with database.reading() as session:
        assert documents.waiting(session) == [document_id]
    documents.run(database.transaction, translator, document_id)
    assert _row(database, document_id).state == "done"


def test_a_document_that_kills_its_workers_is_given_up(
    database: Database, translator: Translator
) -> None:
    document_id = _made(database)
    _set(database, attempts=documents.MAX_ATTEMPTS)
    documents.run(database.transaction, translator, document_id)
    row = _row(database, document_id)
    assert (row.state, row.claim) == ("failed", None)


def test_a_document_that_fails_for_no_foreseen_reason_is_not_tried_for_ever(
    database: Database, translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(documents, "translate_file", broken)
    document_id = _made(database)
    documents.run(database.transaction, translator, document_id)
    row = _row(database, document_id)
    assert (row.state, row.error) == ("failed", documents.UNFORESEEN)


def test_a_document_waits_for_another_try_where_the_database_fails(
    database: Database, translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("", None, Exception())

    monkeypatch.setattr(documents, "translate_file", broken)
    document_id = _made(database)
    with pytest.raises(OperationalError):
        documents.run(database.transaction, translator, document_id)
    assert _row(database, document_id).state == "running"


def test_expired_documents_are_deleted(database: Database) -> None:
    _made(database)
    _set(database, expires_at=now() - timedelta(seconds=1))
    with database.transaction() as session:
        documents.remove_expired(session)
        assert session.query(DocumentRow).count() == 0


def test_a_document_is_counted_for_its_key_and_stops_at_the_quota(
    database: Database, translator: Translator
) -> None:
    def state() -> str:
        document_id = _made(database, "k")
        documents.run(database.transaction, translator, document_id)
        return _row(database, document_id).state

    with database.transaction() as session:
        usage.set_quota(session, "a", "k", 20)
    assert [state(), state()] == ["done", "failed"]
    with database.transaction() as session:
        assert usage.account_of(session, "a", "k").used == len("A good book.")
        usage.set_quota(session, "a", "k", 12)
    with pytest.raises(QuotaExceededError):
        _made(database, "k")
