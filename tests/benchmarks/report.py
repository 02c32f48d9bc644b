"""What a benchmark returns, where it is kept, and how docs/performance.md shows it."""

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "performance.md"
_VECTORS = {"avx512_vnni": " with AVX-512 VNNI", "avx512f": " with AVX-512", "avx2": " with AVX2"}
"""By the processor's flags, the best first."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures under headers; `notes` say how they were measured, a sentence each.

    `data` is kept in the JSON for plots and for others to compare with; the page shows the rows.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    notes: Sequence[str] = ()
    data: Any = None


def save(name: str, table: Table, *, seconds: float, results: Path = RESULTS) -> Path:
    """Write the results of a benchmark, with the machine and its load, and return the file."""
    results.mkdir(parents=True, exist_ok=True)
    path = results / f"{name}.json"
    facts = {"name": name, "seconds": round(seconds, 1), "machine": machine(), **asdict(table)}
    path.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2, default=str))
    return path


def shown(path: Path) -> str:
    """Return the results of a file as text."""
    return _section(orjson.loads(path.read_bytes()))


def machine() -> str:
    """Return what the figures were measured on, and how busy it was."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[1]
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python"
        f" {platform.python_version()}, load average {load:.1f}, {datetime.now(UTC):%Y-%m-%d}"
    )


def _processor() -> str:
    """Return the processor's name and what it computes with: int8 is fastest with VNNI."""
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return platform.processor() or platform.machine()
    facts = dict(re.findall(r"^([\w ]+?)\s*:\s*(.+)$", path.read_text(), re.MULTILINE))
    name = facts.get("model name", platform.machine())
    family = (
        f" family {facts['cpu family']} model {facts['model']}" if "cpu family" in facts else ""
    )
    flags = set(facts.get("flags", "").split())
    widest = next((shown for flag, shown in _VECTORS.items() if flag in flags), "")
    return name + family + widest


def render(page: Path = PAGE, results: Path = RESULTS) -> None:
    """Put all results at hand into the page, each between the marks that bear its name.

    `<!-- bench:NAME -->` … `<!-- end -->`; what stands outside of marks is written by hand.
    """
    text = page.read_text()
    for path in sorted(results.glob("*.json")):
        facts = orjson.loads(path.read_bytes())
        marks = re.compile(rf"(<!-- bench:{facts['name']} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = marks.sub(lambda found, facts=facts: found[1] + _section(facts) + found[2], text)
    page.write_text(text)


def _section(facts: dict[str, Any]) -> str:
    lines = [_row(facts["headers"]), _row(["---"] * len(facts["headers"]))]
    lines += [_row(row) for row in facts["rows"]]
    notes = " ".join([*facts["notes"], f"Measured on {facts['machine']}."])
    return "\n".join([*lines, "", notes]) + "\n"


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
