"""The languages a catalogue is kept translated into, and its texts in them.

What an item is, this module does not know: it has an id, and texts by field. Functions take a
Session and flush, never commit: the caller's transaction decides.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from more_itertools import batched
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from translate import glossaries
from translate.errors import LocalisationNotFoundError
from translate.languages import canonical
from translate.models import LocalisationRow, LocalisedRow, UnitRow
from translate.renewal import Piece, Renewed, digest_of
from translate.store import now

BEGINNING = (0, 2**63 - 1)
"""Before the first change of any catalogue: a revision, and a key after which all is done."""
_CHUNK = 500
"""Values in one IN list; every database takes so many."""


@dataclass(frozen=True, slots=True)
class Localisation:
    """A language of a catalogue: its fields, how far it is, and its texts by their status."""

    language: str
    fields: tuple[str, ...]
    glossary: str | None
    settled: int
    """The catalogue's revision up to which all is translated."""
    done: int
    needs_review: int
    failed: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A language that a worker holds, the place to go on from, and the token that proves it."""

    tenant_id: str
    language: str
    fields: tuple[str, ...]
    glossary: str | None
    revision: int
    last_key: int
    memory_at: datetime | None
    is_outdated: bool
    """Whether the memory has changed since the catalogue was last begun from its beginning."""
    token: str


@dataclass(frozen=True, slots=True)
class Localised:
    """A text of an item in another language, and a digest of the text it was made from."""

    text: str
    source: str | None
    status: str
    confidence: float
    checks: tuple[str, ...]
    digest: str

    def is_of(self, text: str) -> bool:
        """Tell whether this is a translation of that text, as it is now."""
        return self.digest == digest_of(text)


def follow(
    session: Session,
    tenant_id: str,
    language: str,
    fields: Sequence[str],
    *,
    glossary: str | None = None,
) -> None:
    """Keep a catalogue translated into a language from now on; other fields begin anew.

    The glossary, an id or a name, holds for what is translated from then on. Raises
    `GlossaryNotFoundError`.
    """
    terms = glossaries.find(session, tenant_id, glossary).id if glossary else None
    fresh = {"fields": list(fields), "glossary": terms, "revision": BEGINNING[0],
             "last_key": BEGINNING[1], "memory_at": _memory_at(session, tenant_id, language),
             "updated_at": now()}  # fmt: skip
    row = session.get(LocalisationRow, (tenant_id, canonical(language)))
    if row is None:
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        new = dialect.insert(LocalisationRow).values(
            tenant_id=tenant_id, language=canonical(language), **fresh
        )
        session.execute(new.on_conflict_do_nothing())
    elif row.fields != fresh["fields"]:
        session.execute(update(LocalisationRow).where(_is(tenant_id, language)).values(fresh))
        others = _has(tenant_id, language) & LocalisedRow.field.not_in(fields)
        session.execute(delete(LocalisedRow).where(others))
    else:
        row.glossary = terms


def begin_anew(session: Session, tenant_id: str, language: str) -> None:
    """Have everything translated again, as with another model; texts are served until then."""
    session.execute(update(LocalisedRow).where(_has(tenant_id, language)).values(pieces=[]))
    session.execute(
        update(LocalisationRow)
        .where(_is(tenant_id, language))
        .values(revision=BEGINNING[0], last_key=BEGINNING[1])
    )


def leave(session: Session, tenant_id: str, language: str) -> None:
    """Keep a language no longer and delete its texts; raise `LocalisationNotFoundError`."""
    gone = delete(LocalisationRow).where(_is(tenant_id, language))
    if session.execute(gone.returning(LocalisationRow.language)).first() is None:
        raise LocalisationNotFoundError(language)
    session.execute(delete(LocalisedRow).where(_has(tenant_id, language)))


def overview(session: Session, tenant_id: str) -> list[Localisation]:
    """Return the languages of a catalogue with the number of their texts."""
    groups = (LocalisedRow.language, LocalisedRow.status)
    counted = select(*groups, func.count()).where(LocalisedRow.tenant_id == tenant_id)
    counts = {
        (language, status): count
        for language, status, count in session.execute(counted.group_by(*groups))
    }
    rows = select(LocalisationRow).where(LocalisationRow.tenant_id == tenant_id)
    return [
        Localisation(
            language=row.language,
            fields=tuple(row.fields),
            glossary=row.glossary,
            settled=row.revision - (row.last_key != BEGINNING[1]),
            done=counts.get((row.language, "done"), 0),
            needs_review=counts.get((row.language, "needs_review"), 0),
            failed=counts.get((row.language, "failed"), 0),
            updated_at=row.updated_at,
        )
        for row in session.scalars(rows.order_by(LocalisationRow.language))
    ]


def free(session: Session) -> list[tuple[str, str, tuple[int, int], bool]]:
    """Return the tenants and languages that nobody works on.

    With each, how far it is, and whether the memory has changed since its beginning.
    """
    return [
        (row.tenant_id, row.language, (row.revision, row.last_key),
         row.memory_at != _memory_at(session, row.tenant_id, row.language))
        for row in session.scalars(select(LocalisationRow).where(_is_free()))
    ]  # fmt: skip


def claim(session: Session, tenant_id: str, language: str, *, lease_seconds: float) -> Claim | None:
    """Take hold of a language; None where another worker has it, or it is not kept."""
    token = secrets.token_hex(16)
    held = (
        update(LocalisationRow)
        .where(_is(tenant_id, language), _is_free())
        .values(claim=token, lease_until=now() + timedelta(seconds=lease_seconds))
        .returning(LocalisationRow)
        .execution_options(populate_existing=True)
    )
    if (row := session.scalars(held).one_or_none()) is None:
        return None
    newest = _memory_at(session, tenant_id, row.language)
    return Claim(
        tenant_id, row.language, tuple(row.fields), row.glossary, row.revision, row.last_key,
        newest, newest != row.memory_at, token,
    )  # fmt: skip


def write(
    session: Session,
    held: Claim,
    items: Mapping[str, Mapping[str, tuple[str, Renewed]]],
    *,
    place: tuple[int, int],
) -> bool:
    """Store what the fields of items became, with what they were, and let go at another place.

    At the beginning, the memory is taken account of as it is now. Return False and store nothing
    where the claim does not hold any more.
    """
    ours = (_is(held.tenant_id, held.language), LocalisationRow.claim == held.token)
    values = {"revision": place[0], "last_key": place[1], "updated_at": now()}
    if place == BEGINNING:
        values["memory_at"] = held.memory_at
    let_go = update(LocalisationRow).where(*ours).values(claim=None, lease_until=None, **values)
    if session.execute(let_go.returning(LocalisationRow.language)).first() is None:
        return False
    forget(session, held.tenant_id, held.language, items)
    session.add_all(
        _row(held, item_id, field, *each)
        for item_id, fields in items.items()
        for field, each in fields.items()
    )
    session.flush()
    return True


def earlier(
    session: Session, held: Claim, item_ids: Iterable[str]
) -> dict[tuple[str, str], tuple[str, tuple[Piece, ...]]]:
    """Return the last translation of each text, by the item's id and the field.

    Of each a digest of the text it was made from, and its pieces.
    """
    found: dict[tuple[str, str], tuple[str, tuple[Piece, ...]]] = {}
    columns = (
        LocalisedRow.item_id, LocalisedRow.field, LocalisedRow.digest, LocalisedRow.pieces
    )  # fmt: skip
    for chunk in batched(item_ids, _CHUNK):
        query = select(*columns).where(
            _has(held.tenant_id, held.language), LocalisedRow.item_id.in_(chunk)
        )
        for item_id, field, digest, listed in session.execute(query):
            found[item_id, field] = digest, tuple(_piece(each) for each in listed)
    return found


def texts(session: Session, tenant_id: str, item_id: str, language: str) -> dict[str, Localised]:
    """Return an item's texts in a language by their fields, but for those that failed."""
    query = select(LocalisedRow).where(
        _has(tenant_id, language), LocalisedRow.item_id == item_id, LocalisedRow.status != "failed"
    )
    return {
        row.field: Localised(
            row.text, row.source, row.status, row.confidence, tuple(row.checks), row.digest
        )
        for row in session.scalars(query)
    }


