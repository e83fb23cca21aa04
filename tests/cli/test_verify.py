"""`auditlens verify`: what it says, and how it ends."""

from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.report import Kind, Report
from dashboard.record.connect import Urls
from tests import attacks
from tests.attacks import Admin
from tests.record.test_append import login


@pytest.fixture
def real(log: Log, external: Urls) -> Log:
    """Three hundred sealed events in the log that the environment names."""
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([login(k) for k in range(300)])
        sealer.seal()
    return log


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["verify", *arguments])
    return code, capsys.readouterr().out


def test_a_sound_log_ends_with_zero_and_says_what_was_covered(real: Log, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "--full")
    assert code == 0
    assert "Rows hashed again: 0 to 299 (300 in the record, 0 in the archive)." in out
    assert "Not covered: There is no copy of a checkpoint outside" in out
    assert "nothing is damaged" in out


def test_damage_ends_with_four_and_names_the_row(real: Log, admin: Admin, capsys: pytest.CaptureFixture[str]) -> None:
    attacks.edit(admin, "an actor", 77)
    code, out = told(capsys, "--full")
    assert code == 4
    event_id = attacks.event_at(admin, 77)
    assert f"(seq 77, event {event_id}): The event is not the one that was sealed." in out
    assert "DAMAGED: 1 findings." in out


def test_json_is_the_report_and_it_is_kept(real: Log, admin: Admin, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "--full", "--json")
    report = Report.from_json(out)
    assert (code, report.covered, report.is_sound) == (0, ((0, 300),), True)
    assert attacks.one(admin, "select count(*) from verification") == 1


def test_without_full_it_begins_where_the_last_day_ended(
    real: Log, admin: Admin, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "--full")
    code, out = told(capsys)
    assert (code, "Rows hashed again: none" in out, "300 rows were not hashed again" in out) == (0, True, True)
    with real.appender() as appender, Sealer(real) as sealer:
        appender.append([login(k) for k in range(300, 340)])
        sealer.seal()
    attacks.edit(admin, "an actor", 7)
    code, out = told(capsys, "--json")
    report = Report.from_json(out)
    assert (code, report.covered, report.rows) == (0, ((300, 340),), 40)
    assert any("300 rows were not hashed again" in reason for reason in report.left_out)
    code, _ = told(capsys, "--full", "--json")
    assert code == 4


def test_a_checkpoint_from_elsewhere_is_compared(
    real: Log, admin: Admin, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reader = real.reader()
    outside = tmp_path / "checkpoint"
    outside.write_text(reader.checkpoint() or "")
    reader.close()
    attacks.edit(admin, "an actor", 7)
    attacks.reseal(admin, 7)
    attacks.sign_again(admin, real, attacks.rebuild_tree(admin))
    (real.settings.ledger_folder / "state.json").unlink()
    (real.settings.ledger_folder / "sealer.key").unlink()
    assert told(capsys, "--full")[0] == 0  # nobody here knows better
    code, out = told(capsys, "--full", "--json", "--anchor", str(outside))
    report = Report.from_json(out)
    assert (code, report.anchors, [found.kind for found in report.findings]) == (4, 1, [Kind.REWRITTEN])


def test_a_file_that_is_not_there_is_wrong_use(real: Log, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--anchor", "/nowhere/checkpoint")[0] != 0


def test_log_text_can_not_write_to_the_terminal(real: Log, capsys: pytest.CaptureFixture[str]) -> None:
    with real.appender() as appender, Sealer(real) as sealer:
        appender.append([login(k, source="\x1b]0;x\x07[red]", source_seq=2 * k, native_id=str(k)) for k in (1, 2)])
        sealer.seal()
    _, out = told(capsys, "--full")
    assert "never came" in out
    assert "\x1b" not in out
