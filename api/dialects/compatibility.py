"""The list of what each dialect supports, made from the routes themselves.

`python -m api.dialects.compatibility > docs/compatibility.md`
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

MEANING = {"full": "yes", "part": "in part", "refused": "refused, in the dialect's own words"}
HEAD = """# What each dialect supports

Made from the routes by `make compatibility`; do not edit. *In part* and *refused* say why.
"""


def render(app: FastAPI) -> str:
    """Return the page, in Markdown: a table for each dialect, a row for each route."""
    dialects: dict[str, list[str]] = {}
    for path, method, operation in _operations(app):
        if "x-support" in operation:
            rows = dialects.setdefault(operation["tags"][0], [])
            rows.append(_row(path, method, operation))
    return HEAD + "".join(_table(name, rows) for name, rows in sorted(dialects.items()))


def _operations(app: FastAPI) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            yield path, method.upper(), operation


def _row(path: str, method: str, operation: Mapping[str, Any]) -> str:
    meaning = MEANING[operation["x-support"]]
    return f"| `{method} {path}` | {meaning} | {operation['x-support-note']} |\n"


def _table(name: str, rows: list[str]) -> str:
    return f"\n## {name}\n\n| route | supported | remarks |\n|---|---|---|\n" + "".join(
        sorted(rows)
    )


def _page() -> str:
    from api.app import create_app  # noqa: PLC0415 - the application imports this package
    from workers.runtime import Runtime  # noqa: PLC0415
    from workers.settings import Settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        return render(create_app(Runtime(Settings(data_dir=Path(folder), _env_file=None))))


if __name__ == "__main__":
    sys.stdout.write(_page())
