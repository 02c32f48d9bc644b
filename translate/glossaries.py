"""Glossaries in the database: made, changed, read. Every change makes a new version.

Functions take a Session and flush, never commit: the caller's transaction decides.
"""

import secrets
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from translate.errors import GlossaryNameTakenError, GlossaryNotFoundError, InvalidTermError
from translate.glossary import Glossary, Term, term_fault
from translate.languages import canonical
from translate.models import GlossaryRow, LocalisationRow, TermRow
from translate.store import now
from translate.types import Fault, ImportSummary

Pair = tuple[str, str]
MAX_TERMS = 50_000
"""Terms of one language pair."""
MAX_FAULTS = 1000
"""Faults that a summary lists."""
_ROWS = 1000
_CACHED = 64


@dataclass(frozen=True, slots=True)
class Dictionary:
    """How many terms a glossary has for a language pair."""

    source: str
    target: str
    terms: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A glossary without its terms."""

    row: GlossaryRow
    dictionaries: tuple[Dictionary, ...]


def create(
    session: Session, tenant_id: str, name: str, dictionaries: Mapping[Pair, Mapping[str, str]]
) -> GlossaryRow:
    """Make a glossary; raise `GlossaryNameTakenError` or `InvalidTermError`."""
    moment = now()
    row = GlossaryRow(
        id=f"gl_{secrets.token_hex(12)}", tenant_id=tenant_id, name=name, version=0,
        created_at=moment, updated_at=moment,
    )  # fmt: skip
    _flush_name(session, row, name)
    for pair, terms in dictionaries.items():
        _put(session, row, _canonical(pair), terms)
    _touch(session, row)
    return row


def rename(session: Session, tenant_id: str, reference: str, name: str) -> GlossaryRow:
    """Give a glossary another name; raise `GlossaryNameTakenError`."""
    row = find(session, tenant_id, reference)
    _flush_name(session, row, name)
    return row


def replace_terms(
    session: Session, tenant_id: str, reference: str, pair: Pair, terms: Mapping[str, str]
) -> GlossaryRow:
    """Replace all terms of a language pair; raise `InvalidTermError`."""
    row = find(session, tenant_id, reference, lock=True)
    _replace(session, row, pair, terms)
    return row


def merge_terms(
    session: Session, tenant_id: str, reference: str, pair: Pair, given: Iterable[Term | Fault]
) -> ImportSummary:
    """Add terms to those of a language pair; a source that is there gets its new target."""
    row = find(session, tenant_id, reference, lock=True)
    old = {term.source: term.target for term in _terms(session, row.id, _canonical(pair))}
    new, faults, warnings = _sorted(given)
    changed = {source for source, target in new.items() if old.get(source) != target}
    if changed:
        _replace(session, row, pair, old | new)
    created = len(new.keys() - old.keys())
    return ImportSummary(
        created, len(changed) - created, len(new) - len(changed), len(faults),
        tuple(faults[:MAX_FAULTS]), tuple(warnings[:MAX_FAULTS]),
    )  # fmt: skip


def _sorted(given: Iterable[Term | Fault]) -> tuple[dict[str, str], list[Fault], list[Fault]]:
    """Return targets by their terms, what could not be used, and terms with several targets."""
    new: dict[str, str] = {}
    faults: list[Fault] = []
    warnings: list[Fault] = []
    for number, each in enumerate(given, 1):
        if isinstance(each, Fault):
            faults.append(each)
        else:
            if (before := new.get(each.source, each.target)) != each.target:
                reason = f"was {before!r} before; {each.target!r}, the later, counts"
                warnings.append(Fault(f"term {number}", reason, each.source))
            new[each.source] = each.target
    return new, faults, warnings


def remove_terms(session: Session, tenant_id: str, reference: str, pair: Pair) -> GlossaryRow:
    """Remove a language pair; raise `GlossaryNotFoundError` where there is none."""
    row = find(session, tenant_id, reference, lock=True)
    if not _delete(session, row, _canonical(pair)):
        raise GlossaryNotFoundError(reference, pair)
    _touch(session, row)
    return row


def remove(session: Session, tenant_id: str, reference: str) -> None:
    """Delete a glossary with its terms."""
    row = find(session, tenant_id, reference)
    used = update(LocalisationRow).where(LocalisationRow.glossary == row.id)
    session.execute(used.values(glossary=None))
    session.delete(row)
    session.flush()


def find(session: Session, tenant_id: str, reference: str, *, lock: bool = False) -> GlossaryRow:
    """Return a tenant's glossary by its id, else by its name; raise `GlossaryNotFoundError`."""
    mine = select(GlossaryRow).where(GlossaryRow.tenant_id == tenant_id)
    if lock:
        mine = mine.with_for_update().execution_options(populate_existing=True)
    for column in (GlossaryRow.id, GlossaryRow.name):
        if row := session.scalars(mine.where(column == reference)).one_or_none():
            return row
    raise GlossaryNotFoundError(reference)


