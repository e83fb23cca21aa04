"""Erasing a person: nothing under the home holds the value, every proof from before verifies, a crash is made good."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing

import polars as pl
import psycopg
import pytest

from dashboard.archive.table import ArchiveTable
from dashboard.errors import UnreachableError, UsageError
from dashboard.events.canonical import LeafInput, PlaceInput, leaf_hash, leaf_line
from dashboard.events.event import AuditEvent
from dashboard.events.filter import EventFilter
from dashboard.keeping import erase as erasing
from dashboard.keeping.archived import archived
from dashboard.keeping.erase import erase, resume
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.targets import find
from dashboard.ledger.tlog import Tiles, check_inclusion
from dashboard.query import fetch, streaming, views
from dashboard.query.opening import Questions
from dashboard.query.sort import NEWEST_FIRST, Sort
from dashboard.record import purging
from dashboard.record.erasing import ErasingRecord
from dashboard.record.tree import TreeRecord
from tests.keeping.files_of_home import files_with, soon_without
from tests.leaf_inputs import LEAF_INPUT
from tests.record.test_append import login

pytestmark = pytest.mark.long

Admin = "psycopg.Connection[tuple[object, ...]]"
WHO = "zülal.quixote"
ADDRESS = "203.0.113.77"
Proof = tuple[int, int, bytes, list[bytes]]  # event id, seq, root, path


def named(number: int, **fields: object) -> AuditEvent:
    """An event of the person, or one that names her."""
    given: dict[str, object] = {
        "actor": WHO,
        "source_ip": ADDRESS,
        "user_agent": f"client of {WHO}",
        "reported_region": "Valparaíso",
        "target": f"{WHO}/dotfiles",
        "description": f"{WHO.upper()} signed in",
        "details": '{"by":"z\\u00fclal.quixote"}',
        "original": f'{{"user":"{WHO}","n":{number}}}'.encode(),
        "request_id": f"r-{number}",
    }
    return login(number, **(given | fields))


def story(neighbour: str = "zülal.quixot") -> list[AuditEvent]:
    """30 events: every third the person's own, every third by another who names her, every third of neither."""
    others = {"actor": "another", "user_agent": None, "details": None, "original": None, "source_ip": "198.51.100.1"}
    return [
        named(n)
        if n % 3 == 0
        else named(n, **others, target=None, reported_region=None)
        if n % 3 == 1
        else login(n, actor="another", description=f"{neighbour} {n}")
        for n in range(30)
    ]


def fill(log: Log, events: list[AuditEvent], mirrored: int) -> list[int]:
    ids: list[int] = []
    with log.appender() as appender, Sealer(log) as sealer:
        ids += appender.append(events[:mirrored]).ids
        sealer.seal()
        sealer.mirror()
        ids += appender.append(events[mirrored:]).ids
        sealer.seal()
    return ids


def prove(log: Log, event_ids: list[int]) -> list[Proof]:
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        head = tree.head()
        assert head is not None
        tiles = Tiles(tree.tile, head.tree_size)
        seqs = [tree.place_of_event(event_id) or 0 for event_id in event_ids]
        return [
            (event_id, seq, head.root, tiles.prove_inclusion(seq, head.tree_size))
            for event_id, seq in zip(event_ids, seqs, strict=True)
        ]


def leaf_of(log: Log, event_id: int) -> bytes:
    """The leaf, computed again from what the record holds now."""
    with psycopg.connect(log.urls.sealer) as connection:
        row = connection.execute(LEAF_INPUT.encode(), {"id": event_id}).fetchone()
        place = connection.execute(
            "select region, country, geo_source, encode(place_salt, 'hex') from sealed where event_id = %s", (event_id,)
        ).fetchone()
        erased = connection.execute(
            "select grp, encode(digest, 'hex') from erased_group where event_id = %s", (event_id,)
        ).fetchall()
    assert row is not None
    assert place is not None
    return leaf_hash(leaf_line(LeafInput(*row), PlaceInput(*place), dict(erased)))


def verify(log: Log, proofs: list[Proof], size: int) -> bool:
    return all(check_inclusion(seq, size, leaf_of(log, number), path, root) for number, seq, root, path in proofs)


