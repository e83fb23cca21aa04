"""What LEAF_FORMAT.md shows is so: its commands are run, and what they print is compared with what stands there."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dashboard.events.canonical import GROUPS
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.paths import QUERIES, ROOT
from dashboard.record.tree import TreeRecord
from tests import install
from tests.record.test_append import login

TEXT = (ROOT / "dashboard" / "events" / "LEAF_FORMAT.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def dialogue(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console, and what stands below it."""
    for turn in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = turn.partition("\n")
        yield command, output


def run(command: str, folder: Path, **environment: str) -> str:
    """What a plain POSIX shell prints."""
    here = {**os.environ, **environment}
    return subprocess.run(
        ["sh", "-eu", "-c", command], cwd=folder, env=here, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A folder with the two rows."""
    for name, text in zip(("system.json", "user.json"), blocks("json"), strict=True):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_every_command_prints_what_the_text_says(examples: Path) -> None:
    install.JQ.here()
    turns = [turn for block in blocks("console") for turn in dialogue(block)]
    assert len(turns) == 12
    for command, output in turns:
        made = run(command, examples)
        assert made.removesuffix("\n") == output.removesuffix("\n"), command


def test_the_hashes_of_the_groups_are_those_in_the_rows(examples: Path) -> None:
    shown = [re.findall(r"^([0-9a-f]{64})$", block, re.MULTILINE) for block in blocks("console")[:2]]
    for name, hashes in zip(("system.json", "user.json"), shown, strict=True):
        row = json.loads((examples / name).read_text("utf-8"))
        assert hashes == [row["sd"][group] for group in GROUPS] * 2


def test_every_key_and_every_group_is_explained(examples: Path) -> None:
    named = set(re.findall(r"`(\w+)`", "\n".join(line for line in TEXT.splitlines() if line.startswith("| "))))
    row = json.loads((examples / "user.json").read_text("utf-8"))
    assert {*row, *row["sd"]} - {"_"} <= named
    assert all(value not in (None, "") for value in row.values()), "the second example has every field"


def test_psql_alone_finds_an_edit_and_makes_a_leaf(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]", tmp_path: Path
) -> None:
    psql = Path(install.POSTGRESQL.here())
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([login(k) for k in range(20)])
        sealer.seal()
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        leaf = tree.tile(0, 0, 8)[7 * 32 :][:32].hex()
    (tmp_path / "queries").symlink_to(QUERIES)
    search, make = blocks("sh")
    here = {"AUDITLENS_READER_URL": log.urls.of("reader"), "PATH": f"{psql}:{os.environ['PATH']}"}
    assert run(make, tmp_path, **here) == f"{leaf}  -\n"
    assert run(search, tmp_path, **here) == ""
    admin.execute("alter table audit_event disable trigger all")
    admin.execute("update audit_event set action = 'Logged Out' where id = (select min(id) + 3 from audit_event)")
    assert run(search, tmp_path, **here) == "3\n"
