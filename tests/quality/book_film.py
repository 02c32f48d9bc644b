"""From a book to its films, with and without the words that prove the link, beside peers."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from linkage.learn.evaluate_links import Answer, Answers, LinksReport, ask, evaluate_links
from linkage.types import Filters, Item
from tests.benchmarks.report import Table
from tests.quality import gold
from tests.quality.peers import PEERS
from tests.quality.shop import TENANT, Shop, open_shop

ENCODER = "weft-static-11"
DEPTH = 10
FILM = frozenset({"film"})
MEASURES = ("recall@10", "MRR@10", "calibration error")
HEADERS = ("film's text", "among", "", *MEASURES)
NOTES = (
    "Asked with each book of `book_film_links.dev.csv`; right are the films made from it.",
    "Brackets hold the 95 % interval of the bootstrap over books.",
    "Hidden: each sentence that holds the words which prove a link is taken out of the film.",
    "Peers see the title, year, creators and text and are asked with title and authors.",
)


def run() -> Table:
    """Measure both tasks, among films only and among everything."""
    links = gold.adaptations()
    rows: list[tuple[object, ...]] = []
    for text, hidden in (("as it is", []), ("hidden", links)):
        items = list(gold.catalogue(hidden))
        shop = open_shop(text.replace(" ", "-"), partial(gold.catalogue, hidden), encoder=ENCODER)
        for kinds in (FILM, frozenset[str]()):
            among = [item for item in items if not kinds or item.kind in kinds]
            for name, report in reports(shop, items, among, kinds):
                figures = (str(report.figures[measure]) for measure in MEASURES[:2])
                error = str(report.figures[MEASURES[2]]) if name == "Weft" else ""
                rows.append((text, "films" if kinds else "all items", name, *figures, error))
    return Table(HEADERS, rows, NOTES)


def reports(
    shop: Shop, items: Sequence[Item], among: Sequence[Item], kinds: frozenset[str]
) -> Iterator[tuple[str, LinksReport]]:
    """Yield the figures of Weft and of each peer."""
    links = gold.films_of_books(gold.adaptations())
    right = {book: dict.fromkeys(films) for book, films in links.items()}
    with shop.database.reading() as session:
        found = dict(ask(shop.linker, session, TENANT, right, filters=Filters(kinds=kinds)))
    yield "Weft", evaluate_links(right, found, k=DEPTH)
    books = [item for item in items if item.id in right]
    for name, peer in PEERS.items():
        yield name, evaluate_links(right, _asked(peer(among), books), k=DEPTH)


def _asked(peer: Callable[[Item, int], list[str]], books: Sequence[Item]) -> Answers:
    # a book that is among the candidates answers itself first; that is not held against a peer
    return {
        book.id: [Answer(id_, 0.0) for id_ in peer(book, DEPTH + 1) if id_ != book.id][:DEPTH]
        for book in books
    }