def get(session: Session, tenant_id: str, reference: str) -> Overview:
    """Return a glossary with the sizes of its dictionaries."""
    return _overviews(session, [find(session, tenant_id, reference)])[0]


def list_all(session: Session, tenant_id: str) -> list[Overview]:
    """Return a tenant's glossaries by name."""
    query = select(GlossaryRow).where(GlossaryRow.tenant_id == tenant_id)
    return _overviews(session, session.scalars(query.order_by(GlossaryRow.name)).all())


def terms(session: Session, tenant_id: str, reference: str, pair: Pair) -> list[Term]:
    """Return the terms of a language pair by source; raise `GlossaryNotFoundError` for none."""
    row = find(session, tenant_id, reference)
    found = _terms(session, row.id, _canonical(pair))
    if not found:
        raise GlossaryNotFoundError(reference, pair)
    return found


def load(session: Session, tenant_id: str, reference: str) -> Glossary:
    """Return a glossary ready for use. A version is read once and kept: it never changes."""
    row = find(session, tenant_id, reference)
    key = row.id, row.version
    with _lock:
        if key in _loaded:
            _loaded.move_to_end(key)
            return _loaded[key]
    glossary = Glossary(row.id, row.version, _dictionaries(session, row.id))
    with _lock:
        _loaded[key] = glossary
        while len(_loaded) > _CACHED:
            _loaded.popitem(last=False)
    return glossary


_loaded: OrderedDict[tuple[str, int], Glossary] = OrderedDict()
_lock = Lock()


def _dictionaries(session: Session, glossary_id: str) -> dict[Pair, list[Term]]:
    dictionaries: defaultdict[Pair, list[Term]] = defaultdict(list)
    columns = (TermRow.source_language, TermRow.target_language, TermRow.source, TermRow.target)
    for one, other, source, target in session.execute(
        select(*columns).where(TermRow.glossary_id == glossary_id)
    ):
        dictionaries[one, other].append(Term(source, target))
    return dict(dictionaries)


def _overviews(session: Session, rows: Sequence[GlossaryRow]) -> list[Overview]:
    columns = (TermRow.glossary_id, TermRow.source_language, TermRow.target_language)
    counted = session.execute(
        select(*columns, func.count())
        .where(TermRow.glossary_id.in_([row.id for row in rows]))
        .group_by(*columns)
        .order_by(*columns)
    )
    by_id: defaultdict[str, list[Dictionary]] = defaultdict(list)
    for id_, source, target, count in counted:
        by_id[id_].append(Dictionary(source, target, count))
    return [Overview(row, tuple(by_id[row.id])) for row in rows]


def _terms(session: Session, glossary_id: str, pair: Pair) -> list[Term]:
    query = select(TermRow.source, TermRow.target).where(_of(glossary_id, pair))
    return [Term(*row) for row in session.execute(query.order_by(TermRow.source))]


def _replace(session: Session, row: GlossaryRow, pair: Pair, terms: Mapping[str, str]) -> None:
    pair = _canonical(pair)
    _delete(session, row, pair)
    _put(session, row, pair, terms)
    _touch(session, row)


def _put(session: Session, row: GlossaryRow, pair: Pair, terms: Mapping[str, str]) -> None:
    if len(terms) > MAX_TERMS:
        raise InvalidTermError(f"more than {MAX_TERMS:,} terms; make several glossaries")
    for source, target in terms.items():
        if reason := term_fault(Term(source, target)):
            raise InvalidTermError(reason)
    rows = [
        {"glossary_id": row.id, "source_language": pair[0], "target_language": pair[1],
         "source": source, "target": target}
        for source, target in terms.items()
    ]  # fmt: skip
    for begin in range(0, len(rows), _ROWS):
        session.execute(insert(TermRow), rows[begin : begin + _ROWS])


def _delete(session: Session, row: GlossaryRow, pair: Pair) -> bool:
    gone = session.execute(delete(TermRow).where(_of(row.id, pair)).returning(TermRow.id))
    return bool(gone.all())


def _of(glossary_id: str, pair: Pair) -> ColumnElement[bool]:
    return and_(
        TermRow.glossary_id == glossary_id,
        TermRow.source_language == pair[0],
        TermRow.target_language == pair[1],
    )


def _touch(session: Session, row: GlossaryRow) -> None:
    row.version, row.updated_at = row.version + 1, now()
    session.flush()


def _flush_name(session: Session, row: GlossaryRow, name: str) -> None:
    try:
        with session.begin_nested():
            row.name = name
            session.add(row)
    except IntegrityError as error:
        raise GlossaryNameTakenError(name) from error


def _canonical(pair: Pair) -> Pair:
    return canonical(pair[0]), canonical(pair[1])
