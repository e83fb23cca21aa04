"""Signing: only what continues what was signed before, by a key that never leaves its file."""

import stat
from pathlib import Path

import pytest

from dashboard.errors import DamagedError, UsageError
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.keys import Trusted
from dashboard.ledger.note import BadNote, Checkpoint
from dashboard.ledger.signing import adopt, begin_new_origin, rotate, sign_pending
from tests.log_fixtures import on_both_servers
from tests.record.test_append import login

pytestmark = on_both_servers
Admin = "psycopg.Connection[tuple[object, ...]]"


def append(log: Log, start: int, stop: int) -> None:
    with log.appender() as appender:
        appender.append([login(k) for k in range(start, stop)])


def seal(log: Log) -> str:
    with Sealer(log) as sealer:
        sealer.seal()
    return newest(log)


def newest(log: Log) -> str:
    reader = log.reader()
    try:
        return reader.checkpoint() or ""
    finally:
        reader.close()


def opened(log: Log, note: str) -> Checkpoint:
    return log.sealer_folder().trusted().open_checkpoint(note)


def force(admin: Admin, *statements: str) -> None:
    """What only a superuser can: past the guards."""
    for table in ("seal", "checkpoint", "sealed", "tile"):
        admin.execute(f"alter table {table} disable trigger all".encode())
    for statement in statements:
        admin.execute(statement.encode())


def test_each_seal_is_signed_with_a_key_that_only_its_owner_reads(log: Log) -> None:
    append(log, 0, 300)
    first = opened(log, seal(log))
    assert (first.origin, first.size) == (f"auditlens/{log.log_id}", 300)
    append(log, 300, 310)
    assert opened(log, seal(log)).size == 310
    folder = log.sealer_folder().folder
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"sealer.key": 0o400, "state.json": 0o600, "trusted.keys": 0o644}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_is_signed_twice(log: Log, admin: Admin) -> None:
    append(log, 0, 3)
    note = seal(log)
    assert seal(log) == note
    assert admin.execute("select count(*) from checkpoint").fetchone() == (1,)


def test_a_note_that_was_lost_after_the_memory_was_written_is_made_again(log: Log, admin: Admin) -> None:
    append(log, 0, 3)
    note = seal(log)
    force(admin, "delete from checkpoint")
    assert seal(log) == note


def test_a_log_that_was_cut_is_not_signed(log: Log, admin: Admin) -> None:
    append(log, 0, 3)
    seal(log)
    append(log, 3, 9)
    seal(log)
    force(admin, "delete from seal where seal_no = 2", "delete from checkpoint where checkpoint_no = 2")
    with log.sealing() as record, pytest.raises(DamagedError, match="rolled back: 9 events were signed"):
        sign_pending(record, log.sealer_folder())


def test_a_rewritten_tree_is_not_signed(log: Log, admin: Admin) -> None:
    append(log, 0, 3)
    seal(log)
    before = log.sealer_folder().state()
    force(
        admin,
        "update seal set root = sha256('other'), tree_size = 4",
        "update tree_edge set hashes = hashes || sha256('x')",
    )
    with log.sealing() as record, pytest.raises(DamagedError, match="History was rewritten"):
        sign_pending(record, log.sealer_folder())
    assert log.sealer_folder().state() == before


@pytest.mark.parametrize("lost", [["state.json"], ["sealer.key"], ["sealer.key", "state.json"]])
def test_a_sealer_without_key_or_memory_refuses_until_it_is_given_a_checkpoint_from_outside(
    log: Log, lost: list[str]
) -> None:
    append(log, 0, 5)
    outside = seal(log)
    append(log, 5, 8)
    for name in lost:
        (log.settings.ledger_folder / name).unlink()
    with pytest.raises(DamagedError, match="The sealer lacks"):
        seal(log)
    assert opened(log, newest(log)).size == 5
    with log.sealing() as record:
        assert adopt(record, log.sealer_folder(), outside).size == 5
    assert opened(log, seal(log)).size == 8


def test_a_checkpoint_of_a_stranger_is_not_adopted(log: Log, tmp_path: Path) -> None:
    append(log, 0, 5)
    note = seal(log)
    (log.settings.ledger_folder / "state.json").unlink()
    (log.settings.ledger_folder / "trusted.keys").unlink()
    with log.sealing() as record, pytest.raises(UsageError, match="no checkpoint of a trusted key"):
        adopt(record, log.sealer_folder(), note)


def test_a_new_key_is_vouched_for_by_the_old_which_ends_there(log: Log) -> None:
    append(log, 0, 5)
    old_note = seal(log)
    old_key = (log.settings.ledger_folder / "sealer.key").read_text()
    with log.sealing() as record:
        done = rotate(record, log.sealer_folder())
    both = newest(log)
    assert {line.split()[1] for line in both.splitlines()[-2:]} == {f"auditlens/{log.log_id}"}
    for vkey in (done.old.vkey, done.new.vkey):
        assert Trusted.parse(vkey).open_checkpoint(both).size == 5
    append(log, 5, 7)
    after = seal(log)
    assert opened(log, after).size == 7
    assert opened(log, old_note).size == 5  # still good
    with pytest.raises(BadNote):
        Trusted.parse(done.old.vkey).open_checkpoint(after)
    # a thief of the old key signs a larger tree
    (log.settings.ledger_folder / "sealer.key").chmod(0o600)
    (log.settings.ledger_folder / "sealer.key").write_text(old_key)
    append(log, 7, 9)
    with pytest.raises(BadNote, match="no longer trusted"):
        opened(log, seal(log))


def test_after_a_restore_that_lost_events_the_log_goes_on_under_a_new_origin(log: Log, admin: Admin) -> None:
    append(log, 0, 5)
    seal(log)
    append(log, 5, 7)
    before = seal(log)
    with log.sealing() as record, pytest.raises(UsageError, match="Nothing was lost"):
        begin_new_origin(record, log.sealer_folder())
    force(admin, "delete from seal where seal_no = 2", "delete from checkpoint where checkpoint_no = 2")
    force(admin, "delete from sealed where seq > 4", "update tree_edge set hashes = substr(hashes, 1, 160)")
    with log.sealing() as record:
        state, head = begin_new_origin(record, log.sealer_folder())
    assert (state.size, head.tree_size) == (7, 5)
    after = opened(log, seal(log))
    assert (after.origin, after.size) == (
        f"auditlens/{log.log_id}/2",
        7,
    )  # the two events are there still, and get new places
    assert opened(log, before).size == 7  # what was signed stays signed


def test_a_key_of_another_log_is_not_used(log: Log) -> None:
    append(log, 0, 5)
    seal(log)
    state = log.settings.ledger_folder / "state.json"
    state.write_text(state.read_text().replace(log.log_id, "another"))
    append(log, 5, 6)
    with pytest.raises(DamagedError, match="is of log auditlens/another"):
        seal(log)


def test_another_sealer_at_work_is_waited_for(log: Log) -> None:
    append(log, 0, 5)
    seal(log)
    with log.sealing() as one, log.sealing() as other, one.signing() as tree:
        assert tree is not None
        assert sign_pending(other, log.sealer_folder()) is None
