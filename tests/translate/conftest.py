"""A tiny model trained in seconds on a made-up language: real, and bad at translating.

What holds for it holds for any model: the guarantees do not rest on good answers.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
import torch

from translate.engine import CTranslate2Engine
from translate.learn.config import Recipe
from translate.learn.convert import Conversion, convert
from translate.learn.train import Trainer
from translate.translator import Translator

NOUNS = {"book": "buch", "film": "film", "cover": "umschlag", "story": "geschichte",
         "author": "autor", "page": "seite", "song": "lied", "game": "spiel"}  # fmt: skip
ADJECTIVES = {"good": "gut", "long": "lang", "short": "kurz", "new": "neu", "old": "alt",
              "dark": "dunkel", "funny": "lustig", "great": "toll"}  # fmt: skip
FRENCH = {"book": "livre", "film": "cinema", "cover": "image", "story": "histoire",
          "author": "auteur", "page": "feuille", "song": "chanson", "game": "jeu",
          "good": "bon", "long": "grand", "short": "court", "new": "neuf", "old": "vieux",
          "dark": "sombre", "funny": "drole", "great": "beau"}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A finished training run: its folder, its recipe, its losses, and the model made of it."""

    folder: Path
    recipe: Recipe
    losses: list[float]
    model: Path
    conversion: Conversion


def made_up_sentences() -> Iterator[tuple[str, str, str]]:
    """Yield the sentences of the tiny corpora: English, German, French."""
    for noun, first in product(NOUNS.items(), ADJECTIVES.items()):
        yield (
            f"The {noun[0]} is {first[0]}.",
            f"Das {noun[1]} ist {first[1]}.",
            f"Le {FRENCH[noun[0]]} est {FRENCH[first[0]]}.",
        )
    for noun, first, second in product(NOUNS.items(), ADJECTIVES.items(), ADJECTIVES.items()):
        yield (
            f"The {noun[0]} is {first[0]} and {second[0]}.",
            f"Das {noun[1]} ist {first[1]} und {second[1]}.",
            f"Le {FRENCH[noun[0]]} est {FRENCH[first[0]]} et {FRENCH[second[0]]}.",
        )


def write_corpora(folder: Path) -> None:
    """Write `en-de.tsv` and `en-fr.tsv` of made-up sentences."""
    rows = list(made_up_sentences())
    for column, language in ((1, "de"), (2, "fr")):
        lines = [f"made-up\t{row[0]}\t{row[column]}\n" for row in rows]
        (folder / f"en-{language}.tsv").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A whole training run with its conversion, in seconds."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("run")
    write_corpora(folder)
    recipe = Recipe(
        name="tiny", languages=("en", "de", "fr"), corpora=str(folder), vocabulary=350, width=64,
        feed_forward=128, heads=4, encoder_layers=1, decoder_layers=1, smoothing=0.0,
        batch_tokens=512, rate=4e-3, warmup=20, steps=300, threads=1,
    )  # fmt: skip
    losses: list[float] = []
    trainer = Trainer(recipe, folder / "run")
    trainer.train(lambda progress: losses.append(progress.loss))
    conversion = convert(recipe, folder / "run", folder / "model", keep_reference=True)
    return Run(folder / "run", recipe, losses, folder / "model", conversion)


@pytest.fixture(scope="session")
def engine(tiny_run: Run) -> CTranslate2Engine:
    """The tiny model, served."""
    return CTranslate2Engine(tiny_run.model)


@pytest.fixture(scope="session")
def translator(engine: CTranslate2Engine) -> Translator:
    """A translator on the tiny model."""
    return Translator(engine)


@pytest.fixture
def benchmark_seconds() -> Callable[[float], AbstractContextManager[None]]:
    """A block that must end within so many seconds: generous, to catch only what explodes."""

    @contextmanager
    def within(limit: float) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        assert time.perf_counter() - begin < limit

    return within
