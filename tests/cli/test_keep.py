"""`auditlens erase` and `auditlens retire`, run as commands: what they say, what they do, how they end."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from dashboard.cli import main
from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from tests.keeping.test_retire import JANUARY, add_month
from tests.record.test_append import login

WHO = "zülal.quixote"


@pytest.fixture
def person(external, filled: Callable[..., Log]) -> Log:
    """Ten events: half of them of the person, one of these with her name where it can't be erased."""
    events: list[AuditEvent] = [login(n, actor=WHO if n % 2 else "another", native_id=f"n{n}") for n in range(10)]
    return filled(events, mirrored=6)


def report(capsys: pytest.CaptureFixture[str]) -> dict:
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_a_dry_run_counts_and_changes_nothing(person: Log, capsys) -> None:
    for _ in range(2):
        assert main(["erase", WHO, "--dry-run", "--json"]) == 0
        found = report(capsys)
        assert (found["events"], found["groups"], found["erasure"]) == (5, {"actor": 5}, None)


def test_an_erasure_says_what_it_did_and_what_it_can_not_reach(person: Log, capsys) -> None:
    assert main(["erase", WHO.upper(), "--yes", "--reason", "ticket 12", "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["erasure"], found["events"], found["left"], found["archive_rows"]) == (1, 5, 0, 12)
    assert any("backups" in place for place in found["out_of_reach"])
    assert "VACUUM (FULL)" in found["out_of_reach"][0]  # not our server's files
    assert WHO not in said.out + said.err
    with psycopg.connect(person.urls.reader) as connection:
        rows = connection.execute("select actor from audit_event where source <> 'auditlens' order by id").fetchall()
        kept = connection.execute("select reason from erasure").fetchall()
    assert rows == [("another",), (None,)] * 5
    assert kept == [("ticket 12",)]
    assert main(["erase", WHO, "--yes", "--json"]) == 0
    assert report(capsys)["events"] == 0


def test_a_value_comes_from_standard_input(person: Log, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WHO}\n\n"))
    assert main(["erase", "-", "--yes", "--json"]) == 0
    assert report(capsys)["events"] == 5


def test_what_stays_in_the_clear_makes_it_partly_done(external, filled, capsys) -> None:
    filled([login(1, actor=WHO, actor_id=WHO)])
    assert main(["erase", WHO, "--yes", "--json"]) == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["clear"] == {"actor_id": 1}
    assert "Still there, for it can't be erased: actor_id of 1 events." in said.err


@pytest.mark.parametrize(
    "words",
    [["erase"], ["erase", "-"], ["erase", "x", "--yes"], ["erase", WHO], ["erase", WHO, "--resume"],
     ["erase", WHO, "--yes", "--reason", f"for {WHO}"], ["retire"], ["retire", "--before", "soon"],
     ["retire", "--hold", "2025-01"], ["retire", "--before", "2025-01", "--hold", "2025-01"]],
)  # fmt: skip
def test_wrong_use_ends_with_2_and_changes_nothing(person: Log, words: list[str], monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(words) == 2
    with psycopg.connect(person.urls.reader) as connection:
        assert connection.execute("select count(*) from audit_event where actor is null").fetchone() == (0,)
        assert connection.execute("select count(*) from erasure").fetchone() == (0,)


def test_there_is_nothing_to_resume(person: Log, capsys) -> None:
    assert main(["erase", "--resume", "--json"]) == 0
    assert report(capsys) == {"completed": [], "archive_rows": 0, "archive_files": 0}


def test_months_are_retired_held_and_refused(external, log: Log, admin, capsys) -> None:
    add_month(admin, JANUARY, 20)
    month = f"{datetime.now(UTC):%Y-%m}"
    assert main(["retire", "--hold", "2025-01", "--reason", "case 1", "--json"]) == 0
    assert report(capsys) == {"month": "2025-01", "held": True}
    assert main(["retire", "--before", "2025-02", "--yes", "--json"]) == 3
    assert report(capsys) == {"ready": [], "retired": {}, "refused": {"2025-01": "held: case 1"}}
    assert main(["retire", "--release", "2025-01", "--reason", "over"]) == 0
    capsys.readouterr()
    assert main(["retire", "--before", "2025-02", "--dry-run", "--json"]) == 0
    assert report(capsys) == {"ready": ["2025-01"], "retired": {}, "refused": {}}
    assert main(["retire", "--before", "9999-12", "--yes"]) == 2  # nothing is signed
    assert main(["seal"]) == 0
    capsys.readouterr()
    assert main(["retire", "--before", "9999-12", "--yes", "--json"]) == 3
    found = report(capsys)
    assert found == {"ready": ["2025-01"], "retired": {"2025-01": 20}, "refused": {month: "the month is not over"}}
    assert main(["status", "--json"]) == 0
    assert report(capsys)["retired"] == 20
