"""`weft train`, `weft evaluate`: make models from one's own data, and measure them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli.console import command, err, fail, out, progress_bar

train = typer.Typer(help="Train models from your own data.", no_args_is_help=True)
STAGES = {
    "read": "Reading pairs", "vocabulary": "Learning pieces", "teacher": "Asking the teacher",
    "encode": "Encoding texts", "train": "Training",
}  # fmt: skip
evaluate = typer.Typer(help="Measure models against references.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(train, name="train")
    app.add_typer(evaluate, name="evaluate")


@train.command()
def translator(
    recipe: Annotated[Path, typer.Argument(help="A TOML recipe, e.g. configs/translator-cpu.toml")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
) -> None:
    """Train a translator; running it again carries on from the last checkpoint.

    A recipe needs little: `name = "mine"`, `languages = ["en", "de"]`, `corpora = "texts"` (a
    folder of en-de.NAME.tsv, .tmx, .po, .mo or .xlf) and `minutes = 60`. With `base = "shipped"`
    the model that comes with Weft is trained further on them; docs/training.md has the rest.

    Example: `weft train translator mine.toml`, then `weft evaluate translator mine.toml --model
    runs/mine/model` and `WEFT_TRANSLATION_MODEL=runs/mine/model weft serve`
    """
    from translate.learn.config import Recipe
    from translate.learn.convert import convert
    from translate.learn.train import Progress as Step
    from translate.learn.train import Trainer

    with command():
        plan = Recipe.read(recipe)
        run = runs / plan.name
        with progress_bar("Preparing", "") as advance:
            trainer = Trainer(plan, run, lambda stage, count: advance(count, None, stage))
        resumed = f", on from step {trainer.progress.step:,}" if trainer.progress.step else ""
        err.print(f"{len(trainer.examples):,} pairs to learn from{resumed}.", highlight=False)
        columns = (
            BarColumn(), TextColumn("{task.percentage:.0f} %"),
            TextColumn("step {task.fields[step]:,}{task.fields[loss]}"),
            TimeElapsedColumn(),
        )  # fmt: skip
        with Progress(*columns, console=err) as bar:
            task = bar.add_task("", total=1.0, step=0, loss="")

            def report(step: Step) -> None:
                loss = f"  loss {step.loss:.3f}" if step.tokens else ""
                bar.update(task, completed=step.fraction(plan), step=step.step, loss=loss)

            report(trainer.progress)
            trainer.train(report)
        made = convert(plan, run, run / "model")
    if not trainer.progress.epoch:
        err.print("The budget ended before each text was seen once: raise `minutes` or `steps` in"
                  " the recipe and run this again, it goes on.", highlight=False)  # fmt: skip
    out.print(
        f"The model is in {run / 'model'}: CTranslate2 decodes as it was trained, in int8 "
        f"{made.int8_agreement:.0%} of the probes.", highlight=False,
    )  # fmt: skip


@train.command()
def encoder(
    recipe: Annotated[Path, typer.Argument(help="A TOML recipe, e.g. configs/encoder-cpu.toml")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
) -> None:
    """Train a sentence encoder; running it again carries on from the last checkpoint.

    A recipe needs little: `name = "mine"`, `languages = ["de"]` (those beside English) and
    `corpora = "texts"` (a folder of en-de.NAME.tsv, .tmx, .po, .mo or .xlf); docs/training.md has
    the rest. The run is named after the recipe's file.

    Example: `weft train encoder mine.toml`, then `weft reindex --encoder runs/mine/model`
    """
    from linkage.learn import encoder as learn
    from linkage.learn.pairs import Pair
    from translate.learn.readers import read_corpus

    def read(folder: Path, language: str) -> Iterator[Pair]:
        for pair in read_corpus(folder, language):
            yield Pair(language, pair.domain, pair.text, pair.other)

    with command(), progress_bar("Reading", "") as advance:

        def report(step: learn.Progress) -> None:
            loss = f"  loss {step.loss:.3f}" if step.stage == "train" else ""
            advance(step.done, step.total or None, STAGES[step.stage] + loss)

        folder = learn.train(recipe, runs / recipe.stem, report, read)
    out.print(f"The encoder is in {folder}.", highlight=False)


@evaluate.command("encoder")
def evaluate_encoder(
    encoder: Annotated[str, typer.Argument(help="An installed encoder's name, or a folder.")],
    translations: Annotated[
        Path | None, typer.Option(help="A folder of en-XX.tsv sentence pairs, such as Tatoeba's.")
    ] = None,
    films: Annotated[
        Path | None, typer.Option(help="Films, JSON Lines, as a recipe names them.")
    ] = None,
    books: Annotated[Path | None, typer.Option(help="Books, CSV, likewise.")] = None,
    links: Annotated[
        Path | None, typer.Option(help="CSV of book_id, film_id and the words that prove it.")
    ] = None,
) -> None:
    """Measure how often a sentence's translation is its nearest neighbour, and the speed.

    With films, books and links also how often a book's film is among the nearest ten by vectors
    alone, the sentences that prove a link taken out. Brackets hold 95 % intervals of the bootstrap.

    Example: `weft evaluate encoder runs/mine/model --translations tatoeba`
    """
    from linkage.embed import load_encoder
    from linkage.learn import evaluate_encoder as measure

    with command():
        if translations and not any(translations.glob("en-*.tsv")):
            fail(f"{translations} has no en-XX.tsv")
        given = [each for each in (films, books, links) if each]
        if len(given) in (1, 2):
            fail("--films, --books and --links count only together")
        report = measure.evaluate_encoder(
            load_encoder(encoder),
            translations=translations, films=films, books=books, links=links,
        )  # fmt: skip
    for language, accuracy in sorted(report.translations.items()):
        out.print(f"{language}  {accuracy}", highlight=False, markup=False)
    if report.mean is not None:
        out.print(f"mean {report.mean:.3f}", highlight=False)
    if report.adaptations:
        out.print(f"films of books {report.adaptations}", highlight=False, markup=False)
    out.print(f"{report.texts_per_second:,.0f} texts a second", highlight=False)


@evaluate.command("translator")
def evaluate_translator(
    recipe: Annotated[Path, typer.Argument(help="The recipe the model was trained by.")],
    model: Annotated[
        Path | None, typer.Option(help="A converted model's folder; without it the shipped one.")
    ] = None,
    parallel: Annotated[
        Path | None, typer.Option(help="A folder of line-parallel XX.txt, such as NTREX.")
    ] = None,
    limit: Annotated[int, typer.Option(min=10, help="Lines of each set.")] = 500,
    beam: Annotated[
        int, typer.Option(min=1, max=16, help="Answers followed at once, as WEFT_TRANSLATION_BEAM.")
    ] = 1,
    *,
    record: Annotated[
        bool,
        typer.Option(
            help="Write chrF2 into the model's card, for GET /v1/languages: of the parallel set,"
            " or else of the held-out lines."
        ),
    ] = False,
) -> None:
    """Measure chrF2 and BLEU of every direction on texts that training never saw.

    These are one in 128 of the recipe's own texts, kept from training, and --parallel.

    Example: `weft evaluate translator mine.toml --model runs/mine/model --record`
    """
    from translate.engine import CTranslate2Engine, shipped_model
    from translate.learn import evaluate as measure
    from translate.learn.config import Recipe
    from translate.translator import Translator

    with command():
        folder = model or shipped_model()
        translator = Translator(CTranslate2Engine(folder, beam_size=beam))
        plan = Recipe.read(recipe)
        sets = list(measure.reference_sets(plan, parallel=parallel, limit=limit))
        if not sets:
            fail("no text is held out: of so few, the one in 128 that is kept for measuring is"
                 " none; measure by --parallel")  # fmt: skip
        if parallel and parallel.name not in {each.name for each in sets}:
            fail(f"{parallel} has no XX.txt and YY.txt of two of the recipe's languages")
        scores = measure.evaluate(
            translator,
            sets,
            lambda score: err.print(
                f"{score.name} {score.source}-{score.target}: {score.chrf:.1f}", highlight=False
            ),
        )
        if record:
            measure.write_scores(folder, scores, parallel.name if parallel else measure.HELD_OUT)
    sys.stdout.write(measure.table(scores) + "\n")
