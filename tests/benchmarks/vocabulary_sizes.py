"""What more pieces would cost and save: pieces a word, and the time of a decoder's step."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import ctranslate2
import numpy as np
import sentencepiece

from tests.benchmarks.report import Table
from tests.quality.shop import DATA
from translate.learn.config import Recipe
from translate.learn.convert import save_converted
from translate.learn.corpora import is_clean, is_held_out, is_sentence, normalise
from translate.learn.readers import Pair, read_corpus
from translate.learn.train import build_model
from translate.learn.vocabulary import EOS, load_vocabulary, train_vocabulary
from translate.types import tag

SIZES = (8_000, 16_000, 24_000, 32_000)
RECIPE = Recipe(name="sizes", languages=("en", "de", "fr", "es", "it", "pt"))
READ, LEARNT = 10, 6
"""One pair in so many is read, and one in so many of those is learnt from."""
ROWS, LENGTH, STEPS, ROUNDS = 32, 25, 25, 15
HEADERS = ("pieces", "de", "fr", "es", "it", "pt", "a step", "of it the output matrix",
           "pieces a second", "words a second", "size")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contestant:
    """A vocabulary, and a model of random weights over it."""

    processor: sentencepiece.SentencePieceProcessor
    engine: ctranslate2.Translator
    megabytes: float


def run() -> Table:
    """Compare the sizes, each decoded in turn."""
    learnt, kept = _texts()
    with TemporaryDirectory() as scratch:
        contestants = {size: _made(learnt, size, Path(scratch, str(size))) for size in SIZES}
        first = {size: float("inf") for size in SIZES}
        whole = dict(first)
        for _ in range(ROUNDS):
            for size, each in contestants.items():
                first[size] = min(first[size], _seconds(each, 1))
                whole[size] = min(whole[size], _seconds(each, STEPS))
    steps = {size: (whole[size] - first[size]) / (STEPS - 1) for size in SIZES}
    slope, rest = np.polyfit(SIZES, list(steps.values()), 1)
    rows = []
    for size, each in contestants.items():
        rates = [_pieces_a_word(each, kept[language]) for language in RECIPE.languages[1:]]
        speed = ROWS * STEPS / whole[size]
        rows.append((
            f"{size:,}", *(f"{rate:.2f}" for rate in rates), f"{1000 * steps[size]:.2f} ms",
            f"{slope * size / (slope * size + rest):.0%}", f"{speed:,.0f}",
            f"{speed / np.mean(rates):,.0f}", f"{each.megabytes:.1f} MB",
        ))  # fmt: skip
    held = sum(map(len, kept.values()))
    notes = (
        f"Vocabularies of {len(learnt):,} texts; pieces a word of {held:,} held-out sentences.",
        f"Random weights, int8, greedy, {ROWS} rows of {LENGTH} pieces, {STEPS} steps, one thread.",
        f"Times are the least of {ROUNDS} rounds in processor time.",
        "The matrix is what grows with the vocabulary, by a line through the four.",
    )
    return Table(HEADERS, rows, notes)


def _texts() -> tuple[list[str], dict[str, list[str]]]:
    """Return texts to learn from, and of each language sentences that are held out."""
    learnt: list[str] = []
    kept: dict[str, list[str]] = {}
    for language in RECIPE.languages[1:]:
        kept[language] = []
        for number, pair in enumerate(_pairs(language)):
            if is_held_out(pair.text):
                kept[language] += [pair.other] * is_sentence(pair.text)
            elif number % LEARNT == 0:
                learnt += [pair.text, pair.other]
    return learnt, kept


def _pairs(language: str) -> Iterator[Pair]:
    for pair in islice(read_corpus(DATA / "corpora", language), 0, None, READ):
        tidy = replace(pair, text=normalise(pair.text), other=normalise(pair.other))
        if is_clean(tidy):
            yield tidy


def _made(texts: list[str], size: int, folder: Path) -> Contestant:
    path = folder.with_suffix(".model")
    train_vocabulary(texts, languages=RECIPE.languages, size=size, path=path)
    processor = load_vocabulary(path)
    save_converted(
        build_model(RECIPE, processor.get_piece_size()).float().eval(), processor, folder, "int8"
    )
    engine = ctranslate2.Translator(str(folder), compute_type="int8", intra_threads=1)
    return Contestant(processor, engine, (folder / "model.bin").stat().st_size / 1e6)


def _seconds(each: Contestant, steps: int) -> float:
    """Return the processor time of translating the same random rows in so many steps."""
    names = [each.processor.id_to_piece(number) for number in range(1000, 7000)]
    drawn = np.random.default_rng(0).choice(names, (ROWS, LENGTH)).tolist()
    rows = [[*row, each.processor.id_to_piece(EOS)] for row in drawn]
    began = time.process_time()
    each.engine.translate_batch(
        rows, target_prefix=[[tag("de")]] * ROWS, beam_size=1, max_batch_size=ROWS,
        max_decoding_length=steps, min_decoding_length=steps, repetition_penalty=1.1,
    )  # fmt: skip
    return time.process_time() - began


def _pieces_a_word(each: Contestant, texts: list[str]) -> float:
    words = sum(len(text.split()) for text in texts)
    return sum(len(each.processor.encode(text)) for text in texts) / words
