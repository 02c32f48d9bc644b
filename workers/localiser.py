"""Where the catalogue and its translations meet: neither domain knows of the other.

Items are followed by the catalogue's revisions, a batch in two short transactions, so that a killed
worker loses one batch and an unchanged catalogue costs one query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy.orm import Session

from linkage import catalogue, readings, store
from linkage.cursor import LAST_KEY
from linkage.readings import Reading
from linkage.store import Stored
from linkage.types import Item
from translate import glossaries, localisations, usage
from translate.languages import canonical
from translate.localisations import BEGINNING, Claim
from translate.renewal import Passage, Renewed, digest_of, renew
from translate.search import TenantMemory
from translate.translator import PIVOT, Translator
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
    database: Database, translator: Translator, tenant_id: str, language: str, *, encoder: str
) -> Step | None:
    """Translate what has changed of the next items; None where another worker is at it.

    Items whose language `encoder` does not know are indexed by their translations into the one that
    it does. Raises `UnsupportedLanguageError` when no model knows the language any more, and
    `QuotaExceededError` where the tenant has no characters left; the last item may go beyond them.
    """
    with database.transaction() as session:
        held = localisations.claim(session, tenant_id, language, lease_seconds=LEASE_SECONDS)
    if held is None:
        return None
    try:
        with database.reading() as session:
            newest = catalogue.revision(session, tenant_id)
            if found := _batch(session, held):
                usage.check(session, tenant_id, usage.TENANT, 1)
        if found:
            return _translate(database, translator, held, found, encoder)
        return _end(database, held, newest)
    except BaseException:
        with database.transaction() as session:
            localisations.write(session, held, {}, place=(held.revision, held.last_key))
        raise


def waiting(session: Session) -> list[tuple[str, str]]:
    """Return tenant and language of all that is behind and has characters left to go on."""
    return [
        (tenant_id, language)
        for tenant_id, language, place, is_outdated in localisations.free(session)
        if (is_outdated or place < (catalogue.revision(session, tenant_id), LAST_KEY))
        and usage.room(session, tenant_id) != 0
    ]


def _batch(session: Session, held: Claim) -> list[Stored]:
    """Return the next items, at least one, of about as many characters as fit and may be used."""
    room = usage.room(session, held.tenant_id)
    limit = CHARACTERS if room is None else min(CHARACTERS, room)
    found = store.changed_since(
        session, held.tenant_id, held.revision, after_key=held.last_key, limit=BATCH
    )
    size = 0
    for place, each in enumerate(found):
        size += sum(len(getattr(each.item, field)) for field in held.fields)
        if size > limit:
            return found[: place + 1]
    return found


def leave(session: Session, tenant_id: str, language: str) -> None:
    """Keep a language no longer; raise `LocalisationNotFoundError`."""
    localisations.leave(session, tenant_id, language)
    readings.forget(session, tenant_id, canonical(language))


def _translate(
    database: Database, translator: Translator, held: Claim, found: Sequence[Stored], encoder: str
) -> Step:
    texts = {
        (each.item.id, field): Passage(text, each.item.language)
        for each in found
        for field in held.fields
        if (text := getattr(each.item, field))
    }
    items: dict[str, dict[str, tuple[str, Renewed]]] = {each.item.id: {} for each in found}
    with database.reading() as session:
        earlier = localisations.earlier(session, held, items)
        terms = held.glossary and glossaries.load(session, held.tenant_id, held.glossary)
    done = renew(
        translator,
        [
            replace(each, earlier=earlier[place][1]) if place in earlier else each
            for place, each in texts.items()
        ],
        target=held.language,
        glossary=terms or None,
        memory=TenantMemory(database.reading, held.tenant_id),
        corrections=TenantMemory(database.reading, held.tenant_id, mode="exact"),
    )
    for ((item_id, field), passage), renewed in zip(texts.items(), done, strict=True):
        if renewed.source != held.language:
            items[item_id][field] = passage.text, renewed
    read = _readings(held, found, items)
    digests = {place: digest for place, (digest, _) in earlier.items()}
    new = {id_: fields for id_, fields in items.items() if not _is_kept(id_, fields, digests)}
    with database.transaction() as session:
        place = found[-1].revision, found[-1].key
        _forget_gone(session, held, place[0])
        if localisations.write(session, held, new, place=place):
            used = sum(each.characters for each in done if each.source != held.language)
            usage.add(session, held.tenant_id, usage.TENANT, used)
            readings.keep(session, held.tenant_id, read, encoder=encoder)
    failed = sum(each.reason is not None for each in done)
    return Step(len(found), sum(each.translated for each in done), failed, is_last=False)


def _is_kept(
    item_id: str, fields: Mapping[str, tuple[str, Renewed]], digests: Mapping[tuple[str, str], str]
) -> bool:
    """Tell whether an item's texts are stored as they are, with nothing that was translated now."""
    return fields.keys() == {field for id_, field in digests if id_ == item_id} and all(
        renewed.translated == 0 and digests[item_id, field] == digest_of(text)
        for field, (text, renewed) in fields.items()
    )


def _readings(
    held: Claim, found: Sequence[Stored], items: Mapping[str, Mapping[str, tuple[str, Renewed]]]
) -> dict[int, tuple[Item, Reading]]:
    """Return what the index may need: how items read in the language that all encoders know."""
    if held.language != PIVOT:
        return {}
    read: dict[int, tuple[Item, Reading]] = {}
    for each in found:
        good = {
            field: renewed
            for field, (_, renewed) in items[each.item.id].items()
            if renewed.source and renewed.reason is None
        }
        texts = {"title": each.item.title, "text": each.item.text}
        texts |= {field: renewed.text for field, renewed in good.items()}
        if sources := [renewed.source for renewed in good.values() if renewed.source]:
            # the text is surer of its language than the title, where none was given
            reading = Reading(sources[0], held.language, texts["title"], texts["text"])
            read[each.key] = each.item, reading
    return read


def _end(database: Database, held: Claim, newest: int) -> Step:
    """Let go at the end; begin anew where the memory has changed meanwhile."""
    end = newest, LAST_KEY
    with database.transaction() as session:
        _forget_gone(session, held, newest)
        localisations.write(session, held, {}, place=BEGINNING if held.is_outdated else end)
    return Step(0, 0, 0, is_last=not held.is_outdated)


def _forget_gone(session: Session, held: Claim, revision: int) -> None:
    """Forget the items that are gone, if any may have gone on the way to a revision.

    What is known is read whole for that; what merely changed, which is most of all, needs it not.
    """
    if revision == held.revision or not store.may_lack(
        session, held.tenant_id, held.revision, revision
    ):
        return
    known = localisations.item_ids(session, held.tenant_id, held.language)
    there = store.keys(session, held.tenant_id, known)
    gone = [item_id for item_id in known if item_id not in there]
    localisations.forget(session, held.tenant_id, held.language, gone)
    readings.forget_lost(session, held.tenant_id)