def erased_words(log: Log) -> list[str | None]:
    with closing(log.events()) as reader:
        return reader.snapshot().events.sort("seq").select("erased").collect()["erased"].to_list()  # type: ignore[no-any-return]


@pytest.mark.parametrize("mirrored", [0, 17, 30])
def test_nothing_under_the_home_holds_an_erased_value_and_every_proof_still_verifies(
    home_log: Log, mirrored: int
) -> None:
    ids = fill(home_log, story(), mirrored)
    with home_log.appender() as appender:
        appender.append([login(500, native_id="k")])
        appender.append([named(500, native_id="k")])  # quarantined
    proofs = prove(home_log, ids)
    assert verify(home_log, proofs, 30)
    assert files_with(home_log, WHO) == {"pg"} | ({"archive"} if mirrored else set())
    targets = find(home_log, [WHO, ADDRESS])
    assert targets.places() == {
        "actor": 10, "client": 10, "description": 20, "details": 10, "original": 10, "place": 10, "target": 10,
    }  # fmt: skip
    assert (targets.events, targets.conflicts, targets.clear) == (20, (1,), {})
    done = erase(home_log, targets, "ticket 4711")
    assert (done.erasure_no, done.groups, done.events, done.conflicts) == (1, 80, 20, 1)
    assert soon_without(home_log, WHO, ADDRESS, "Valparaíso") == set()
    assert files_with(home_log, "zülal.quixot 5") == {"pg"} | ({"archive"} if mirrored > 5 else set())
    assert verify(home_log, proofs, 30)
    everything = "actor,client,description,details,original,place,target"
    assert erased_words(home_log)[:30] == [everything, "description", None] * 10
    assert find(home_log, [WHO, ADDRESS]).is_empty
    with Sealer(home_log) as sealer:
        sealer.mirror()
    assert erased_words(home_log) == [*[everything, "description", None] * 10, None, None]
    assert soon_without(home_log, WHO, ADDRESS) == set()


def test_an_erasure_that_is_sealed_is_signed_and_shown(log: Log) -> None:
    fill(log, story(), 17)
    assert erase(log, find(log, [WHO]), "asked").erasure_no == 1
    with closing(Questions(log)) as questions:
        page = views.log_page(questions.engine(), EventFilter(category=("Integrity",)))
    assert page["action"].to_list() == ["Data Erased"]
    with log.sealing() as record, record.signing() as tree:
        assert tree is not None
        signed = tree.newest_checkpoint()
        assert signed is not None
        assert signed.tree_size == 31


@pytest.mark.on_both_servers
def test_the_archive_goes_on_where_it_was(log: Log) -> None:
    ids = fill(log, story(), 17)
    erase(log, find(log, [WHO]), "asked")
    for table in (log.events_table(), log.evidence_table()):
        table.refresh()
        assert table.watermark == 17
        opened = table._table
        assert opened is not None
        assert opened.metadata().configuration["delta.appendOnly"] == "true"
        assert opened.metadata().configuration["auditlens.log_id"] == log.log_id
        assert table.scan().collect()["seq"].sort().to_list() == list(range(17))
    with Sealer(log) as sealer:
        assert sealer.mirror() == 14
    with closing(log.reader()) as reader:
        digests = reader.erased_digests()
    events, evidence = log.events_table(), log.evidence_table()
    events.refresh()
    evidence.refresh()
    rows = archived(events, evidence, pl.Series(range(31)))
    assert rows.differing(digests) == []
    assert rows.inputs["id"].to_list()[:30] == ids


def test_erasing_again_finds_nothing(log: Log) -> None:
    fill(log, story(), 17)
    targets = find(log, [WHO])
    assert erase(log, targets, "asked").erasure_no == 1
    assert erase(log, targets, "asked").erasure_no is None
    assert find(log, [WHO]).is_empty


def test_a_part_of_a_word_and_other_people_are_left_alone(log: Log) -> None:
    fill(log, story(f"{WHO}s"), 30)
    before = log.events_table()
    before.refresh()
    kept = before.scan().filter(pl.col("seq") % 3 == 2).sort("seq").collect()
    erase(log, find(log, [WHO]), "asked")
    before.refresh()
    assert before.scan().filter(pl.col("seq") % 3 == 2).sort("seq").collect().equals(kept)


