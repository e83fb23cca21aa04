"""Verification: each attack found by its name and at its place, and no alarm without one."""

import json
import random
from dataclasses import replace

import pytest

from dashboard.config import Settings
from dashboard.events.regions import Regions
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.verify import verify
from dashboard.ledger.report import Kind
from dashboard.ledger.seal import seal_once
from dashboard.ledger.signing import begin_new_origin, rotate
from tests import attacks
from tests.attacks import Admin, event_at, force, one
from tests.keeping.sealed_log import RETIRE, damage, event, fill, notes, said, sealed

pytestmark = pytest.mark.long

__all__ = ["fill", "sealed"]  # the fixtures


def test_an_honest_log_raises_no_alarm_and_is_covered_whole(sealed: Log, admin: Admin) -> None:
    report = verify(sealed, anchors=notes(sealed, admin))
    assert report.findings == ()
    assert report.left_out == ()
    assert (report.rows, report.archived, report.covered) == (600, 300, ((0, 600),))
    assert (report.seals, report.checkpoints, report.anchors, report.unsealed) == (3, 3, 3, 0)


@pytest.mark.parametrize("seq", [0, 7, 255, 256, 420, 599])
@pytest.mark.parametrize("edit", ["an actor", "the time of recording"])
def test_an_edit_is_found_at_each_place(sealed: Log, admin: Admin, edit: str, seq: int) -> None:
    event_id = event_at(admin, seq)
    attacks.edit(admin, edit, seq)
    (found,) = damage(verify(sealed))
    assert (found.kind, found.first, found.last, found.event_id) == (Kind.ALTERED, seq, seq, event_id)
    assert found.sealed_leaf != found.found_leaf
    assert found.sealed_at is not None


@pytest.mark.parametrize("edit", [name for name in attacks.EDITS if name != "a stolen event"])
def test_each_edit_is_found(sealed: Log, admin: Admin, edit: str) -> None:
    attacks.edit(admin, edit, 401)
    found = damage(verify(sealed))
    assert [(one.kind, one.first, one.last) for one in found if one.kind is not Kind.PROTECTION] == [
        (Kind.ALTERED, 401, 401)
    ]


def test_a_deleted_event_is_found(sealed: Log, admin: Admin) -> None:
    event_id = event_at(admin, 410)
    force(admin, attacks.DELETE.format(seq=410))
    (found,) = damage(verify(sealed))
    assert (found.kind, found.first, found.event_id) == (Kind.DELETED, 410, event_id)


def test_an_event_deleted_with_its_place_is_found(sealed: Log, admin: Admin) -> None:
    force(admin, attacks.DELETE.format(seq=410), "delete from sealed where seq = 410")
    assert (Kind.DELETED, 410, 410) in said(verify(sealed))


def test_many_deleted_side_by_side_are_one_finding(sealed: Log, admin: Admin) -> None:
    force(admin, "delete from audit_event where id in (select event_id from sealed where seq between 100 and 199)")
    assert said(verify(sealed)) == [(Kind.DELETED, 100, 199)]


def test_a_report_stays_short_whatever_was_done(sealed: Log, admin: Admin) -> None:
    force(admin, "update audit_event set description = description || 'x'")
    assert said(verify(sealed)) == [(Kind.ALTERED, 0, 599)]
    force(admin, "delete from audit_event where id % 2 = 0")
    assert {kind for kind, _, _ in said(verify(sealed))} == {Kind.ALTERED, Kind.DELETED}
    force(admin, "delete from audit_event", "delete from sealed")
    assert (Kind.DELETED, 0, 599) in said(verify(sealed))


def test_an_event_slipped_in_behind_the_seal_is_found(sealed: Log, admin: Admin) -> None:
    with attacks.past_the_guards(admin):
        event_id = one(
            admin,
            "insert into audit_event (tx, recorded_at, occurred_at, category, action, outcome, actor_type, source,"
            " native_id, imported) select tx, recorded_at, occurred_at, category, action, outcome, actor_type, source,"
            " 'slipped', imported from audit_event limit 1 returning id",
        )
    (found,) = damage(verify(sealed))
    assert (found.kind, found.event_id, found.first) == (Kind.INSERTED, event_id, None)


