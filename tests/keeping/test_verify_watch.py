"""Verification beside the sealer: new seals at once, everything else in pieces; each report signed and kept."""

from dataclasses import replace

import pytest

from dashboard.keeping.log import Log
from dashboard.keeping.reports import HEADING
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.verify import Watch, keep, verify
from dashboard.ledger.keys import SignedState
from dashboard.ledger.report import Finding, Kind, Mode, Report
from tests import attacks
from tests.attacks import Admin, force
from tests.keeping.sealed_log import event, fill, said, sealed

__all__ = ["fill", "sealed"]  # the fixtures


def more(log: Log, start: int, stop: int) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([event(k) for k in range(start, stop)])
        sealer.seal()


def rounds(watch: Watch, start: float, count: int, step: float = 1.0) -> list[Report]:
    found = [watch.round(now=start + k * step) for k in range(count)]
    return [report for report in found if report is not None]


def kept(log: Log, admin: Admin) -> list[Report]:
    trusted = log.sealer_folder().trusted()
    notes = [str(row[0]) for row in admin.execute("select report from verification order by verification_no")]
    return [Report.from_json(trusted.open_text(note).removeprefix(HEADING)) for note in notes]


def test_new_seals_come_first_and_then_a_pass_over_everything(sealed: Log, admin: Admin) -> None:
    watch = Watch(sealed)
    first, whole = rounds(watch, 100.0, 20)
    assert (first.mode, first.covered, first.findings) == (Mode.SEALS, ((0, 600),), ())
    assert (whole.mode, whole.covered, whole.archived) == (Mode.BACKGROUND, ((0, 600),), 300)
    assert (whole.findings, whole.seals, whole.checkpoints) == ((), 3, 3)
    assert rounds(watch, 120.0, 20) == []  # nothing new
    more(sealed, 600, 1000)
    (new,) = rounds(watch, 140.0, 2)
    assert (new.mode, new.covered, new.seals, new.findings) == (Mode.SEALS, ((600, 1000),), 1, ())
    assert kept(sealed, admin) == [first, whole, new]
    (again,) = rounds(watch, 100.0 + 3601, 3)
    assert (again.mode, again.covered) == (Mode.BACKGROUND, ((0, 1000),))


def test_seals_close_together_share_a_report(sealed: Log) -> None:
    watch = Watch(sealed)
    rounds(watch, 100.0, 5)
    told = []
    for k in range(8):
        more(sealed, 600 + 10 * k, 610 + 10 * k)
        told += rounds(watch, 120.0 + 2 * k, 1)
    told += rounds(watch, 140.0, 3)
    assert [report.covered for report in told] == [((600, 610),), ((610, 660),), ((660, 680),)]


def test_an_edit_is_found_in_the_next_pass_and_said_at_once(sealed: Log, admin: Admin) -> None:
    watch = Watch(sealed)
    rounds(watch, 100.0, 5)
    attacks.edit(admin, "an actor", 401)
    assert [said(report) for report in rounds(watch, 4000.0, 3)] == [[(Kind.ALTERED, 401, 401)]]


def test_an_edit_of_a_row_that_was_just_sealed_is_found_at_once(sealed: Log, admin: Admin) -> None:
    watch = Watch(sealed)
    rounds(watch, 100.0, 5)
    more(sealed, 600, 650)
    attacks.edit(admin, "an actor", 640)
    assert [said(report) for report in rounds(watch, 120.0, 2)] == [[(Kind.ALTERED, 640, 640)]]


def test_history_rewritten_while_it_watches_is_found_by_its_own_memory(sealed: Log, admin: Admin) -> None:
    watch = Watch(sealed)
    rounds(watch, 100.0, 5)
    attacks.edit(admin, "an actor", 599)
    attacks.reseal(admin, 599)
    attacks.sign_again(admin, sealed, attacks.rebuild_tree(admin))
    folder = sealed.sealer_folder()
    (root,) = admin.execute("select root from seal order by seal_no desc limit 1").fetchone() or (b"",)
    assert isinstance(root, bytes)
    folder.save_state(SignedState(folder.state().origin, 600, root))
    more(sealed, 600, 650)
    assert [said(report) for report in rounds(watch, 120.0, 1)] == [[(Kind.REWRITTEN, 512, 599)]]


def test_a_log_that_was_rolled_back_while_it_watches_is_found(sealed: Log, admin: Admin) -> None:
    watch = Watch(sealed)
    rounds(watch, 100.0, 5)
    attacks.cut(admin, sealed, 560)
    assert [said(report)[0] for report in rounds(watch, 120.0, 1)] == [(Kind.ROLLED_BACK, 560, 599)]


def test_an_event_slipped_in_is_found_by_the_pass(sealed: Log, admin: Admin) -> None:
    watch = Watch(sealed)
    rounds(watch, 100.0, 5)
    force(
        admin,
        "insert into audit_event (id, tx, occurred_at, category, action, outcome, actor_type, source, native_id,"
        " imported) select 4000000000000000000, tx, occurred_at, category, action, outcome, actor_type, source, 'x',"
        " imported from audit_event limit 1",
    )
    (report,) = rounds(watch, 4000.0, 3)
    assert [(one.kind, one.event_id) for one in report.findings] == [(Kind.INSERTED, 4_000_000_000_000_000_000)]


def test_a_log_that_is_sealed_all_the_time_is_passed_over_too(sealed: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.keeping.verify.watch.MOST_ROWS", 256)
    watch = Watch(sealed)
    told = []
    for k in range(12):
        more(sealed, 600 + k, 601 + k)
        told += rounds(watch, 100.0 + k, 1)
    (whole,) = [report for report in told if report.mode is Mode.BACKGROUND]
    assert whole.covered[0][0] == 0
    assert whole.covered[0][1] > 600


def test_a_pass_goes_as_fast_as_it_may(sealed: Log) -> None:
    slow = Log(
        sealed.settings.model_copy(update={"verify_rows_per_second": 100}), sealed.urls, sealed.log_id,
        demo=False, embedded=True,
    )  # fmt: skip
    watch = Watch(slow)
    rounds(watch, 100.0, 1)
    assert [watch.round(now=101.0 + k) for k in range(4)] == [None] * 4  # 400 rows at most
    assert watch._all.at == 256
    (report,) = rounds(watch, 106.0, 2)
    assert report.covered == ((0, 600),)


def test_many_new_rows_are_taken_in_bites(sealed: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    more(sealed, 600, 3000)
    monkeypatch.setattr("dashboard.keeping.verify.watch.MOST_ROWS", 512)
    reports = rounds(Watch(sealed), 100.0, 30, 20.0)
    assert {report.mode for report in reports} == {Mode.SEALS, Mode.BACKGROUND}
    assert all(report.findings == () for report in reports)
    assert reports[-1].covered[-1][1] == 3000


def test_a_host_without_the_key_keeps_no_report(sealed: Log, admin: Admin) -> None:
    report = verify(sealed)
    (sealed.settings.ledger_folder / "sealer.key").unlink()
    keep(sealed, report)
    assert admin.execute("select count(*) from verification").fetchone() == (0,)


def test_a_long_report_is_cut_to_what_a_note_can_hold(sealed: Log, admin: Admin) -> None:
    many = tuple(
        Finding(kind=kind, message=f"{'x' * 300}{k}", first=2 * k, last=2 * k) for kind in Kind for k in range(500)
    )
    keep(sealed, replace(verify(sealed), findings=many))
    (report,) = kept(sealed, admin)
    assert {finding.kind for finding in report.findings} == set(Kind)
    assert len(report.findings) < len(many)
