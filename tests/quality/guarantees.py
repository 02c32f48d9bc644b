"""What survives translation: fuzzed segments in every direction of the shipped model."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

from tests.benchmarks.report import Table
from tests.fuzz import TERMS, Fuzzed, breaks, segments
from translate.engine import CTranslate2Engine, shipped_model
from translate.translator import Translator
from translate.types import Direction, Translation

SEGMENTS = int(os.environ.get("GUARANTEE_SEGMENTS", "10000"))
BATCH = 512
KINDS = ("placeholders", "messages", "tags", "kept", "escaped", "strays", "terms", "names",
         "addresses", "codes", "literals", "amounts", "emoji", "white space",
         "numbers")  # fmt: skip


def run() -> Table:
    """Translate the segments and count what broke, and what of that no check told."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(_row, _translator().directions))
    notes = (
        f"{SEGMENTS:,} segments a direction, made of the mission set's sentences.",
        "A cell: segments that held the kind / that broke it / that broke it and are not flagged.",
    )
    return Table(("direction", *KINDS, "flagged"), rows, notes)


@cache
def _translator() -> Translator:
    return Translator(CTranslate2Engine(shipped_model()))


def _row(direction: Direction) -> tuple[str, ...]:
    held, broken, silent = Counter[str](), Counter[str](), Counter[str]()
    flagged = 0
    for fuzzed, answer in _answers(direction):
        flagged += answer.status != "done"
        for kind, is_broken in breaks(fuzzed, answer).items():
            held[kind] += 1
            broken[kind] += is_broken
            if is_broken and answer.status == "done":
                silent[kind] += 1
                print(f"{kind}: {fuzzed.text!r} → {answer.text!r}", flush=True)
    print(f"{direction.source} → {direction.target}: {silent.total()} unflagged", flush=True)
    cells = (f"{held[kind]:,} / {broken[kind]} / {silent[kind]}" for kind in KINDS)
    return (
        f"{direction.source} → {direction.target}", *cells, f"{flagged / SEGMENTS:.0%}"
    )  # fmt: skip


def _answers(direction: Direction) -> Iterator[tuple[Fuzzed, Translation]]:
    batch: list[Fuzzed] = []
    for number, fuzzed in enumerate(segments(direction.source, SEGMENTS), 1):
        batch.append(fuzzed)
        if len(batch) == BATCH or number == SEGMENTS:
            for form in ("text", "html"):
                some = [each for each in batch if each.format == form]
                answers = _translator().translate(
                    [each.text for each in some], source=direction.source,
                    target=direction.target, format=form, do_not_translate=TERMS,
                )  # fmt: skip
                yield from zip(some, answers, strict=True)
            batch = []
