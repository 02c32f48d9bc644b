import pytest
from typer.testing import CliRunner

from api.cli import app
from workers.settings import settings_from_environment


@pytest.mark.parametrize("arguments", ["serve", "worker", "demo", "keys list", "related x"])
def test_a_wrong_setting_is_told_in_one_line_by_every_command(
    monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    monkeypatch.setenv("WEFT_PORT", "abc")
    settings_from_environment.cache_clear()
    told = CliRunner().invoke(app, arguments.split())
    assert told.exit_code == 1
    assert told.output == "error: WEFT_PORT must be a whole number, not 'abc'\n"
