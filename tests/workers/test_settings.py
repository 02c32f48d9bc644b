from pathlib import Path

import pytest

from workers.settings import Settings


def test_without_settings_everything_lives_in_one_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WEFT_DATA_DIR", str(tmp_path))
    settings = Settings(_env_file=None)
    assert settings.resolved_database_url == f"sqlite:///{tmp_path / 'weft.db'}"
    assert settings.resolved_broker_url == "filesystem://localhost"


def test_passwords_of_urls_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_DATABASE_URL", "postgresql+psycopg://weft:hunter2@db/weft")
    settings = Settings(_env_file=None)
    assert "hunter2" in settings.resolved_database_url
    assert "hunter2" not in repr(settings)
