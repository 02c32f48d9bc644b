from pathlib import Path

import pytest

from workers.settings import (
    Settings,
    SettingsError,
    settings_from_environment,
    unknown_settings,
)


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


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "abc", "WEFT_PORT must be a whole number, not 'abc'"),
        ("PORT", "99999", "WEFT_PORT must be less than or equal to 65535, not '99999'"),
        ("LOG_LEVEL", "LOUD", "WEFT_LOG_LEVEL must be 'DEBUG', "),
        ("RATE_LIMIT", "abc", "WEFT_RATE_LIMIT must be as 6000/minute, not 'abc'"),
        ("HALF_LIVES", "{bad", "WEFT_HALF_LIVES must be JSON"),
        ("HALF_LIVES", '{"book": "x"}', "WEFT_HALF_LIVES, book: must be a number, not 'x'"),
        ("DATABASE_URL", "mysql://me:hunter2@db/x", "WEFT_DATABASE_URL must be as postgresql+"),
        ("DATABASE_URL", "me:hunter2@db", "WEFT_DATABASE_URL must be as postgresql+"),
        ("BROKER_URL", "rabbit://me:hunter2@db", "WEFT_BROKER_URL must be an address such as"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_name_and_no_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"WEFT_{name}", value)
    with pytest.raises(SettingsError) as caught:
        settings_from_environment.__wrapped__()
    assert str(caught.value).startswith(told)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_database_may_be_named_as_hosters_do(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://weft:p%40ss@db/weft?sslmode=require")
    assert settings.resolved_database_url == (
        "postgresql+psycopg://weft:p%40ss@db/weft?sslmode=require"
    )


def test_a_name_that_is_almost_a_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEFT_PROT", "WEFT_SERVICE_HOST", "WEFT_TENANT", "WEFT_PORT"):
        monkeypatch.setenv(name, "1")
    assert list(unknown_settings()) == ["WEFT_PROT is no setting; is WEFT_PORT meant?"]