def test_an_event_of_a_transaction_to_come_is_found(sealed: Log, admin: Admin) -> None:
    with attacks.past_the_guards(admin):
        event_id = one(
            admin,
            "insert into audit_event (tx, occurred_at, category, action, outcome, actor_type, source, native_id,"
            " imported) values ('99999999', now(), 'a', 'b', 'unknown', 'user', 's', 'n', false) returning id",
        )
    (found,) = damage(verify(sealed))
    assert (found.kind, found.event_id) == (Kind.INSERTED, event_id)


def test_an_event_inserted_past_the_way_in_is_found_though_it_was_sealed(sealed: Log, admin: Admin) -> None:
    admin.execute(
        "insert into audit_event (occurred_at, category, action, outcome, actor_type, source, native_id, imported)"
        " values (now(), 'a', 'b', 'unknown', 'user', 's', 'n', false)"
    )
    with Sealer(sealed) as sealer:
        sealer.seal()
    assert said(verify(sealed)) == [(Kind.INSERTED, 600, 600)]


def test_an_event_deleted_before_it_was_sealed_is_found(sealed: Log, admin: Admin) -> None:
    with sealed.appender() as appender:
        (event_id,) = appender.append([event(600)]).ids
    force(admin, f"delete from audit_event where id = {event_id}")
    (found,) = damage(verify(sealed))
    assert (found.kind, found.event_id) == (Kind.DELETED, event_id)


@pytest.mark.parametrize("when", ["- interval '3 months'", "- interval '2 hours'", "+ interval '1 day'"])
def test_a_back_dated_event_is_found_though_it_was_sealed(sealed: Log, admin: Admin, when: str) -> None:
    admin.execute(
        f"insert into audit_event (recorded_at, occurred_at, category, action, outcome, actor_type, source, native_id,"
        f" imported) values (now() {when}, now(), 'a', 'b', 'unknown', 'user', 's', 'n', true)".encode()
    )
    admin.execute("insert into event_key select 's', 'n', sha256('x'), max(id) from audit_event")
    with Sealer(sealed) as sealer:
        sealer.seal()
    found = [one for one in damage(verify(sealed)) if one.kind is not Kind.PROTECTION]  # of the default partition
    assert [(one.kind, one.first, one.last) for one in found] == [(Kind.BACKDATED, 600, 600)]


def test_two_events_that_changed_places_are_found(sealed: Log, admin: Admin) -> None:
    a, b = event_at(admin, 20), event_at(admin, 30)
    swap = f"case event_id when {a} then {b} else {a} end"
    times = "(select recorded_at from audit_event where id = "
    force(
        admin,
        "alter table sealed drop constraint sealed_event_id_key",
        f"update sealed set event_id = {swap} where seq in (20, 30)",
        f"update sealed set recorded_at = {times} event_id) where seq in (20, 30)",
        "alter table sealed add constraint sealed_event_id_key unique (event_id)",
    )
    assert said(verify(sealed)) == [(Kind.ALTERED, 20, 20), (Kind.ALTERED, 30, 30)]


@pytest.mark.parametrize("seq", [20, 300, 599])
def test_an_edit_with_its_leaf_is_found_by_the_tile(sealed: Log, admin: Admin, seq: int) -> None:
    attacks.edit(admin, "an actor", seq)
    attacks.reseal(admin, seq)
    (found,) = [one for one in damage(verify(sealed)) if one.kind is not Kind.ARCHIVE]
    assert (found.kind, found.first, found.last) == (Kind.ALTERED, seq, seq)