def test_what_stands_in_the_clear_is_counted_and_said(log: Log) -> None:
    fill(log, [login(1, actor_id=WHO, native_id=f"{WHO}:1"), login(2, actor_id="u-2")], 1)
    targets = find(log, [WHO])
    assert targets.is_empty
    assert targets.clear == {"actor_id": 1, "native_id": 1}


def test_a_line_in_another_encoding_is_read_too(log: Log) -> None:
    lines = [WHO.encode("cp1252"), f"{WHO}".encode("utf-16-le"), b"\xff\xfe nobody", None]
    fill(log, [login(n, original=line) for n, line in enumerate(lines)], 2)
    found = find(log, [WHO]).groups
    assert found.select("seq", "grp").rows() == [(0, "original"), (1, "original")]


def test_a_reason_that_names_the_person_is_refused(log: Log) -> None:
    fill(log, story(), 0)
    with pytest.raises(UsageError, match="reason names the person"):
        erase(log, find(log, [WHO]), f"{WHO} wrote to us")
    assert not find(log, [WHO]).is_empty


def test_the_operator_who_is_erased_is_not_named(log: Log, monkeypatch: pytest.MonkeyPatch, admin: Admin) -> None:
    fill(log, story(), 0)
    monkeypatch.setattr(erasing, "operator_name", lambda: WHO)
    erase(log, find(log, [WHO]), "asked")
    assert admin.execute("select actor from audit_event where action = 'Data Erased'").fetchall() == [(None,)]


class Crash(Exception):
    """Stands for the end of the process."""


def crash(*_: object, **__: object) -> None:
    raise Crash


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (erasing, "_empty_evidence"),
        (erasing, "_empty_events"),
        (ArchiveTable, "replace"),
        (ArchiveTable, "forget"),
        (ErasingRecord, "did"),
        (purging, "purge"),
        (purging, "_renew_log"),
    ],
)
def test_a_crash_between_two_steps_is_made_good(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, where: object, name: str
) -> None:
    home_log: Log = request.getfixturevalue("home_log" if where is purging else "log")
    ids = fill(home_log, story(), 17)
    proofs = prove(home_log, ids)
    targets = find(home_log, [WHO, ADDRESS])
    with monkeypatch.context() as patched:
        patched.setattr(where, name, crash)
        with pytest.raises(Crash):
            erase(home_log, targets, "asked")
    with closing(home_log.reader()) as reader:
        assert reader.open_erasures() != ()
    with Sealer(home_log) as sealer:
        sealer.mirror()  # a mirror meanwhile writes nothing back
    assert resume(home_log).erasures == (1,)
    with closing(home_log.reader()) as reader:
        assert reader.open_erasures() == ()
    assert soon_without(home_log, WHO, ADDRESS) == set()
    assert verify(home_log, proofs, 30)
    assert resume(home_log).erasures == ()
    opened = home_log.events_table()
    opened.refresh()
    assert opened._table is not None
    assert opened._table.metadata().configuration["delta.appendOnly"] == "true"


