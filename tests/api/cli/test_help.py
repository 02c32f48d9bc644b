"""Help is there at once: to print it, nothing is loaded that only the work needs."""

import json
import subprocess
import sys
from inspect import signature

from api.cli import console, localisations
from workers.localiser import FIELDS
from workers.settings import DEFAULT_TENANT

HEAVY = {
    "alembic", "celery", "ctranslate2", "faiss", "fastapi", "httpx", "numpy",
    "pydantic_settings", "rdflib", "scipy", "sqlalchemy", "tokenizers", "torch", "uvicorn",
}  # fmt: skip
EVERY_HELP = """
import json, sys
import typer
from typer.testing import CliRunner
from api.cli import app

def names(command, path=()):
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from names(child, (*path, name))

asked = list(names(typer.main.get_command(app)))
for path in asked:
    told = CliRunner().invoke(app, [*path, "--help"])
    assert told.exit_code == 0, (path, told.output)
print(json.dumps({"asked": len(asked), "loaded": sorted({m.split(".")[0] for m in sys.modules})}))
"""


def test_the_help_of_no_command_loads_what_only_its_work_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVERY_HELP], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert told["asked"] > 50
    assert set() == HEAVY & set(told["loaded"])


def test_what_options_are_without_being_given_is_as_where_it_is_defined() -> None:
    assert console.DEFAULT == DEFAULT_TENANT
    fields = signature(localisations.translate_catalogue).parameters["fields"].default
    assert fields == ",".join(FIELDS)
