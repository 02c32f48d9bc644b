"""What `weft serve` and `weft worker` refuse before they begin."""

import socket
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli import app
from workers.settings import settings_from_environment


def weft(*arguments: str) -> Result:
    settings_from_environment.cache_clear()
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WEFT_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["serve", "worker"])
@pytest.mark.usefixtures("folder")
def test_nothing_starts_on_a_database_without_tables(name: str) -> None:
    told = weft(name)
    assert told.exit_code == 1
    assert told.output == ("error: the database lacks tables of this version; run `weft migrate`\n")


@pytest.mark.usefixtures("folder")
def test_a_taken_port_is_told() -> None:
    assert weft("migrate").exit_code == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = weft("serve", "--port", port)
    assert told.exit_code == 1
    assert told.output == f"error: port {port} is taken; set WEFT_PORT to another\n"


@pytest.mark.parametrize(
    "arguments", ["serve --port 99999", "serve --port -1", "worker --processes 0"]
)
def test_numbers_out_of_their_range_are_refused(arguments: str) -> None:
    assert weft(*arguments.split()).exit_code == 2