@pytest.mark.parametrize(("seq", "window"), [(20, (0, 255)), (280, (256, 299)), (305, (300, 511)), (599, (560, 599))])
def test_an_edit_with_its_leaf_and_tile_is_found_by_what_stands_above(
    sealed: Log, admin: Admin, seq: int, window: tuple[int, int]
) -> None:
    attacks.edit(admin, "an actor", seq)
    attacks.reseal(admin, seq)
    attacks.put_into_tile(admin, seq)
    (found,) = [one for one in damage(verify(sealed)) if one.kind is not Kind.ARCHIVE]
    assert (found.kind, found.first, found.last) == (Kind.TREE, *window)


@pytest.mark.parametrize(("seq", "window"), [(20, (0, 299)), (310, (300, 559)), (599, (560, 599))])
@pytest.mark.parametrize("roots", [False, True])
def test_an_edit_with_the_whole_tree_is_found_by_roots_and_signatures(
    sealed: Log, admin: Admin, seq: int, window: tuple[int, int], roots: bool
) -> None:
    attacks.edit(admin, "an actor", seq)
    attacks.reseal(admin, seq)
    attacks.rebuild_tree(admin, roots=roots)
    (found,) = [one for one in damage(verify(sealed)) if one.kind is not Kind.ARCHIVE]
    assert (found.kind, found.first, found.last) == (Kind.REWRITTEN if roots else Kind.TREE, *window)


def test_history_signed_again_is_found_by_memory_and_by_copies_outside(sealed: Log, admin: Admin) -> None:
    outside = notes(sealed, admin)
    attacks.edit(admin, "an actor", 401)
    attacks.reseal(admin, 401)
    attacks.sign_again(admin, sealed, attacks.rebuild_tree(admin))
    assert said(verify(sealed)) == [(Kind.REWRITTEN, 0, 599)]
    assert said(verify(sealed, anchors=outside)) == [(Kind.REWRITTEN, 300, 559)]
    (sealed.settings.ledger_folder / "state.json").unlink()
    (sealed.settings.ledger_folder / "sealer.key").unlink()
    assert said(verify(sealed, anchors=outside)) == [(Kind.REWRITTEN, 300, 559)]
    report = verify(sealed)
    assert damage(report) == []  # nothing here contradicts it: that is what copies are for
    assert any("copy of a checkpoint outside" in reason for reason in report.left_out)
    assert any("does not lie on this host" in reason for reason in report.left_out)


def test_history_signed_again_is_found_in_the_archive_too(sealed: Log, admin: Admin) -> None:
    attacks.edit(admin, "an actor", 120)
    attacks.reseal(admin, 120)
    attacks.sign_again(admin, sealed, attacks.rebuild_tree(admin))
    assert said(verify(sealed)) == [(Kind.REWRITTEN, 0, 599), (Kind.ARCHIVE, 120, 120)]


@pytest.mark.parametrize("size", [300, 560])
def test_a_log_cut_and_signed_again_is_found_by_memory_and_by_copies(sealed: Log, admin: Admin, size: int) -> None:
    outside = notes(sealed, admin)
    attacks.cut(admin, sealed, size)
    assert said(verify(sealed)) == [(Kind.ROLLED_BACK, size, 599)]
    (sealed.settings.ledger_folder / "state.json").unlink()
    (sealed.settings.ledger_folder / "sealer.key").unlink()
    assert said(verify(sealed, anchors=outside)) == [(Kind.ROLLED_BACK, size, 599)]


def test_a_log_of_which_nothing_is_left_is_found(sealed: Log, admin: Admin) -> None:
    attacks.cut(admin, sealed, 0)
    assert (Kind.ROLLED_BACK, 0, 599) in said(verify(sealed))


def test_without_a_trusted_key_nothing_is_called_signed(sealed: Log) -> None:
    (sealed.settings.ledger_folder / "trusted.keys").unlink()
    report = verify(sealed)
    assert [finding.kind for finding in report.findings] == [Kind.UNVERIFIABLE]
    assert report.checkpoints == 0
    assert any("no signature was checked" in reason for reason in report.left_out)


