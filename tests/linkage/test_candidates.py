from collections.abc import Callable

import numpy as np
import pytest

from linkage import candidates
from linkage.candidates import Shelf
from linkage.lexical import LexiconWriter
from linkage.types import Filters, Item

MakeItem = Callable[..., Item]


@pytest.fixture
def shelf(make_item: MakeItem) -> Shelf:
    """Sixty books of one author, and ten more that are alike in words."""
    writer = LexiconWriter()
    writer.add(
        {n: make_item(f"own{n}", f"Volume {n}", creators=["Ann Lee"]) for n in range(60)}
        | {
            n: make_item(f"like{n}", f"Desert planet {n}", text="Spice. " * (70 - n))
            for n in range(60, 70)
        }
    )
    return Shelf(vectors=None, lexicon=writer.publish())


def gathered(item: Item, shelf: Shelf, limit: int) -> list[int]:
    question = candidates.question(item, np.zeros(4, dtype=np.float32), [shelf])
    return candidates.gather(question, [shelf], filters=Filters(), limit=limit).keys


def test_many_books_of_one_author_do_not_push_out_what_is_alike(
    make_item: MakeItem, shelf: Shelf
) -> None:
    asked = make_item("asked", "Desert planet", creators=["Ann Lee"], text="Spice.")
    assert min(gathered(asked, shelf, 15)[:5]) >= 60


def test_fewer_than_of_each_channel_are_found_only_where_there_are_no_more(
    make_item: MakeItem, shelf: Shelf
) -> None:
    asked = make_item("asked", "Desert planet", text="Spice.")
    assert len(gathered(asked, shelf, 8)) == candidates.of_each(8) == 5
    assert len(gathered(asked, shelf, 40)) == 10 < candidates.of_each(40)
