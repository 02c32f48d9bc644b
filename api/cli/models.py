"""`weft models`: translation models of others, added, tried, served and removed."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import Json, command, err, out, print_json
from translate.types import Request

models = typer.Typer(
    help="Add models of others, try them, choose the one that serves.\n\n"
    "Example: `weft models add Helsinki-NLP/opus-mt-en-de`, then `weft models use opus-mt-en-de`",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="A model's name; `weft models list` shows them.")]
SENTENCES = ("The book is good.", "A moving story about two sisters.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(models, name="models")


@models.command("list")
def list_models(*, json: Json = False) -> None:
    """List the models of this machine, and which one serves."""
    from translate.card import ModelCard

    with command() as runtime:
        library = runtime.models
        serving = library.serving()
        cards = {name: ModelCard.read(library.folder(name)) for name in library.names()}
    if json:
        shaped = [
            {"name": name, "version": card.version, "languages": card.languages,
             "directions": len(card.directions), "serves": name == serving}
            for name, card in cards.items()
        ]  # fmt: skip
        print_json({"models": shaped})
        return
    table = Table("", "name", "version", "languages", "directions")
    for name, card in cards.items():
        mark = "serves" if name == serving else ""
        table.add_row(mark, name, card.version, " ".join(card.languages), str(len(card.directions)))
    out.print(table)


@models.command()
def add(
    source: Annotated[str, typer.Argument(help="A folder, or a name on the Hugging Face hub.")],
    name: Annotated[str | None, typer.Option(help="What to call it; else its own name.")] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(help="Only these languages. MarianMT: the one it reads, the one it writes."),
    ] = None,
) -> None:
    """Convert an M2M100, NLLB, MarianMT, mBART-50, T5 or MADLAD model to int8 and add it.

    The conversion is compared with the original, token by token, before it is added.

    Example: `weft models add facebook/nllb-200-distilled-600M --language en --language de`
    """
    from translate.learn.adopt import adopt

    with command() as runtime:
        called = name or Path(source).name
        folder = runtime.models.new(called)
        with err.status(f"Converting and comparing {escape(source)} …"):
            made = adopt(source, folder, wanted=language or (), name=called)
    out.print(
        f"{escape(called)} is added: {len(made.card.directions)} directions; in int8 it decodes"
        f" {made.int8_agreement:.0%} of the probes as before. `weft models use {called}` serves it."
    )


@models.command()
def warm(name: Name) -> None:
    """Verify a model's files, load it and translate, for example: `weft models warm mine`."""
    from translate.engine import CTranslate2Engine

    with command() as runtime:
        engine = CTranslate2Engine(runtime.models.folder(name))
        began = time.perf_counter()
        engine.warm()
        loaded = time.perf_counter()
        first = engine.directions[0]
        done = engine.translate([Request(each, first.source, first.target) for each in SENTENCES])
        seconds = time.perf_counter() - loaded
    for text, answer in zip(SENTENCES, done, strict=True):
        out.print(f"{text} → {escape(answer.text)}", highlight=False)
    out.print(f"{name} loads in {loaded - began:.1f} s and translated these in {seconds:.1f} s.")


@models.command()
def use(name: Name) -> None:
    """Let a model serve; running processes load it beside the old one, and no request fails."""
    from translate.engine import CTranslate2Engine

    with command() as runtime:
        CTranslate2Engine(runtime.models.folder(name)).warm()
        runtime.models.use(name)
        chosen = runtime.settings.translation_model
    out.print(f"{name} serves.")
    if chosen:
        err.print(f"WEFT_TRANSLATION_MODEL={chosen} is set, and goes before it.")


@models.command()
def remove(name: Name) -> None:
    """Delete a model that does not serve, for example: `weft models remove mine`."""
    with command() as runtime:
        runtime.models.remove(name)
    out.print(f"{name} is removed.")
