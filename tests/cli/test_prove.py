"""`auditlens prove`, `check` and `export --evidence`: the files they leave and the codes they end with."""

import json
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.export.check import read_keys
from dashboard.keeping.log import Log
from dashboard.record.connect import Urls
from tests.export.evidence_fixtures import append, events, key_of, opened
from tests.ledger.test_signing import newest


@pytest.fixture
def sealed(log: Log, external: Urls) -> Log:
    """A log of forty events, which the commands of the test work on."""
    append(log, 0, 40)
    return log


def test_a_proof_goes_to_standard_output_or_a_file_and_checks(
    sealed: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", "seq:3"]) == 0
    told = capsys.readouterr().out
    file = tmp_path / "event.tlog-proof"
    assert main(["prove", "seq:3", "-o", str(file)]) == 0
    assert file.read_text("utf-8") == told
    capsys.readouterr()
    assert main(["check", str(file), "--key", key_of(sealed), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["kind"], report["leaf_index"], report["event"]["native_id"]) == ("proof of one event", 3, "n-3")
    assert main(["prove", report["event"]["id"], "--withhold", "actor,client", "-o", str(file)]) == 0
    assert main(["check", str(file)]) == 3
    assert "elif.kaya" not in capsys.readouterr().out


def test_what_was_appended_a_moment_ago_is_sealed_before_it_is_proven(sealed: Log, tmp_path: Path) -> None:
    with sealed.appender() as appender:
        new = appender.append(events(40, 41)).ids[0]
    file = tmp_path / "event.tlog-proof"
    assert main(["prove", str(new), "-o", str(file)]) == 0
    assert main(["check", str(file), "--key", key_of(sealed)]) == 0


def test_an_export_with_evidence_checks_by_a_file_of_keys(
    sealed: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, keys, file = tmp_path / "kept", tmp_path / "keys", tmp_path / "found.zip"
    kept.write_text(newest(sealed), "utf-8")
    keys.write_text(f"# of the contract\n{key_of(sealed)}\n", "utf-8")
    append(sealed, 40, 50)
    flags = ["--actor", "jonas.weber", "--older", str(kept), "--withhold", "details"]
    assert main(["export", "--evidence", "-o", str(file), *flags]) == 0
    assert "25 events exported as of 50, proven against a tree of 50." in capsys.readouterr().err
    assert main(["check", str(file), "--keys", str(keys), "--checkpoint", str(kept), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["withheld"]) == (25, ["details"])
    assert read_keys(keys.read_text("utf-8"))[0].fingerprint == report["key"]["sha256"]
    assert list(tmp_path.glob("*.manifest.json")) == []
    assert json.loads(opened(file.read_bytes())["manifest.json"])["filter"]["params"] == [["actor", "jonas.weber"]]


def test_a_changed_file_ends_with_4_and_a_wrong_use_with_2(
    sealed: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "event.tlog-proof"
    assert main(["prove", "seq:3", "-o", str(file)]) == 0
    file.write_text(file.read_text("utf-8").replace("index 3", "index 4"), "utf-8")
    assert main(["check", str(file), "--key", key_of(sealed)]) == 4
    assert "DOES NOT CHECK" in capsys.readouterr().out
    other = tmp_path / "other.txt"
    other.write_text("nothing of ours", "utf-8")
    for wrong in (
        ["check", str(tmp_path / "none")],
        ["check", str(other)],
        ["check", str(file), "--key", "no key"],
        ["check", str(file), "--keys", str(tmp_path / "none")],
        ["prove", "seq:x"],
        ["prove", "4711000"],
        ["prove", "seq:3", "--withhold", "salary"],
        ["export", "-o", str(other), "--withhold", "actor"],
        ["export", "-o", str(other), "--evidence", "--format", "csv"],
        ["export", "-o", str(other), "--evidence", "--sort", "actor"],
        ["export", "-o", str(other), "--evidence", "--as-of", "41"],
    ):
        assert main(wrong) == 2, wrong
    assert other.read_text("utf-8") == "nothing of ours"
