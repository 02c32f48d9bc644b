"""`weft train mentions`, `weft evaluate mentions`: which names in texts stand for what."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import DEFAULT, Json, Tenant, command, out, print_json, progress_bar
from api.cli.learn import evaluate, train
from linkage.sources import assignments

FORMS = (
    "CSV with columns item, entity and perhaps evidence (the words that prove it), or JSON Lines "
    'of {"text", "mentions": [{"start", "end", "entity"}]} that tell all a text names.'
)
GoldFile = Annotated[Path, typer.Argument(help=FORMS, exists=True, dir_okay=False)]
Map = Annotated[
    list[str],
    typer.Option("--map", help="COLUMN=ITS NAME or a template, e.g. item=film-{film_id}."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    del app
    train.command("mentions")(train_mentions)
    evaluate.command("mentions")(evaluate_mentions)


def train_mentions(
    gold: GoldFile,
    to: Annotated[Path, typer.Option(help="Where the weights go.")] = Path("runs/mentions.json"),
    map_: Map = [],
    tenant: Tenant = DEFAULT,
) -> None:
    """Learn from the catalogue's texts when a name stands for something.

    The sample catalogue's annotated sentences are learned from too. WEFT_MENTIONS_MODEL takes the
    file of weights.

    Example: `weft train mentions links.csv --map item=film-{film_id} --map entity=book-{book_id}`
    """
    from linkage.learn import mentions as learn
    from linkage.learn.gold import read_gold
    from linkage.learn.reader import Reader, sample_reader
    from linkage.mentions import CONTEXT_ENCODER
    from linkage.sample import FOLDER

    with command() as runtime, runtime.database.reading() as session:
        known = read_gold(gold, assignments(map_))
        encoder = runtime.encoder(CONTEXT_ENCODER)
        with sample_reader(encoder) as sample:
            examples = list(learn.examples(sample, read_gold(Path(str(FOLDER)) / "mentions.jsonl")))
        reader = Reader(session, tenant, encoder)
        given = [*known, *learn.unlinked(reader, known)]
        with progress_bar("Reading", "texts") as advance:
            for number, each in enumerate(given, start=1):
                examples += learn.examples(reader, [each])
                advance(number, len(given))
        to.parent.mkdir(parents=True, exist_ok=True)
        learn.save(learn.fit(examples), to)
    out.print(f"The weights, of {len(examples):,} names, are in {to}.", highlight=False)


def evaluate_mentions(
    gold: GoldFile,
    map_: Map = [],
    without: Annotated[
        int, typer.Option(help="Also read so many items of which gold says nothing.", min=0)
    ] = 0,
    tenant: Tenant = DEFAULT,
    *,
    json: Json = False,
) -> None:
    """Measure mentions: precision, recall and F1 of links, and the calibration of probabilities.

    In brackets stands the 95 % interval of 1,000 bootstrap samples.

    Example: `weft evaluate mentions gold.jsonl`
    """
    from linkage import store
    from linkage.learn.evaluate_mentions import evaluate as measure
    from linkage.learn.gold import read_gold
    from linkage.learn.mentions import unlinked
    from linkage.learn.reader import Reader
    from linkage.mentions import CONTEXT_ENCODER

    with command() as runtime, runtime.database.reading() as session:
        known = read_gold(gold, assignments(map_))
        report = measure(
            lambda written: runtime.linker.mentions(session, tenant, written),
            lambda item_id: store.get(session, tenant, item_id).item,
            known,
            unlinked(
                Reader(session, tenant, runtime.encoder(CONTEXT_ENCODER)), known, limit=without
            ),
        )
    if json:
        print_json(asdict(report))
        return
    out.print(f"{report.texts:,} texts, {report.links:,} known links", highlight=False)
    for label, figure in (
        ("precision", report.precision), ("recall", report.recall), ("F1", report.f1),
    ):  # fmt: skip
        out.print(f"{label:<9} {figure}", highlight=False, markup=False)
    out.print(f"calibration error {report.calibration_error:.3f}", highlight=False)
    if report.false_texts is not None:
        share = f"{report.false_texts:.1%}"
        out.print(f"{share} of {without:,} other texts have a link all the same", highlight=False)