def test_a_copy_of_a_stranger_is_no_copy(sealed: Log, admin: Admin) -> None:
    stranger = notes(sealed, admin)[0].replace("300", "299")
    report = verify(sealed, anchors=[stranger, "no note"])
    assert [finding.kind for finding in report.findings] == [Kind.UNVERIFIABLE, Kind.UNVERIFIABLE]
    assert report.anchors == 0


def test_a_gap_in_a_producers_count_is_told(log: Log) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([event(k) for k in (0, 1, 2, 6, 7)])
        appender.append([event(k) for k in (9,)])
        sealer.seal()
        appender.append([event(8)])  # waits: no gap
    report = verify(log)
    assert said(report) == [(Kind.GAP, 2, 3)]
    assert report.is_sound
    assert "3 numbers" in report.findings[0].message


def test_a_field_emptied_without_a_record_is_found(sealed: Log, admin: Admin) -> None:
    force(admin, attacks.EMPTY.format(seq=401))
    assert said(verify(sealed)) == [(Kind.ERASED, 401, 401)]


def test_an_erasure_made_up_beside_the_record_is_found(sealed: Log, admin: Admin) -> None:
    event_id = event_at(admin, 401)
    force(
        admin,
        "insert into erasure (reason, groups, digest) values ('none', 1, sha256('x'))",
        "insert into erased_group select id, 'actor', audit_digest_of(e, 'actor'), 1 from audit_event e"
        f" where id = {event_id}",
        f"update audit_event set actor = null, actor_salt = null where id = {event_id}",
    )
    assert said(verify(sealed)) == [(Kind.ERASED, 401, 401)]
    force(admin, f"update audit_event set actor = 'forged' where id = {event_id}")
    assert said(verify(sealed)) == [(Kind.ALTERED, 401, 401), (Kind.ERASED, 401, 401)]


def test_a_retirement_made_up_beside_the_record_is_found(sealed: Log, admin: Admin) -> None:
    force(
        admin,
        "delete from audit_event where id in (select event_id from sealed where seq < 300)",
        RETIRE,
    )
    report = verify(sealed)
    assert said(report) == [(Kind.RETIRED, 0, 299)]
    assert (report.rows, report.retired, report.covered) == (300, 300, ((0, 600),))  # the archive has them


def test_what_was_not_looked_at_is_not_covered(sealed: Log, admin: Admin) -> None:
    attacks.edit(admin, "an actor", 100)
    report = verify(sealed, start=300)
    assert report.covered == ((300, 600),)
    assert damage(report) == []
    assert any("300 rows were not hashed again" in reason for reason in report.left_out)


