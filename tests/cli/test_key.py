"""`auditlens key` and the ways to take up sealing again, as a shell calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import build, main
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from tests.record.test_append import login

pytestmark = pytest.mark.usefixtures("external")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(build(), list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def appended(log: Log, start: int, stop: int) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([login(k) for k in range(start, stop)])
        sealer.seal()


def test_the_verifier_key_is_shown_and_changed_on_record(log: Log) -> None:
    assert run("key", "show") == ""
    appended(log, 0, 5)
    before = run("key", "show").strip()
    after = run("key", "rotate").strip()
    assert run("key", "show").split() == [before, "until=5", after]
    events = json.loads(run("query", "events", "--action", "Key Rotated", "--format", "json"))
    assert [json.loads(event["details"]) for event in events] == [{"new": after, "old": before, "tree_size": 5}]
    assert events[0]["source"] == "auditlens"


def test_a_lost_memory_is_taken_up_from_a_checkpoint_and_that_is_on_record(log: Log, tmp_path: Path) -> None:
    appended(log, 0, 5)
    reader = log.reader()
    (tmp_path / "outside").write_text(reader.checkpoint() or "")
    reader.close()
    (log.settings.ledger_folder / "state.json").unlink()
    assert main(["seal"]) == 4
    run("seal", "--adopt", str(tmp_path / "outside"))
    assert main(["seal"]) == 0
    events = json.loads(run("query", "events", "--action", "Checkpoint Adopted", "--format", "json"))
    assert [json.loads(event["details"])["tree_size"] for event in events] == [5]


def test_a_checkpoint_file_that_is_none_is_refused(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    appended(log, 0, 5)
    (tmp_path / "outside").write_text("nothing\n")
    assert main(["seal", "--adopt", str(tmp_path / "outside")]) == 2
    assert "no checkpoint of a trusted key" in capsys.readouterr().err
