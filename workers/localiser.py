"""Where the catalogue and its translations meet: neither domain knows of the other.

Items are followed by the catalogue's revisions, a batch in two short transactions, so that a killed
worker loses one batch and an unchanged catalogue costs one query.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy.orm import Session

from linkage import store
from linkage.store import Stored
from translate import localisations
from translate.localisations import BEGINNING, Claim
from translate.renewal import Passage, Renewed, renew
from translate.search import TenantMemory
from translate.translator import Translator
from workers.db import Database

BATCH = 64
"""Items translated at once: a lease must outlast them."""
CHARACTERS = 60_000
LEASE_SECONDS = 300.0
Field = Literal["title", "text"]
FIELDS: tuple[Field, ...] = ("title", "text")
"""What of an item can be translated; a review is an item of its own kind."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a batch did: items read, segments translated, texts that failed; whether it is all."""

    items: int
    segments: int
    failed: int
    is_last: bool


def localise_next(
    database: Database, translator: Translator, tenant_id: str, language: str
) -> Step | None:
    """Translate what has changed of the next items; None where another worker is at it.

    Raises `UnsupportedLanguageError` when no model knows the language any more.
    """
    with database.transaction() as session:
        held = localisations.claim(session, tenant_id, language, lease_seconds=LEASE_SECONDS)
    if held is None:
        return None
    with database.reading() as session:
        newest = store.revision(session, tenant_id)
        found = _batch(session, held)
    try:
        if found:
            return _translate(database, translator, held, found)
        return _end(database, held, newest)
    except BaseException:
        with database.transaction() as session:
            localisations.write(session, held, {}, place=(held.revision, held.last_key))
        raise


def waiting(session: Session) -> list[tuple[str, str]]:
    """Return tenant and language of all that is behind its catalogue or the memory."""
    return [
        (tenant_id, language)
        for tenant_id, language, place, is_outdated in localisations.free(session)
        if is_outdated or place < (store.revision(session, tenant_id), store.LAST_KEY)
    ]


def _batch(session: Session, held: Claim) -> list[Stored]:
    """Return the next items, at least one if there is any, and not much more than `CHARACTERS`."""
    found = store.changed_since(
        session, held.tenant_id, held.revision, after_key=held.last_key, limit=BATCH
    )
    size = 0
    for place, each in enumerate(found):
        size += len(each.item.text)
        if size > CHARACTERS:
            return found[: place + 1]
    return found


def _translate(
    database: Database, translator: Translator, held: Claim, found: Sequence[Stored]
) -> Step:
    texts = {
        (each.item.id, field): Passage(text, each.item.language)
        for each in found
        for field in held.fields
        if (text := getattr(each.item, field))
    }
    items: dict[str, dict[str, tuple[str, Renewed]]] = {each.item.id: {} for each in found}
    with database.reading() as session:
        earlier = localisations.pieces(session, held, items)
    done = renew(
        translator,
        [replace(each, earlier=earlier.get(place, ())) for place, each in texts.items()],
        target=held.language,
        memory=TenantMemory(database.reading, held.tenant_id),
        corrections=TenantMemory(database.reading, held.tenant_id, mode="exact"),
    )
    for ((item_id, field), passage), renewed in zip(texts.items(), done, strict=True):
        if renewed.source != held.language:
            items[item_id][field] = passage.text, renewed
    with database.transaction() as session:
        localisations.write(session, held, items, place=(found[-1].revision, found[-1].key))
    failed = sum(each.reason is not None for each in done)
    return Step(len(found), sum(each.translated for each in done), failed, is_last=False)


def _end(database: Database, held: Claim, newest: int) -> Step:
    """Forget the items that are gone; begin anew where the memory has changed meanwhile."""
    end = newest, store.LAST_KEY
    with database.transaction() as session:
        if (held.revision, held.last_key) != end:
            known = localisations.item_ids(session, held.tenant_id, held.language)
            there = store.keys(session, held.tenant_id, known)
            gone = [item_id for item_id in known if item_id not in there]
            localisations.forget(session, held.tenant_id, held.language, gone)
        localisations.write(session, held, {}, place=BEGINNING if held.is_outdated else end)
    return Step(0, 0, 0, is_last=not held.is_outdated)