def test_a_transaction_that_still_sees_the_rows_is_waited_for(home_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(home_log, story(), 0)
    monkeypatch.setattr(purging, "PATIENCE_S", 0.3)
    with psycopg.connect(home_log.urls.reader) as looking:
        looking.execute("set transaction isolation level repeatable read")
        looking.execute("select count(*) from audit_event")
        with pytest.raises(UnreachableError, match="has not ended"):
            erase(home_log, find(home_log, [WHO]), "asked")
        looking.rollback()
    assert resume(home_log).erasures == (1,)
    assert files_with(home_log, WHO) == set()


def test_a_value_in_the_servers_log_is_blotted_out(home_log: Log) -> None:
    fill(home_log, story(), 0)
    with psycopg.connect(home_log.urls.writer, autocommit=True) as writer, pytest.raises(psycopg.DataError):
        writer.execute(
            "select audit_append(%s::jsonb)",
            (f'{{"occurred_at":"2026-01-01T00:00:00Z","category":"c","action":"a","source_ip":"{WHO}"}}',),
        )
    server_log = home_log.settings.home / "pg" / "server.log"
    assert WHO in server_log.read_text()
    size = server_log.stat().st_size
    assert erase(home_log, find(home_log, [WHO]), "asked").log_places == 1
    assert server_log.stat().st_size >= size
    assert files_with(home_log, WHO) == set()


def test_a_log_file_that_a_late_checkpointer_kept_to_write_over_is_not_left(
    home_log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The postmaster, which passes settings on, stands still while the log is renewed."""
    fill(home_log, story(), 0)
    postmaster = int((home_log.settings.home / "pg" / "postmaster.pid").read_text().split()[0])
    renew = purging._renew_log

    def renew_late(connection: psycopg.Connection) -> None:
        os.kill(postmaster, signal.SIGSTOP)
        waking = threading.Timer(1.0, os.kill, (postmaster, signal.SIGCONT))
        waking.start()
        renew(connection)
        waking.join()

    monkeypatch.setattr(purging, "_renew_log", renew_late)
    erase(home_log, find(home_log, [WHO]), "asked")
    assert files_with(home_log, WHO) == set()


def test_an_archive_from_a_backup_is_emptied_again(log: Log) -> None:
    fill(log, story(), 30)
    events, evidence = log.events_table(), log.evidence_table()
    events.refresh()
    evidence.refresh()
    kept = events.scan().collect(), evidence.scan().collect()
    erase(log, find(log, [WHO]), "asked")
    for table, rows in zip((events, evidence), kept, strict=True):
        table.rewrite(pl.Series([0]), lambda _, rows=rows: rows)  # type: ignore[misc]
    assert not find(log, [WHO]).is_empty
    assert resume(log).archive_rows == 60
    assert find(log, [WHO]).is_empty


def test_a_reader_that_is_open_drops_what_is_erased(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(log, story(), 17)
    with closing(log.events()) as reader:
        before = reader.snapshot()
        erase(log, find(log, [WHO]), "asked")
        after = reader.snapshot(before.as_of)
    assert after.erasures > before.erasures
    assert WHO not in after.events.collect()["actor"].to_list()


def test_an_open_engine_asks_once_more_when_its_files_are_gone(log: Log) -> None:
    fill(log, story(), 17)
    with closing(Questions(log)) as questions:
        engine = questions.engine()
        assert WHO in views.log_page(engine, EventFilter())["actor"].to_list()
        erase(log, find(log, [WHO]), "asked")
        assert WHO not in views.log_page(engine, EventFilter())["actor"].to_list()
        assert views.count(engine, EventFilter(actor=(WHO,))) == 0
        assert views.event(engine, "seq:0")["actor"].to_list() == [None]
        assert sum(frame.height for frame in views.batches(engine, EventFilter(), size=4)) == 30


def test_an_export_that_began_before_an_erasure_does_not_end_as_if_nothing_happened(log: Log) -> None:
    fill(log, story(), 30)
    with closing(Questions(log)) as questions:
        engine = questions.engine()

        def frames() -> Iterator[pl.DataFrame]:
            yield pl.DataFrame({"seq": [1]})
            raise FileNotFoundError

        for module, name, sort in ((fetch, "by_time", NEWEST_FIRST), (streaming, "batches", Sort("seq"))):
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(module, name, lambda *_, **__: frames())
                with pytest.raises(UnreachableError, match="replaced"):
                    list(views.batches(engine, EventFilter(), sort))


def test_files_that_vanish_again_and_again_are_said(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(log, story(), 30)
    with closing(Questions(log)) as questions:
        engine = questions.engine()
        stale = questions.events.snapshot()
        monkeypatch.setattr(questions.events, "snapshot", lambda *_: stale)
        erase(log, find(log, [WHO]), "asked")
        with pytest.raises(UnreachableError, match="replaced"):
            views.log_page(engine, EventFilter())


def test_a_mirror_under_way_is_waited_for(log: Log) -> None:
    with log.sealing() as sealer, sealer.mirroring() as mine, ErasingRecord(log.urls.of("redactor")) as record:
        assert mine
        with pytest.raises(UnreachableError, match="writing the archive"), record.mirroring(patience_s=0.2):
            pass
