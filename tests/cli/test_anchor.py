"""`auditlens anchor`: one line a sink, and an exit code that a script can use."""

import json
from pathlib import Path

import pytest

from dashboard import cli
from dashboard.errors import Exit
from dashboard.keeping.log import open_log
from dashboard.record.connect import Urls
from tests.record.test_append import login


@pytest.fixture
def outside(external: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is configured as sink, of a log whose key this host holds."""
    from dashboard.config import from_environment
    from dashboard.keeping.sealer import Sealer

    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.setenv("AUDITLENS_ANCHORS", f"file:{folder}")
    with open_log(from_environment()) as log:
        with log.appender() as appender:
            appender.append([login(k) for k in range(3)])
        with Sealer(log) as sealer:
            sealer.seal()
    return folder


def test_it_sends_now_and_says_so(outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["anchor"]) == Exit.DONE
    assert capsys.readouterr().out == f"received  file:{outside}\n"
    assert cli.main(["anchor", "--json"]) == Exit.DONE
    (sent,) = json.loads(capsys.readouterr().out)
    assert (sent["sink"], sent["kind"], sent["error"]) == (f"file:{outside}", "file", None)
    assert (outside / sent["receipt"]["path"]).read_text() == (outside / "checkpoint").read_text()


def test_it_lists_how_it_stands(outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["anchor", "--list"]) == Exit.DONE
    assert capsys.readouterr().out == f"LATE         file:{outside}  nothing received yet\n"
    cli.main(["anchor"])
    capsys.readouterr()
    cli.main(["anchor", "--list"])
    assert capsys.readouterr().out.startswith(f"in time      file:{outside}  3 events, ")
    cli.main(["anchor", "--list", "--json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["tree_size"], found["late"], found["contradicts"]) == (3, False, False)


def test_a_sink_that_fails_is_exit_5_and_one_that_contradicts_exit_4(
    outside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITLENS_ANCHORS", f"file:{outside} file:{outside / 'none'}")
    assert cli.main(["anchor"]) == Exit.UNREACHABLE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"received  file:{outside}"
    assert lines[1].startswith(f"FAILED    file:{outside / 'none'}: the folder does not exist.")
    (taken,) = (outside / "checkpoints").iterdir()
    taken.write_text("something else\n")
    assert cli.main(["anchor"]) == Exit.DAMAGED
    assert "It contradicts this log." in capsys.readouterr().out


def test_without_a_sink_it_says_what_to_do(
    outside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITLENS_ANCHORS", "")
    for more in ([], ["--list"], ["--json"]):
        assert cli.main(["anchor", *more]) == Exit.WRONG_USE
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("No sink is configured")
        assert "AUDITLENS_ANCHORS" in printed.err


def test_a_host_without_the_key_and_a_log_without_events_have_nothing_to_send(
    external: Urls, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITLENS_ANCHORS", f"file:{tmp_path}")
    assert cli.main(["anchor"]) == Exit.WRONG_USE
    assert "does not hold the sealer's key" in capsys.readouterr().err
    assert cli.main(["seal"]) == Exit.DONE  # makes no checkpoint of nothing
    assert cli.main(["anchor"]) == Exit.WRONG_USE
