"""A catalogue translated by `weft translate-catalogue`, and again when nothing has changed."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import orjson

from linkage import store
from linkage.types import Item
from tests.benchmarks.catalogue import real
from tests.benchmarks.report import Table
from workers.db import Database
from workers.migrations import migrate

ITEMS, CHANGED = 400, 20
COMMAND = ("translate-catalogue", "--to", "de", "--json")


def run() -> Table:
    """Translate films into German, do it again, then change one sentence of some of them."""
    films = [item for item in real() if item.kind == "film" and item.text][:ITEMS]
    films = [replace(item, language="en") for item in films]
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'weft.db'}")
        migrate(f"sqlite:///{Path(folder) / 'weft.db'}")
        _put(database, films)
        first, again = _translate(folder), _translate(folder)
        _put(database, [replace(each, text=f"{each.text} It is good.") for each in films[:CHANGED]])
        changed = _translate(folder)
        database.close()
    ratio = first["seconds"] / again["seconds"]
    rows = [
        _row("first", first),
        _row(f"nothing changed ({ratio:,.0f} x faster)", again),
        _row(f"a sentence more in {CHANGED} items", changed),
    ]
    notes = (
        f"{ITEMS} films with their first lines, English to German, SQLite, the shipped model.",
        "The time is that of the work, without the start of the command.",
    )
    return Table(
        ("run", "items looked at", "segments translated", "time"), rows, notes,
        {"first": first, "again": again, "changed": changed},
    )  # fmt: skip


def _put(database: Database, items: list[Item]) -> None:
    with database.transaction() as session:
        store.upsert(session, "default", items)


def _translate(folder: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", "from api.cli import app; app()", *COMMAND],
        env=os.environ | {"WEFT_DATA_DIR": folder}, check=True, capture_output=True,
    )  # fmt: skip
    [facts] = orjson.loads(done.stdout)["languages"]
    return {name: facts[name] for name in ("items", "segments", "seconds")}


def _row(name: str, facts: dict[str, float]) -> tuple[str, ...]:
    seconds = facts["seconds"]
    return (name, f"{facts['items']:,}", f"{facts['segments']:,}", f"{seconds:,.3f} s")
