"""Settings: what the environment says, or which of its names is wrong."""

from pathlib import Path

import pytest

from dashboard.config import default_home, from_environment
from dashboard.errors import UsageError


def test_a_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITLENS_MIRROR_ROWS", "many")
    with pytest.raises(UsageError, match="AUDITLENS_MIRROR_ROWS"):
        from_environment()


def test_a_setting_without_a_value_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "ARCHIVE", "DATABASE_URL", "GEOIP_DB", "SEAL_SECONDS"):
        monkeypatch.setenv(f"AUDITLENS_{name}", "")
    settings = from_environment()
    assert settings.home == default_home()
    assert settings.geoip_db is None
    assert settings.database_url is None