def item_ids(session: Session, tenant_id: str, language: str) -> list[str]:
    """Return the ids of all items that have a text in a language."""
    query = select(LocalisedRow.item_id).where(_has(tenant_id, language)).distinct()
    return list(session.scalars(query))


def forget(session: Session, tenant_id: str, language: str, gone: Iterable[str]) -> None:
    """Delete the texts of items that are no more."""
    for chunk in batched(gone, _CHUNK):
        session.execute(
            delete(LocalisedRow).where(_has(tenant_id, language), LocalisedRow.item_id.in_(chunk))
        )


def _is(tenant_id: str, language: str) -> ColumnElement[bool]:
    return (LocalisationRow.tenant_id == tenant_id) & (
        LocalisationRow.language == canonical(language)
    )


def _has(tenant_id: str, language: str) -> ColumnElement[bool]:
    return (LocalisedRow.tenant_id == tenant_id) & (LocalisedRow.language == canonical(language))


def _is_free() -> ColumnElement[bool]:
    return or_(LocalisationRow.claim.is_(None), LocalisationRow.lease_until < now())


def _memory_at(session: Session, tenant_id: str, language: str) -> datetime | None:
    """Return when the newest unit that texts in a language can use was made."""
    query = select(UnitRow.updated_at).where(
        UnitRow.tenant_id == tenant_id,
        UnitRow.target_language == canonical(language),
        UnitRow.domain == "",
    )
    return session.scalar(query.order_by(UnitRow.updated_at.desc()).limit(1))


def _row(held: Claim, item_id: str, field: str, text: str, renewed: Renewed) -> LocalisedRow:
    return LocalisedRow(
        tenant_id=held.tenant_id, language=held.language, item_id=item_id, field=field,
        source=renewed.source, digest=digest_of(text), text=renewed.text, status=renewed.status,
        confidence=renewed.confidence, checks=renewed.checks, reason=renewed.reason,
        pieces=[[p.digest, p.text, p.status, p.confidence, list(p.checks)]
                for p in renewed.pieces],
        updated_at=now(),
    )  # fmt: skip


def _piece(listed: list[object]) -> Piece:
    digest, text, status, confidence, checks = listed
    return Piece(str(digest), str(text), str(status), float(confidence), tuple(checks))  # type: ignore[arg-type]
