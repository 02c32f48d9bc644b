"""From a book to its films, with and without the words that prove the link."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from linkage.learn.adaptations import Adaptation, read_adaptations, without_evidence
from linkage.types import Filters, Item
from tests.benchmarks.catalogue import real
from tests.benchmarks.report import Table
from tests.quality.shop import DATA, TENANT, Shop, open_shop

ENCODER = "weft-static-11"
DEPTH = 10
NOTES = (
    "Asked with each book of `book_film_links.dev.csv`; right are the films made from it.",
    "Hidden: each sentence that holds the words which prove a link is taken out of the film.",
)


def run() -> Table:
    """Measure both tasks, among films only and among everything."""
    links = read_adaptations(DATA / "catalogs" / "book_film_links.dev.csv")
    rows: list[tuple[object, ...]] = []
    for text, hidden in (("as it is", []), ("hidden", links)):
        shop = open_shop(text.replace(" ", "-"), partial(items, hidden), encoder=ENCODER)
        for kinds in (frozenset({"film"}), frozenset[str]()):
            found = answers(shop, links, Filters(kinds=kinds))
            recall, reciprocal = scores(found, links)
            among = "films" if kinds else "all items"
            rows.append((text, among, f"{recall:.3f}", f"{reciprocal:.3f}"))
    return Table(("film's text", "among", "recall@10", "MRR"), rows, NOTES)


def items(hidden: Iterable[Adaptation]) -> Iterator[Item]:
    """Yield the catalogue, the sentences that prove these links taken out of the films' texts."""
    evidence: Mapping[str, list[str]] = defaultdict(list)
    for link in hidden:
        evidence[f"film-{link.film_id}"].append(link.evidence)
    for item in real():
        found = evidence.get(item.id)
        yield replace(item, text=without_evidence(item.text, found)) if found else item


def answers(shop: Shop, links: Sequence[Adaptation], filters: Filters) -> dict[str, list[str]]:
    """Return what is linked to each book, the best first."""

    def ask(book: str) -> list[str]:
        related = shop.linker.related(session, TENANT, book, filters=filters, limit=DEPTH)
        return [link.target.id for link in related.links]

    with shop.database.reading() as session:
        return {book: ask(book) for book in dict.fromkeys(f"book-{x.book_id}" for x in links)}


def scores(found: Mapping[str, list[str]], links: Sequence[Adaptation]) -> tuple[float, float]:
    """Return recall@10 and the mean reciprocal rank of each book's first film."""
    films: dict[str, set[str]] = defaultdict(set)
    for link in links:
        films[f"book-{link.book_id}"].add(f"film-{link.film_id}")
    recall = [len(films[book] & set(ids)) / len(films[book]) for book, ids in found.items()]
    ranks = [
        next((1 / place for place, film in enumerate(ids, 1) if film in films[book]), 0.0)
        for book, ids in found.items()
    ]
    return sum(recall) / len(recall), sum(ranks) / len(ranks)
