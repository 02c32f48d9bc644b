"""What survives translation: fuzzed segments in every direction of the shipped model."""

import os
from collections import Counter
from collections.abc import Iterator

from tests.benchmarks.report import Table
from tests.fuzz import TERMS, Fuzzed, breaks, segments
from translate.engine import CTranslate2Engine, shipped_model
from translate.translator import Translator
from translate.types import Direction, Translation

SEGMENTS = int(os.environ.get("GUARANTEE_SEGMENTS", "10000"))
BATCH = 512
KINDS = ("placeholders", "messages", "tags", "kept", "escaped", "strays", "terms", "addresses",
         "codes", "amounts", "emoji", "white space", "numbers")  # fmt: skip


def run() -> Table:
    """Translate the segments and count what broke, and what of that no check told."""
    translator = Translator(CTranslate2Engine(shipped_model()))
    rows = [_row(translator, direction) for direction in translator.directions]
    notes = (
        f"{SEGMENTS:,} segments a direction, made of the mission set's sentences.",
        "A cell: segments that held the kind / that broke it / that broke it and are not flagged.",
    )
    return Table(("direction", *KINDS, "flagged"), rows, notes)


def _row(translator: Translator, direction: Direction) -> tuple[str, ...]:
    held, broken, silent = Counter[str](), Counter[str](), Counter[str]()
    flagged = 0
    for fuzzed, answer in _answers(translator, direction):
        flagged += answer.status != "done"
        for kind, is_broken in breaks(fuzzed, answer).items():
            held[kind] += 1
            broken[kind] += is_broken
            silent[kind] += is_broken and answer.status == "done"
    cells = (f"{held[kind]:,} / {broken[kind]} / {silent[kind]}" for kind in KINDS)
    return (
        f"{direction.source} → {direction.target}", *cells, f"{flagged / SEGMENTS:.0%}"
    )  # fmt: skip


def _answers(translator: Translator, direction: Direction) -> Iterator[tuple[Fuzzed, Translation]]:
    batch: list[Fuzzed] = []
    for number, fuzzed in enumerate(segments(direction.source, SEGMENTS), 1):
        batch.append(fuzzed)
        if len(batch) == BATCH or number == SEGMENTS:
            for form in ("text", "html"):
                some = [each for each in batch if each.format == form]
                answers = translator.translate(
                    [each.text for each in some], source=direction.source,
                    target=direction.target, format=form, do_not_translate=TERMS,
                )  # fmt: skip
                yield from zip(some, answers, strict=True)
            batch = []
