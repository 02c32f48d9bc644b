"""`weft train`, `weft evaluate`: make models from one's own data, and measure them."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli.console import command, err, out, progress_bar

train = typer.Typer(help="Train models from your own data.", no_args_is_help=True)
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

    The run's folder ends with `model/`, the converted model that WEFT_TRANSLATION_MODEL takes.
    """
    from translate.learn.config import Recipe  # noqa: PLC0415 - torch loads slowly
    from translate.learn.convert import convert  # noqa: PLC0415
    from translate.learn.train import Progress as Step  # noqa: PLC0415
    from translate.learn.train import Trainer  # noqa: PLC0415

    with command():
        plan = Recipe.read(recipe)
        run = runs / plan.name
        err.print(f"Preparing {run} …")
        trainer = Trainer(plan, run)
        columns = (
            BarColumn(), TextColumn("{task.percentage:.0f} %"),
            TextColumn("step {task.fields[step]}  loss {task.fields[loss]:.3f}"),
            TimeElapsedColumn(),
        )  # fmt: skip
        with Progress(*columns, console=err) as bar:
            task = bar.add_task("", total=1.0, step=0, loss=float("nan"))

            def report(step: Step) -> None:
                bar.update(task, completed=step.fraction(plan), step=step.step, loss=step.loss)

            trainer.train(report)
        convert(plan, run, run / "model")
    out.print(f"The model is in {run / 'model'}.")


@train.command()
def encoder(
    recipe: Annotated[Path, typer.Argument(help="A TOML recipe, e.g. configs/encoder-cpu.toml")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
) -> None:
    """Train a sentence encoder; running it again carries on from the last checkpoint.

    WEFT_ENCODER takes the folder that is printed at the end; `weft reindex` then uses it.
    """
    from linkage.learn import encoder as learn  # noqa: PLC0415 - torch loads slowly

    with command(), progress_bar("Training", "steps") as advance:
        folder = learn.train(
            recipe, runs / recipe.stem, lambda step: advance(step.done, step.total or None)
        )
    out.print(f"The encoder is in {folder}.")


@evaluate.command("encoder")
def evaluate_encoder(
    encoder: Annotated[str, typer.Argument(help="An installed encoder's name, or a folder.")],
    translations: Annotated[
        Path | None, typer.Option(help="A folder of en-XX.tsv sentence pairs, such as Tatoeba's.")
    ] = None,
) -> None:
    """Measure how often a sentence's translation is its nearest neighbour, and the speed."""
    from linkage.embed import load_encoder  # noqa: PLC0415 - torch loads slowly
    from linkage.learn import evaluate_encoder as measure  # noqa: PLC0415

    with command():
        report = measure.evaluate_encoder(load_encoder(encoder), translations=translations)
    for language, accuracy in sorted(report.translations.items()):
        out.print(f"{language}  {accuracy:.3f}", highlight=False)
    if report.mean is not None:
        out.print(f"mean {report.mean:.3f}", highlight=False)
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
    *,
    record: Annotated[
        bool, typer.Option(help="Write the parallel set's chrF2 into the model's card.")
    ] = False,
) -> None:
    """Measure chrF2 and BLEU of every direction on texts that training never saw."""
    from translate.engine import CTranslate2Engine, shipped_model  # noqa: PLC0415 - loads slowly
    from translate.learn import evaluate as measure  # noqa: PLC0415
    from translate.learn.config import Recipe  # noqa: PLC0415
    from translate.translator import Translator  # noqa: PLC0415

    with command():
        folder = model or shipped_model()
        translator = Translator(CTranslate2Engine(folder))
        sets = measure.reference_sets(Recipe.read(recipe), parallel=parallel, limit=limit)
        scores = measure.evaluate(
            translator,
            sets,
            lambda score: err.print(
                f"{score.name} {score.source}-{score.target}: {score.chrf:.1f}", highlight=False
            ),
        )
        if record and parallel:
            measure.write_scores(folder, scores, parallel.name)
    sys.stdout.write(measure.table(scores) + "\n")