@pytest.mark.parametrize("attack", ["", attacks.EDITS["an actor"].format(seq=590)])
def test_several_processes_find_what_one_finds(
    sealed: Log, admin: Admin, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if attack:
        force(admin, attack)
    monkeypatch.setattr("dashboard.keeping.verify.passes.PIECE", 256)
    alone, several = verify(sealed, processes=1), verify(sealed, processes=2)
    for name in ("rows", "archived", "covered", "seals", "checkpoints", "findings", "left_out", "root", "as_of"):
        assert getattr(alone, name) == getattr(several, name), name
    assert bool(damage(several)) == bool(attack)


def test_progress_ends_at_the_end(sealed: Log) -> None:
    told: list[tuple[int, int]] = []
    verify(sealed, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (900, 900)


@pytest.mark.parametrize("seed", range(6))
def test_honest_logs_of_many_shapes_raise_no_alarm(log: Log, admin: Admin, seed: int) -> None:
    chance = random.Random(seed)
    number = 0
    with log.appender() as appender, log.appender() as other, Sealer(log) as sealer:
        for _ in range(chance.randrange(2, 9)):
            match chance.randrange(6):
                case 0:
                    with admin.transaction(force_rollback=True):
                        admin.execute("select nextval('audit_event_id')")
                case 1:
                    sealer.seal()
                case 2:
                    sealer.seal()
                    sealer.mirror()
                case 3:
                    with log.sealing() as record:
                        if sealer.seal().tree_size:
                            rotate(record, log.sealer_folder())
                case _:
                    many = chance.choice([1, 5, 255, 256, 257, 600])
                    (appender if chance.random() < 0.5 else other).append([event(number + k) for k in range(many)])
                    number += many
    report = verify(log, anchors=notes(log, admin))
    assert report.findings == ()
    assert report.covered == (((0, report.as_of),) if report.as_of else ())
    assert report.rows + report.unsealed == number


def test_events_without_a_place_after_a_restore_are_told(sealed: Log, admin: Admin) -> None:
    force(admin, "update seal set system_id = 1")
    assert verify(sealed).findings == ()
    with sealed.appender() as appender:
        appender.append([event(600)])
    (found,) = verify(sealed).findings
    assert (found.kind, found.first) == (Kind.UNSEALED, None)
    assert "seal --rebase" in found.message
    with sealed.sealing() as record, Regions.open(None) as regions:
        seal_once(record, regions, rebase=True)
    assert verify(sealed).findings == ()


def test_what_a_restore_lost_is_told_by_copies_for_ever(sealed: Log, admin: Admin) -> None:
    outside = notes(sealed, admin)
    memory = sealed.sealer_folder().state()
    attacks.cut(admin, sealed, 560)  # as a restore leaves it
    sealed.sealer_folder().save_state(memory)
    with sealed.sealing() as record:
        begin_new_origin(record, sealed.sealer_folder())
    with sealed.appender() as appender, Sealer(sealed) as sealer:
        appender.append([event(700 + k) for k in range(100)])
        sealer.seal()
    assert [one for one in verify(sealed).findings if one.is_damage] == []
    assert said(verify(sealed, anchors=outside))[0] == (Kind.REWRITTEN, 560, 599)


ODD = [
    "", " ", '"', '""', ",", "\\", "\\N", "\\.", "null", "NULL", "\r", "\n", "\r\n", 'a"\n,"b', "'", "\t", "é",
    "e\u0301", "😀", "\u2028", "\u202e", "\ufeff", "\x01", "\x7f", "t", "0", "-", "=1+1", '{"a":"b"}', "x" * 900,
]  # fmt: skip


def test_texts_of_every_kind_are_hashed_as_they_were_sealed(log: Log) -> None:
    chance = random.Random(5)
    events = [
        replace(
            event(k),
            actor=chance.choice([None, *ODD]), description=chance.choice(ODD), target=chance.choice([None, *ODD]),
            user_agent=chance.choice([None, *ODD]), reported_region=chance.choice([None, *ODD]),
            actor_id=chance.choice([None, *ODD]) if k % 3 else None, request_id=chance.choice(ODD),
            details=json.dumps(chance.choice(ODD)), source_ip=chance.choice([None, "2001:db8::1", "::ffff:1.2.3.4"]),
            original=chance.choice([None, b"", b"\x00\xff", b"line"]),
        )
        for k in range(700)
    ]  # fmt: skip
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append(events)
        sealer.seal()
        sealer.mirror()
    report = verify(log)
    assert (report.findings, report.rows, report.archived) == ((), 700, 700)


def test_an_empty_log_is_sound_and_covers_nothing(log: Log) -> None:
    report = verify(log)
    assert (report.findings, report.covered, report.as_of) == ((), (), 0)


def test_a_reader_can_verify_where_there_is_no_sealer(sealed: Log, tmp_path_factory: pytest.TempPathFactory) -> None:
    keys = (sealed.settings.ledger_folder / "trusted.keys").read_text()
    ledger = tmp_path_factory.mktemp("ledger")
    (ledger / "trusted.keys").write_text(keys)
    settings = Settings(home=sealed.settings.home, archive=sealed.settings.archive_location, ledger=ledger)
    here = replace(sealed, settings=settings, urls=replace(sealed.urls, sealer=""))
    report = verify(here)
    assert (report.findings, report.checkpoints, report.covered) == ((), 3, ((0, 600),))
