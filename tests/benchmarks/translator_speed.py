"""Target tokens a second of the shipped translator: one core, int8, greedy, 32 texts a batch."""

import os
import time
from itertools import islice
from pathlib import Path

import ctranslate2

from tests.benchmarks.report import Table
from tests.quality.shop import DATA
from translate.card import ModelCard
from translate.engine import shipped_model
from translate.learn.config import Recipe
from translate.learn.evaluate import reference_sets
from translate.tokens import Tokenizer
from translate.types import Request

LINES = int(os.environ.get("SPEED_LINES", "320"))
ROWS = 32


def run() -> Table:
    """Translate held-out sentences out of English and into it by the shipped model."""
    folder = shipped_model()
    card = ModelCard.read(folder)
    tokenizer = Tokenizer(folder, card)
    translator = ctranslate2.Translator(
        str(folder), inter_threads=1, intra_threads=1, compute_type="int8"
    )
    rows, total, spent = [], 0, 0.0
    recipe = Recipe(name=card.name, languages=card.languages, corpora=str(DATA / "corpora"))
    for lines in reference_sets(recipe, limit=LINES):
        requests = [Request(text, lines.source, lines.target) for text in lines.texts]
        tokens, seconds = _timed(translator, tokenizer, requests)
        rows.append((f"{lines.source} → {lines.target}", f"{tokens / seconds:,.0f}"))
        total, spent = total + tokens, spent + seconds
    rows.append(("**all**", f"**{total / spent:,.0f}**"))
    notes = (
        f"{LINES} held-out sentences a direction, in the order of their length, {ROWS} a batch.",
        "Tokens of the answers by processor time of one thread.",
        f"The model's files have {_size(folder) / 2**20:.1f} MiB.",
    )
    return Table(("direction", "target tokens a second"), rows, notes)


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
