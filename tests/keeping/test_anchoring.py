"""Carrying checkpoints away: what is due, what is kept of it, and when it is late."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dashboard.config import Settings
from dashboard.errors import DamagedError, UnreachableError, UsageError
from dashboard.keeping import anchoring
from dashboard.keeping.anchoring import Anchorer, anchor_now, cosigned, outside_copies, standing
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger import sinks
from dashboard.ledger.note import Verifier
from dashboard.ledger.signing import rotate
from dashboard.ledger.sinks import Receipt, Sending, Sink
from dashboard.ledger.tlog import EMPTY_ROOT
from tests.keeping.stub_sinks import Clock, Stub, grow, with_sinks
from tests.ledger.servers import Witness, http_server

Admin = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> list[Stub]:
    """The configured sinks: one, and what the test adds."""
    found = [Stub()]

    def configured(_: Settings) -> tuple[Sink, ...]:
        return tuple(found)

    monkeypatch.setattr(anchoring, "configured", configured)
    return found


def rows(admin: Admin) -> list[tuple[object, ...]]:
    return admin.execute("select sink, tree_size, receipt, error from anchor order by anchor_no").fetchall()


def test_a_checkpoint_is_sent_once_and_the_next_after_the_interval(log: Log, stubs: list[Stub]) -> None:
    clock, (stub,) = Clock(), stubs
    grow(log, 0, 3)
    with Anchorer(log, clock=clock) as anchorer:
        assert [anchorer.round(), anchorer.round()] == [1, 0]
        grow(log, 3, 5)
        clock.pass_(59)
        assert anchorer.round() == 0
        clock.pass_(1)
        assert [anchorer.round(), anchorer.round()] == [1, 0]
    assert [sending.checkpoint.size for sending in stub.got] == [3, 5]
    assert stub.got[1].last_size == 3
    assert stub.got[1].last["number"] == 1


def test_a_quiet_log_is_sent_again_each_hour(log: Log, stubs: list[Stub]) -> None:
    clock = Clock()
    grow(log, 0, 3)
    with Anchorer(log, clock=clock) as anchorer:
        anchorer.round()
        clock.pass_(3599)
        assert anchorer.round() == 0
        clock.pass_(1)
        assert [anchorer.round(), anchorer.round()] == [1, 0]


def test_another_signature_under_the_same_tree_is_sent_too(log: Log, stubs: list[Stub]) -> None:
    clock, (stub,) = Clock(), stubs
    grow(log, 0, 3)
    with Anchorer(log, clock=clock) as anchorer, log.sealing() as record:
        anchorer.round()
        rotate(record, log.sealer_folder())
        clock.pass_(60)
        assert anchorer.round() == 1
    assert stub.got[0].checkpoint == stub.got[1].checkpoint
    assert stub.got[1].note.startswith(stub.got[0].note)


def test_a_sink_has_a_pace_of_its_own_where_it_says_so(log: Log, stubs: list[Stub]) -> None:
    clock, slow = Clock(), Stub("stub:slow", every_s=600.0)
    stubs.append(slow)
    grow(log, 0, 3)
    with Anchorer(log, clock=clock) as anchorer:
        assert anchorer.round() == 2
        grow(log, 3, 5)
        clock.pass_(60)
        assert anchorer.round() == 1
        clock.pass_(540)
        assert anchorer.round() == 1
    assert [sending.checkpoint.size for sending in slow.got] == [3, 5]


def test_a_sink_that_is_down_is_tried_less_and_less_often_and_holds_up_no_other(log: Log, stubs: list[Stub]) -> None:
    clock, other = Clock(), Stub("stub:b")
    stubs[0].down = True
    stubs.append(other)
    grow(log, 0, 3)
    tried: list[float] = []
    begun = clock.now
    with Anchorer(log, clock=clock) as anchorer:
        assert anchorer.round() == 1
        while (clock.now - begun).total_seconds() < 3000:
            before = anchorer._known[stubs[0].name].failures
            anchorer.round()
            if anchorer._known[stubs[0].name].failures > before:
                tried.append((clock.now - begun).total_seconds())
            clock.pass_(10)
    assert tried == [60, 180, 420, 900, 1500, 2100, 2700]
    assert len(other.got) == 1


def test_each_try_is_kept_with_its_receipt_or_its_error(log: Log, admin: Admin, stubs: list[Stub]) -> None:
    clock, (stub,) = Clock(), stubs
    stub.down = True
    grow(log, 0, 3)
    with Anchorer(log, clock=clock) as anchorer:
        anchorer.round()
        stub.down = False
        clock.pass_(60)
        anchorer.round()
    failure, success = rows(admin)
    assert failure == ("stub:a", 3, None, "stub:a: it is down. Wait.")
    assert success[:2] == ("stub:a", 3)
    receipt = json.loads(str(success[2]))
    assert (receipt["origin"], receipt["number"]) == (f"auditlens/{log.log_id}", 1)
    assert len(receipt["note_sha256"]) == 64


def test_what_was_sent_is_remembered_over_a_restart(log: Log, stubs: list[Stub]) -> None:
    grow(log, 0, 3)
    for expected in (1, 0):
        with Anchorer(log) as anchorer:
            assert anchorer.round() == expected


def test_a_sink_that_never_ends_holds_up_the_others_for_a_moment_only(
    log: Log, admin: Admin, stubs: list[Stub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchoring, "_LONGEST_S", 0.2)
    woken = threading.Event()

    class Hanging(Stub):
        def publish(self, sending: Sending) -> Receipt:
            assert woken.wait(60), "the end waited for the sink"
            return super().publish(sending)

    stubs.insert(0, Hanging("stub:hangs"))
    grow(log, 0, 3)
    clock = Clock()
    with Anchorer(log, clock=clock) as anchorer:
        assert anchorer.round() == 1
        clock.pass_(60)
        anchorer.round()
        woken.set()
        anchorer._busy["stub:hangs"].join()
    errors = [error for sink, _, _, error in rows(admin) if sink == "stub:hangs"]
    assert errors == ["stub:hangs: it did not end within 0 s.", "stub:hangs: the try before has not ended yet."]


def test_a_sink_that_never_ends_does_not_hold_up_the_end(log: Log, stubs: list[Stub]) -> None:
    woken, stop = threading.Event(), threading.Event()

    class Hanging(Stub):
        def publish(self, sending: Sending) -> Receipt:
            stop.set()
            assert woken.wait(60), "the end waited for the sink"
            return super().publish(sending)

    stubs.insert(0, Hanging("stub:hangs"))
    grow(log, 0, 3)
    with Anchorer(log, stop=stop) as anchorer:
        (sent,) = anchorer.send() or ()
        woken.set()
        anchorer._busy["stub:hangs"].join()
    assert sent.error == "stub:hangs: the sealer was stopped before it ended."


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_sink_that_breaks_is_a_failure_like_others(log: Log, admin: Admin, stubs: list[Stub]) -> None:
    class Broken(Stub):
        def publish(self, sending: Sending) -> Receipt:
            raise ZeroDivisionError

    stubs.insert(0, Broken("stub:broken"))
    grow(log, 0, 3)
    with Anchorer(log) as anchorer:
        assert anchorer.round() == 1
    assert rows(admin)[0][3] == "stub:broken: it broke; standard error says how."


def test_only_the_host_with_the_key_sends_and_one_process_at_a_time(log: Log, stubs: list[Stub]) -> None:
    grow(log, 0, 3)
    with Anchorer(log) as anchorer, log.sealing() as other:
        with other.anchoring():
            assert anchorer.round() == 0
            with pytest.raises(UnreachableError, match="Another process"):
                anchor_now(log, patience_s=0.3)
        (log.settings.ledger_folder / "sealer.key").rename(log.settings.ledger_folder / "away")
        assert anchorer.round() == 0
    assert stubs[0].got == []


def test_a_log_without_a_checkpoint_or_without_sinks_sends_nothing(log: Log, stubs: list[Stub]) -> None:
    with Anchorer(log) as anchorer:
        assert anchorer.round() == 0
    assert standing(log)[0].late is False  # there is nothing to be late with
    stubs.clear()
    grow(log, 0, 3)
    with Anchorer(log) as anchorer:
        assert anchorer.round() == 0
    assert standing(log) == ()
    assert outside_copies(log) == ()


def test_what_was_not_signed_here_is_not_sent(log: Log, admin: Admin, stubs: list[Stub]) -> None:
    grow(log, 0, 3)
    admin.execute("alter table checkpoint disable trigger all")
    admin.execute("update checkpoint set tree_size = 4")
    with Anchorer(log) as anchorer, pytest.raises(DamagedError, match="another tree than its row says"):
        anchorer.round()
    admin.execute("update checkpoint set note = replace(note, '3', '4')")
    with Anchorer(log) as anchorer, pytest.raises(DamagedError, match="was not signed here"):
        anchorer.round()
    assert stubs[0].got == []


def test_a_database_that_went_away_is_said_and_found_again(log: Log, admin: Admin, stubs: list[Stub]) -> None:
    grow(log, 0, 3)
    with Anchorer(log) as anchorer:
        anchorer.round()
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'auditlens sealer' and datname = current_database()"
        )
        with pytest.raises(UnreachableError):
            anchorer.send()
        assert len(anchorer.send() or ()) == 1


def test_a_sink_is_late_when_a_head_is_older_than_three_intervals(log: Log, admin: Admin, stubs: list[Stub]) -> None:
    grow(log, 0, 3)
    now = datetime.now(UTC)
    assert standing(log, now=now)[0].late  # it never got one
    with Anchorer(log) as anchorer:
        anchorer.round()
    (fresh,) = standing(log, now=now + timedelta(seconds=181))
    assert (fresh.late, fresh.error, fresh.failures) == (False, None, 0)
    assert fresh.received is not None
    assert fresh.received.tree_size == 3
    stubs[0].down = True
    grow(log, 3, 5)
    signed = admin.execute("select max(signed_at) from checkpoint").fetchone()
    assert signed is not None
    assert isinstance(signed[0], datetime)
    with Anchorer(log) as anchorer:
        anchorer.send()
    early, late = (standing(log, now=signed[0] + timedelta(seconds=passed))[0] for passed in (179, 181))
    assert (early.late, early.error, early.failures) == (False, "stub:a: it is down. Wait.", 1)
    assert late.late
    stubs[0].every_s = 600.0
    assert not standing(log, now=signed[0] + timedelta(seconds=181))[0].late


def test_a_quiet_logs_sink_is_late_after_three_hours(log: Log, stubs: list[Stub]) -> None:
    grow(log, 0, 3)
    with Anchorer(log) as anchorer:
        anchorer.round()
    now = datetime.now(UTC)
    assert not standing(log, now=now + timedelta(hours=2.9))[0].late
    assert standing(log, now=now + timedelta(hours=3.1))[0].late


def test_copies_come_back_the_newest_first_and_a_sink_that_cant_is_said(
    log: Log, stubs: list[Stub], caplog: pytest.LogCaptureFixture
) -> None:
    stubs.append(Stub("stub:b"))
    for start, stop in ((0, 3), (3, 5)):
        grow(log, start, stop)
        anchor_now(log)
    notes = [sending.note for sending in reversed(stubs[0].got)]
    assert [(copy.sink, copy.note) for copy in outside_copies(log)] == [
        (name, note) for name in ("stub:a", "stub:b") for note in notes
    ]
    assert [copy.note for copy in outside_copies(log, newest=1)] == notes[:1] * 2
    stubs[0].down = True
    told: list[tuple[str, str]] = []
    assert len(outside_copies(log, on_failure=lambda sink, why: told.append((sink, why)))) == 2
    assert told == [("stub:a", "stub:a: it is down.")]
    outside_copies(log)
    assert "stub:a: it is down." in caplog.text


def test_a_real_folder_shows_who_rewrote_the_log_and_signed_it_anew(log: Log, admin: Admin, tmp_path: Path) -> None:
    folder = tmp_path / "outside"
    folder.mkdir()
    log = with_sinks(log, f"file:{folder}?tiles=1")
    grow(log, 0, 300)
    (sent,) = anchor_now(log)
    assert sent.receipt is not None
    sent_before = sent_note(log)
    for table in ("seal", "sealed", "checkpoint", "tile"):
        admin.execute(f"alter table {table} disable trigger all".encode())
    admin.execute("delete from checkpoint")
    admin.execute("delete from seal")
    admin.execute("delete from sealed")
    admin.execute("delete from tile")
    admin.execute("delete from tree_edge")
    for path in log.settings.ledger_folder.glob("state.json"):
        path.write_text(json.dumps({"origin": f"auditlens/{log.log_id}", "size": 0, "root": EMPTY_ROOT.hex()}))
    with Sealer(log) as sealer:  # all of it, sealed anew: other salts, other leaves
        sealer.rebase()
    (again,) = anchor_now(log)
    assert again.contradicts
    assert "does not continue the one of 300 leaves there; they differ from leaf 0 on" in str(again.error)
    (found,) = standing(log)
    assert found.contradicts
    assert [copy.note for copy in outside_copies(log)] == [sent_before]


def test_tiles_that_did_not_fit_into_one_round_follow_in_the_next(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks.layout, "_TILES_S", 0.0)
    monkeypatch.setattr(sinks.layout, "_STEP_LEAVES", 256)
    folder = tmp_path / "outside"
    folder.mkdir()
    log = with_sinks(log, f"file:{folder}?tiles=1")
    grow(log, 0, 600)
    with Anchorer(log) as anchorer:
        assert [anchorer.round() for _ in range(4)] == [1, 1, 1, 0]
    assert (folder / "tile/0/002.p/88").exists()


def test_a_witness_is_asked_from_the_real_tree_and_its_line_goes_under_the_note(log: Log) -> None:
    grow(log, 0, 300)
    vkey = log.sealer_folder().trusted().keys[0].verifier.vkey
    it = Witness(Verifier.parse(vkey), f"auditlens/{log.log_id}")
    with http_server(it.answer) as (place, _):
        log = with_sinks(log, f"witness+http://{place}?key={it.vkey}")
        for stop in (301, 700):
            grow(log, stop - 1, stop)
            (sent,) = anchor_now(log)
            assert sent.error is None
        note = sent_note(log)
        with_line = cosigned(log, note)
    assert with_line.startswith(note)
    assert with_line.removeprefix(note).startswith(f"\u2014 {it.name} ")


def sent_note(log: Log) -> str:
    reader = log.reader()
    try:
        return reader.checkpoint() or ""
    finally:
        reader.close()


def test_no_secret_reaches_the_record(log: Log, admin: Admin) -> None:
    secret = "s3cret-Pa55"
    urls = [
        f"webhook+http://127.0.0.1:9/{secret}?sig={secret}",
        f"git+http://me:{secret}@127.0.0.1:9/x.git",
        f"tsa+http://me:{secret}@127.0.0.1:9/tsr?token={secret}",
        "mailto:a@example.org?server=127.0.0.1:9&from=b@example.org&tls=none",
    ]
    log = with_sinks(log, " ".join(urls), smtp_user="me", smtp_password=SecretStr(secret))
    grow(log, 0, 3)
    sent = anchor_now(log)
    assert [one.receipt for one in sent] == [None] * 4
    kept = [*rows(admin), *sent, *standing(log), log.settings, *anchoring.configured(log.settings)]
    assert secret not in repr(kept)
    assert len(rows(admin)) == 4


def test_a_sink_that_cant_be_used_is_said_at_once(log: Log) -> None:
    with pytest.raises(UsageError, match="Sink 1 of AUDITLENS_ANCHORS"):
        Anchorer(with_sinks(log, "nowhere"))
    with pytest.raises(UsageError, match="Sink 1 of AUDITLENS_ANCHORS"):
        standing(with_sinks(log, "nowhere"))
