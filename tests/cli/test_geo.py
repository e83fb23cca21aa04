"""`auditlens geo`: one JSON value on standard output when asked, messages on standard error."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dashboard.cli import geo

app = typer.Typer()
app.callback()(lambda: None)
geo.register(app)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("AUDITLENS_HOME", str(tmp_path))
    monkeypatch.setenv("AUDITLENS_GEOIP_DB", str(tmp_path / "missing.mmdb"))
    return CliRunner()


def test_status_says_what_is_wrong_with_the_database(runner: CliRunner, tmp_path: Path) -> None:
    said = runner.invoke(app, ["geo", "status"])
    assert said.exit_code == 0
    assert said.stdout == ""
    assert "does not exist" in said.stderr
    found = json.loads(runner.invoke(app, ["geo", "status", "--json"]).stdout)
    assert found["name"] is None
    assert found["path"] == str(tmp_path / "missing.mmdb")
    assert "does not exist" in found["problem"]


def test_an_unknown_provider_is_wrong_use(runner: CliRunner) -> None:
    assert runner.invoke(app, ["geo", "update", "--provider", "other"]).exit_code == 2
