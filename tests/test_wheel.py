"""The wheel, installed into an environment of its own and started from a folder that wants to change everything."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

CHECKOUT = Path(__file__).resolve().parent.parent
BASE_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
HOSTILE = """
[server]
address = "0.0.0.0"
port = 1
baseUrlPath = "elsewhere"
enableCORS = false
enableXsrfProtection = false
enableStaticServing = true
enableAgentApi = true
sslCertFile = "/nonexistent"
cookieSecret = "known to all"
[client]
showErrorDetails = "full"
[browser]
gatherUsageStats = true
[theme]
base = "https://example.net/theme.toml"
[theme.light]
backgroundColor = "#ff00ff"
[theme.sidebar]
backgroundColor = "#ff00ff"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the sources that holds what git ignores and a wheel must not."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("dashboard", "pages", "queries", ".streamlit"):
        shutil.copytree(CHECKOUT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", "README.md", ".gitignore"):
        if (CHECKOUT / name).exists():
            shutil.copy(CHECKOUT / name, tree / name)
    (tree / ".streamlit" / "secrets.toml").write_text('cookie_secret = "ours alone"\n')
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=tree, check=True, capture_output=True
    )
    (built,) = (tree / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel; its requirements are borrowed from this one."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip = [str(BASE_PYTHON), "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True, cwd=environment)
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "borrowed.pth").write_text("\n".join(borrowed))
    return environment / "bin"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder") / "hostile"
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(HOSTILE)
    return folder


@contextmanager
def served(bin_folder: Path, folder: Path, home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """`auditlens serve`, from `folder`, which is the user's home too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "AUDITLENS_HOME": str(home)}
    command = [str(bin_folder / "auditlens"), "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, folder / "log")
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        ended = process.wait(timeout=60)
        left = [running.pid for running in psutil.process_iter() if works_in(running, home / "pg")]
    assert (ended, left) == (-signal.SIGTERM, []), (folder / "log").read_text()[-4000:]


def works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder)
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return False


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def running(installed: Path, hostile: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The installed server, started in the hostile folder. Its home has parents that the database's account may pass
    through.
    """
    home = Path("/tmp") / f"auditlens-wheel-{os.getpid()}"
    with served(installed, hostile, home) as started:
        yield started
    subprocess.run(["rm", "-rf", str(home)], check=True)


def test_wheel_holds_pages_queries_and_settings_and_no_secret(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "dashboard/_root/.streamlit/config.toml" in names
    assert "dashboard/_root/queries/views/log_page.sql" in names
    assert [name for name in names if name.startswith("dashboard/_root/pages/")]
    assert not [name for name in names if "secrets" in name or "__pycache__" in name or name.startswith("tests")]


def test_installed_package_finds_its_own_files_from_any_folder(installed: Path, hostile: Path) -> None:
    code = "from dashboard.paths import *; print(f'[\"{ROOT}\", {PAGES.is_dir():d}, {APP.is_file():d}]')"
    run = subprocess.run(
        [str(installed / "python"), "-c", code], cwd=hostile, capture_output=True, text=True, check=True
    )
    root, *found = json.loads(run.stdout)
    assert Path(root).is_relative_to(installed.parent)
    assert found == [1, 1]


def test_server_started_in_a_hostile_folder_keeps_our_settings(running: tuple[str, psutil.Process]) -> None:
    url, process = running
    family = [process, *process.children(recursive=True)]
    listening = {c.laddr for member in family for c in member.net_connections("inet") if c.status == "LISTEN"}
    assert {(address.ip, address.port) for address in listening} == {("127.0.0.1", int(url.rsplit(":", 1)[1]))}
    request = urllib.request.Request(f"{url}/_stcore/health", headers={"Origin": "https://example.net"})
    with urllib.request.urlopen(request) as response:
        assert response.headers.get("Access-Control-Allow-Origin") is None
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{url}/_stcore/agent/interact")


@pytest.mark.browser
def test_page_opens_in_our_colours(running: tuple[str, psutil.Process], chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{running[0]}/audit-logs")
    expect(page.get_by_role("heading", name="Audit Logs")).to_be_visible(timeout=60_000)
    colours = page.evaluate(
        "[...document.querySelectorAll('[data-testid]')].map(e => getComputedStyle(e).backgroundColor)"
    )
    assert "rgb(255, 0, 255)" not in colours
    page.close()
