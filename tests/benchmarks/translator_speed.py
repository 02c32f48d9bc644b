"""Target tokens a second of the shipped translator: one core, int8, greedy, 32 texts a batch."""

import os
import time
from itertools import islice
from pathlib import Path

import ctranslate2

from tests.benchmarks.report import Table
from tests.quality.shop import DATA
from translate.card import ModelCard, english_pairs
from translate.engine import shipped_model
from translate.learn.corpora import held_out
from translate.learn.readers import read_corpus
from translate.tokens import Tokenizer
from translate.types import Request

LINES = int(os.environ.get("SPEED_LINES", "320"))
ROWS = 32


def run() -> Table:
    """Translate held-out sentences in every direction of the shipped model."""
    folder = shipped_model()
    card = ModelCard.read(folder)
    tokenizer = Tokenizer(folder, card)
    translator = ctranslate2.Translator(
        str(folder), inter_threads=1, intra_threads=1, compute_type="int8"
    )
    rows, total, spent = [], 0, 0.0
    for direction in english_pairs(card.languages):
        texts = _texts(direction.source, direction.target)
        tokens, seconds = _timed(
            translator, tokenizer, [Request(text, direction.source, direction.target)
                                    for text in texts]
        )  # fmt: skip
        rows.append((f"{direction.source} → {direction.target}", f"{tokens / seconds:,.0f}"))
        total, spent = total + tokens, spent + seconds
    rows.append(("**all**", f"**{total / spent:,.0f}**"))
    notes = (
        f"{LINES} held-out sentences a direction, in the order of their length, {ROWS} a batch.",
        "Tokens of the answers by processor time of one thread.",
        f"The model's files have {_size(folder) / 2**20:.1f} MiB.",
    )
    return Table(("direction", "target tokens a second"), rows, notes)


def _texts(source: str, target: str) -> list[str]:
    other = target if source == "en" else source
    pairs = held_out(read_corpus(DATA / "corpora", other), LINES)
    return [pair.english if source == "en" else pair.other for pair in pairs]


def _timed(
    translator: ctranslate2.Translator, tokenizer: Tokenizer, requests: list[Request]
) -> tuple[int, float]:
    """Return the tokens of all answers and the seconds of processor time they took."""
    rows = sorted(tokenizer.rows(requests), key=len)
    prefix = list(tokenizer.begin(requests[0]))
    tokens, began = 0, time.process_time()
    batches = iter(rows)
    while batch := list(islice(batches, ROWS)):
        results = translator.translate_batch(
            batch, target_prefix=[prefix] * len(batch), beam_size=1, max_batch_size=0
        )
        tokens += sum(len(result.hypotheses[0]) for result in results)
    return tokens, time.process_time() - began


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
