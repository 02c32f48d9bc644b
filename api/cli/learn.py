"""`weft train`, `weft evaluate`: make models from one's own data, and measure them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli.console import command, err, out

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
