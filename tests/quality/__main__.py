"""Run quality tasks: `python -m tests.quality [NAME …]`, all of them without a name.

A task is a file of this folder with a function `run() -> Table`. It reads its data from
`shop.DATA`, may keep files in `shop.SCRATCH`, and has its marks in docs/quality.md, where its table
goes; contestants of one table see the same items and the same questions.
"""

import importlib
import pkgutil
import sys
import time
from pathlib import Path
from types import ModuleType

from tests.benchmarks import report
from tests.quality.shop import DATA, SCRATCH

PAGE = report.ROOT / "docs" / "quality.md"


def names() -> list[str]:
    """Return the tasks there are."""
    files = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return [name for name in files if name != "__main__" and hasattr(_module(name), "run")]


def main(wanted: list[str]) -> None:
    """Run the tasks of these names and put their tables into the page."""
    if not DATA.is_dir():
        sys.exit(f"{DATA} is no folder; set WEFT_SHARED to the one that holds catalogs/")
    known = names()
    if unknown := set(wanted) - set(known):
        sys.exit(f"no task {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for name in wanted or known:
        print(f"{name} …", flush=True)
        began = time.perf_counter()
        table = _module(name).run()
        path = report.save(name, table, seconds=time.perf_counter() - began, results=SCRATCH)
        print(report.shown(path))
    report.render(PAGE, SCRATCH)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.quality.{name}")


if __name__ == "__main__":
    main(sys.argv[1:])
