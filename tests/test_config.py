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


@pytest.mark.parametrize(
    "engine", ["polars", "postgres", "sc://127.0.0.1", "sc://spark.example:443/;use_ssl=true;token=x"]
)
def test_an_engine_is_taken_by_its_name_or_its_address(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.setenv("AUDITLENS_ENGINE", engine)
    assert from_environment().engine == engine


@pytest.mark.parametrize(
    "engine", ["nonsense", "spark", "sc://", "sc://:1", "sc://h:x", "sc://h:0", "sc://h:99999", "sc://u@h", "http://h"]
)
def test_an_engine_that_is_none_is_refused_whatever_is_asked(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.setenv("AUDITLENS_ENGINE", engine)
    with pytest.raises(UsageError, match="AUDITLENS_ENGINE"):
        from_environment()


@pytest.mark.parametrize("zone", ["Europe/Istanbul", "UTC"])
def test_the_organisation_s_zone_is_one_of_the_tz_database(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("AUDITLENS_ZONE", zone)
    assert from_environment().zone == zone


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "+03:00", "../../etc/passwd", "Europe", "x" * 999])
def test_a_zone_that_is_none_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("AUDITLENS_ZONE", zone)
    with pytest.raises(UsageError, match="AUDITLENS_ZONE: there is no time zone"):
        from_environment()


def test_a_token_of_an_engine_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITLENS_ENGINE", "sc://spark.example:443/;use_ssl=true;token=f00ba4")
    settings = from_environment()
    assert settings.engine_name == "sc://spark.example:443"
    assert "f00ba4" not in repr(settings)
