"""What a foreign config.toml can do: nothing. Streamlit runs in a process of its own, for it reads its files once."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from dashboard.web.serving import streamlit_config

LOAD = """
import json, sys
from streamlit import config
from streamlit.web import bootstrap
from dashboard.paths import ROOT
from dashboard.web.serving import streamlit_config
if sys.argv[1] == "shut":
    streamlit_config.shut_out_foreign_files()
config._main_script_path = str(ROOT / "auditlens")
bootstrap.load_config_options(streamlit_config.pinned_config("127.0.0.1", 8599))
print(json.dumps({key: config.get_option(key) for key in config.get_config_options()}, default=str))
"""
KEY = "STREAMLIT_SERVER_COOKIE_SECRET"
ODD = {bool: "true", int: "4321", float: "4.5"}
# Without a default that could be pinned, they are ours only because foreign files are not read; none opens anything.
UNPINNABLE = {
    "runner.parallelMaxWorkers",
    "runner.connectionDefaultTTL",
    "server.websocketPingInterval",
}


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder, to be current and home, whose config.toml sets every option there is to something odd."""
    template = streamlit_config.streamlit_config._config_options_template
    lines = [f"{key} = {_odd(option.type, option.default_val)}" for key, option in template.items() if "." in key]
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text("\n".join(lines))
    (tmp_path / ".streamlit" / "secrets.toml").write_text('[auth]\nredirect_uri = "https://example.net"\n')
    return tmp_path


def _odd(kind: type, default: object) -> str:
    if isinstance(default, bool):
        return str(not default).lower()
    if isinstance(default, list):
        return '["https://example.net"]'
    if isinstance(default, dict):
        return '{ "X-User" = "name" }'
    return ODD.get(kind, '"odd"')


def options(folder: Path, mode: str, key: Mapping[str, str] = MappingProxyType({KEY: "ours"})) -> dict[str, object]:
    """Every option of Streamlit as a start from `folder` sees it."""
    paths = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(streamlit_config.ROOT)}
    command = [sys.executable, "-c", LOAD, mode]
    run = subprocess.run(command, cwd=folder, env={**paths, **key}, capture_output=True, text=True, check=True)
    loaded = json.loads(run.stdout)
    assert isinstance(loaded, dict)
    return loaded


def test_no_option_is_changed_by_a_hostile_file(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("empty")
    assert options(hostile, "shut") == options(empty, "shut")


def test_pins_alone_hold_every_option_that_opens_something(
    hostile: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ours = options(tmp_path_factory.mktemp("empty"), "pins")
    changed = {key for key, value in options(hostile, "pins").items() if value != ours[key]}
    colours = {key for key in changed if key.startswith("theme.")}
    assert changed - colours <= UNPINNABLE
    assert not colours & {"theme.base", "theme.fontFaces"}


def test_settings_that_matter_are_as_they_should_be(tmp_path: Path) -> None:
    loaded = options(tmp_path, "shut")
    wanted: dict[str, object] = {
        "server.address": "127.0.0.1",
        "server.port": 8599,
        "server.headless": True,
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.trustedUserHeaders": {},
        "server.enableAgentApi": False,
        "server.enableStaticServing": False,
        "server.fileWatcherType": "none",
        "client.showErrorDetails": "none",
        "browser.gatherUsageStats": False,
    }
    assert {key: loaded[key] for key in wanted} == wanted
    assert loaded["secrets.files"] == [str(streamlit_config.ROOT / ".streamlit" / "secrets.toml")]


@pytest.mark.parametrize(
    ("host", "proxies", "allowed"),
    [
        ("127.0.0.1", (), ["localhost", "127.0.0.1", "::1", "127.0.0.1"]),
        ("localhost", ("audit.example.net",), ["localhost", "127.0.0.1", "::1", "localhost", "audit.example.net"]),
        ("0.0.0.0", (), []),
        ("0.0.0.0", ("audit.example.net",), ["audit.example.net"]),
    ],
)
def test_loopback_address_admits_loopback_names_only(host: str, proxies: tuple[str, ...], allowed: list[str]) -> None:
    assert streamlit_config.pinned_config(host, 8501, proxies)["server.allowedHosts"] == allowed


def test_key_for_cookies_is_new_in_each_process_unless_the_environment_brings_one(hostile: Path) -> None:
    environments: list[dict[str, str]] = [{}, {}, {KEY: "shared"}, {KEY: "shared"}]
    keys = {options(hostile, "shut", environment)["server.cookieSecret"] for environment in environments}
    assert len(keys) == 3
    assert "shared" in keys
    assert "odd" not in keys
