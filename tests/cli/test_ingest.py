"""`auditlens append` and `auditlens import` on a real record, run as commands."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from dashboard.cli import main

LEAST = {"occurred_at": "2026-11-23T08:11:57.123456Z", "category": "Auth", "action": "Login Failed"}
TABLE = "Actor,Category,Action,Description,IP Address,Region,Timestamp\n"


@pytest.fixture
def rows(external):
    """Reads what is recorded."""

    def read(columns: str) -> list[tuple]:
        with psycopg.connect(external.reader) as connection:
            return connection.execute(f"select {columns} from audit_event order by id".encode()).fetchall()

    return read


def report(capsys: pytest.CaptureFixture[str]) -> dict:
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_a_table_is_imported_once(tmp_path: Path, rows, capsys):
    path = tmp_path / "a.csv"
    path.write_text(TABLE + "ada,Auth,Login Failed,x,81.2.69.142,London,2026-11-23 08:11:57\n" * 2 + "cut,off")
    assert main(["import", str(path), "--zone", "UTC", "--json"]) == 3
    found = report(capsys)
    rejects = found.pop("rejects")
    assert found == {"read": 3, "accepted": 2, "duplicates": 0, "rejected": 1}
    assert [(row["file"], row["line"], row["field"]) for row in rejects] == [(str(path), 4, "line")]
    assert main(["import", str(path), "--zone", "UTC", "--json"]) == 3
    assert report(capsys)["duplicates"] == 2
    assert (
        rows("actor, outcome, host(source_ip), source, imported")
        == [("ada", "failure", "81.2.69.142", "csv", True)] * 2
    )


def test_a_conflict_is_a_reject(tmp_path: Path, external, capsys):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(LEAST | {"native_id": "1", "actor": actor}) + "\n" for actor in "aba"))
    assert main(["import", str(path), "--json"]) == 3
    found = report(capsys)
    assert (found["accepted"], found["duplicates"], found["rejects"][0]["field"]) == (1, 1, "native_id")
    assert found["rejects"][0]["line"] == 2


def test_a_rehearsal_stores_nothing_and_needs_no_database(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("AUDITLENS_WRITER_URL", "postgresql://127.0.0.1:1/none")
    path = tmp_path / "a.json"
    path.write_text(json.dumps([LEAST]))
    assert main(["import", str(path), "--dry-run"]) == 0
    captured = capsys.readouterr()
    assert "1 accepted" in captured.out
    assert "Nothing was stored" in captured.err


@pytest.mark.parametrize(
    "arguments",
    [["/no/such/file"], ["/"], ["-", "-"], ["--zone", "Nowhere/Land", "/dev/null"], ["--format", "xml", "-"]],
)
def test_wrong_use_is_told_before_anything_else(arguments, capsys):
    assert main(["import", *arguments]) == 2
    assert capsys.readouterr().out == ""


def test_nothing_usable_is_exit_2(tmp_path: Path, external, rows, capsys):
    path = tmp_path / "n.json"
    path.write_text(json.dumps([LEAST])[:-1])
    assert main(["import", str(path)]) == 2
    assert capsys.readouterr().out.startswith(f"{path}:1: is not JSON")
    assert rows("id") == []


def command(*arguments: str, given: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-c", "import sys; from dashboard.cli import main; sys.exit(main(sys.argv[1:]))", *arguments],
        input=given, capture_output=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["append"], ["import", "-"]])
def test_standard_input_is_read(external, rows, arguments):
    given = b"".join((json.dumps(LEAST | {"actor": actor}) + "\n").encode() for actor in ("ada", "—", "'"))
    done = command(*arguments, "--json", given=given + b"{")
    assert done.returncode == 3, done.stderr
    assert {**json.loads(done.stdout), "rejects": 0} == {
        "read": 4, "accepted": 3, "duplicates": 0, "rejected": 1, "rejects": 0,
    }  # fmt: skip
    assert rows("actor, imported") == [(actor, arguments[0] == "import") for actor in ("ada", "—", "'")]
