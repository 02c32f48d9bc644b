"""Which book a film's text names: the words that prove a link, and films without any link."""

from collections.abc import Sequence

from linkage import store
from linkage.embed import load_encoder
from linkage.learn.evaluate_mentions import Report, evaluate
from linkage.learn.gold import read_gold
from linkage.learn.mentions import unlinked
from linkage.learn.reader import Reader
from linkage.mentions import CONTEXT_ENCODER
from linkage.types import Item, Mention
from tests.benchmarks.report import Table
from tests.quality import gold
from tests.quality.shop import DATA, TENANT, open_shop

ENCODER = "weft-static-11"
COLUMNS = {"item": "film-{film_id}", "entity": "book-{book_id}"}
UNLINKED = 1_000
SURE = 0.95
HEADERS = ("read", "texts", "precision", "recall", "F1", "calibration error",
           "false links in films without one")  # fmt: skip
NOTES = (
    "Films of `book_film_links.dev.csv`, with all 10,000 books as candidates.",
    "Every link to a book in a text, or at the words that prove one, must be a known one.",
    f"The last column is of {UNLINKED:,} films of which the file says nothing.",
    "The file does not hold all that is true, so these figures are bounds.",
)


def run() -> Table:
    """Measure the shipped model in whole texts, and at the words that prove a link."""
    shop = open_shop("as-it-is", gold.catalogue, encoder=ENCODER)
    with shop.database.reading() as session:

        def item(item_id: str) -> Item:
            return store.get(session, TENANT, item_id).item

        def find(written: str) -> Sequence[Mention]:
            return shop.linker.mentions(session, TENANT, written)

        known = read_gold(DATA / "catalogs" / "book_film_links.dev.csv", COLUMNS)
        proofs = {item(e.item).text: [n.evidence for n in e.named] for e in known if e.item}

        def find_at_proof(written: str) -> list[Mention]:
            spans = [(written.find(words), len(words)) for words in proofs[written]]
            return [m for m in find(written) if any(_overlap(m, *span) for span in spans)]

        def find_surely(written: str) -> list[Mention]:
            return [m for m in find_at_proof(written) if m.probability >= SURE]

        reader = Reader(session, TENANT, load_encoder(CONTEXT_ENCODER))
        whole = evaluate(find, item, known, unlinked(reader, known, limit=UNLINKED))
        rows = [
            ("whole texts", whole),
            ("words of proof", evaluate(find_at_proof, item, known)),
            (f"words of proof, probability ≥ {SURE}", evaluate(find_surely, item, known)),
        ]
    return Table(HEADERS, [_row(read, report) for read, report in rows], NOTES)


def _overlap(mention: Mention, start: int, length: int) -> bool:
    return start >= 0 and mention.start < start + length and start < mention.end


def _row(read: str, report: Report) -> tuple[object, ...]:
    false = "" if report.false_texts is None else f"{report.false_texts:.1%}"
    return (
        read, report.texts, str(report.precision), str(report.recall), str(report.f1),
        f"{report.calibration_error:.3f}", false,
    )  # fmt: skip
