"""Run benchmarks: `python -m tests.benchmarks [NAME …]`, all of them without a name.

A benchmark is a file of this folder with a function `run() -> Table`; its docstring's first line
is its title. Results go to build/bench/NAME.json and into docs/performance.md.
"""

import importlib
import pkgutil
import sys
import time
from pathlib import Path
from types import ModuleType

from tests.benchmarks import report


def names() -> list[str]:
    """Return the benchmarks there are."""
    files = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return [name for name in files if name != "__main__" and hasattr(_module(name), "run")]


def main(wanted: list[str]) -> None:
    """Run the benchmarks of these names."""
    known = names()
    if unknown := set(wanted) - set(known):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for name in wanted or known:
        print(f"{name} …", flush=True)
        began = time.perf_counter()
        table = _module(name).run()
        path = report.save(name, table, seconds=time.perf_counter() - began)
        print(report.shown(path))
    report.render()


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.benchmarks.{name}")


if __name__ == "__main__":
    main(sys.argv[1:])
