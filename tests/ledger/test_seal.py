"""Sealing: every committed event once, in one gapless order, whatever transactions do meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from dashboard.errors import DamagedError
from dashboard.events.regions import Regions
from dashboard.keeping.log import Log
from dashboard.ledger.seal import seal_once
from dashboard.ledger.tlog import Frontier, Tiles, check_consistency, check_inclusion
from tests.log_fixtures import on_both_servers
from tests.record.test_append import login

pytestmark = on_both_servers
INSERT = (
    "select audit_append(jsonb_build_object('occurred_at', '2026-11-01T12:00:00Z',"
    " 'category', 'Auth', 'action', 'Logged In', 'native_id', %s::text))"
)


@contextmanager
def no_regions() -> Iterator[Regions]:
    with Regions.open(None) as regions:
        yield regions


def seal(log: Log, limit: int = 200_000) -> int:
    total = 0
    with log.sealing() as record, no_regions() as regions:
        while True:
            done = seal_once(record, regions, limit=limit)
            total += done.events
            if not done.more:
                return total


def order(admin: "psycopg.Connection[tuple[object, ...]]") -> list[object]:
    return [row[0] for row in admin.execute("select event_id from sealed order by seq")]


def test_places_are_gapless_from_zero(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with log.appender() as appender:
        for start in range(0, 100, 20):
            appender.append([login(k) for k in range(start, start + 20)])
            seal(log)
    rows = admin.execute("select seq, event_id from sealed order by seq").fetchall()
    assert [row[0] for row in rows] == list(range(100))
    assert len({row[1] for row in rows}) == 100


def test_a_backlog_is_taken_in_bites_and_nothing_is_passed_over(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with log.appender() as appender:
        for k in range(30):
            appender.append([login(100 * k + j) for j in range(1 + k % 5)])
    assert seal(log, limit=7) == sum(1 + k % 5 for k in range(30))
    assert len(set(order(admin))) == 90


def test_an_event_that_commits_late_is_sealed_late_and_once(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with psycopg.connect(log.urls.writer) as slow, log.appender() as appender:
        slow.execute(INSERT, ("slow",))  # has the smaller transaction id and event id
        appender.append([login(1, native_id="quick")])
        assert seal(log) == 1
        slow.commit()
        assert seal(log) == 1
        assert seal(log) == 0
    natives = admin.execute("select native_id from sealed join audit_event on id = event_id order by seq").fetchall()
    assert natives == [("quick",), ("slow",)]


def test_each_seal_grows_one_tree_and_keeps_its_root(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with log.appender() as appender:
        for start in range(0, 1200, 300):
            appender.append([login(k) for k in range(start, start + 300)])
            seal(log)
    leaves = [bytes(row[0]) for row in admin.execute("select leaf from sealed order by seq")]  # type: ignore[call-overload]
    by_hand = Frontier()
    by_hand.append(b"".join(leaves))
    head = admin.execute("select tree_size, root from seal order by seal_no desc limit 1").fetchone()
    assert head == (1200, by_hand.root())

    def read(level: int, number: int, _: int) -> bytes:
        found = admin.execute("select hashes from tile where (level, number) = (%s, %s)", (level, number)).fetchone()
        found = found or admin.execute("select hashes from tree_edge where level = %s", (level,)).fetchone()
        assert found is not None
        return bytes(found[0])  # type: ignore[call-overload]

    tiles = Tiles(read, 1200)
    for size, root in admin.execute("select tree_size, root from seal").fetchall():
        old, kept = int(str(size)), bytes(root)  # type: ignore[call-overload]
        assert tiles.root(old) == kept
        assert check_consistency(old, 1200, tiles.prove_consistency(old, 1200), kept, by_hand.root())
    assert check_inclusion(700, 1200, leaves[700], tiles.prove_inclusion(700, 1200), by_hand.root())


def test_an_edge_that_was_written_to_stops_the_sealer(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with log.appender() as appender:
        appender.append([login(1)])
        seal(log)
        admin.execute("update tree_edge set hashes = sha256('x')")
        appender.append([login(2)])
        with pytest.raises(DamagedError, match="does not lead to its sealed root"):
            seal(log)
        admin.execute("update tree_edge set hashes = hashes || hashes")
        with pytest.raises(DamagedError, match="edge of the tree is damaged"):
            seal(log)
    assert len(order(admin)) == 1


def test_a_rolled_back_event_never_gets_a_place(log: Log) -> None:
    with psycopg.connect(log.urls.writer) as connection:
        connection.execute(INSERT, ("gone",))
        connection.rollback()
        connection.execute(INSERT, ("stays",))
        with connection.transaction(force_rollback=True):
            connection.execute(INSERT, ("gone with its savepoint",))
        connection.commit()
    assert seal(log) == 1


def test_two_sealers_at_once_seal_each_event_once(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with log.appender() as appender:
        appender.append([login(k) for k in range(3000)])
    threads = [threading.Thread(target=seal, args=(log, 500)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal(log)
    assert len(order(admin)) == 3000


def test_a_restored_database_stops_the_sealer_until_it_is_told(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with log.appender() as appender:
        appender.append([login(1)])
        seal(log)
        admin.execute(
            "insert into seal (seal_no, tree_size, snapshot, system_id, root) select 2, 2, '9:9:', 1, root from seal"
        )  # sealed on another server
        appender.append([login(2), login(3)])
        with pytest.raises(DamagedError, match="restored into another server"):
            seal(log)
    admin.execute("alter table seal disable trigger no_rewrite")
    admin.execute("delete from seal where seal_no = 2")
    admin.execute("alter table seal enable always trigger no_rewrite")
    with log.sealing() as record, no_regions() as regions:
        assert seal_once(record, regions, rebase=True).events == 2
        assert seal_once(record, regions).events == 0
