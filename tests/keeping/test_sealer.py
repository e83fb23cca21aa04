"""The sealer at work: what waits is sealed soon, what is sealed is mirrored when due, and regions are decided once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType

import psutil
import psycopg
import pytest

from dashboard.config import Settings
from dashboard.errors import DamagedError, UsageError
from dashboard.events.regions import NOWHERE, Place, Regions
from dashboard.keeping import sealer as sealers
from dashboard.keeping.forever import run_forever
from dashboard.keeping.log import Log, open_log
from dashboard.keeping.sealer import Sealer, catch_up
from dashboard.keeping.sealer_process import SealerProcess
from dashboard.ledger.seal import Outcome
from dashboard.record.connect import Urls
from tests.record.test_append import login


def wait_until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class KnownPlaces:
    """Stands in for a GeoIP database: tells places from a table and counts what it is asked."""

    def __init__(self, **places: Place) -> None:
        self.asked: list[str] = []
        self.places_known = places

    def places(self, addresses: "set[str]") -> dict[str, Place]:
        self.asked += sorted(addresses)
        return {address: self.places_known.get(address, NOWHERE) for address in addresses}


def test_mirroring_waits_for_enough_events_or_enough_time(log: Log) -> None:
    small = Log(
        settings=log.settings.model_copy(update={"mirror_rows": 10, "mirror_seconds": 60.0}),
        urls=log.urls, log_id=log.log_id, demo=False, embedded=True,
    )  # fmt: skip
    with small.appender() as appender, Sealer(small) as sealer:
        assert sealer.mirror_if_due(now=0.0) == 0
        appender.append([login(k) for k in range(4)])
        sealer.seal()
        assert sealer.mirror_if_due(now=100.0) == 0
        assert sealer.mirror_if_due(now=159.0) == 0
        assert sealer.mirror_if_due(now=160.0) == 4
        appender.append([login(k) for k in range(4, 14)])
        sealer.seal()
        assert sealer.mirror_if_due(now=161.0) == 10


def test_catching_up_seals_what_was_appended(log: Log) -> None:
    with log.appender() as appender:
        appender.append([login(k) for k in range(3)])
    catch_up(log)
    reader = log.reader()
    assert (reader.tree_size(), reader.waiting()[0]) == (3, 0)
    reader.close()


def test_an_event_appended_while_the_sealer_runs_is_sealed_within_two_seconds(log: Log) -> None:
    stop = threading.Event()
    running = threading.Thread(target=run_forever, args=(log, stop))
    running.start()
    reader = log.reader()
    try:
        with log.appender() as appender:
            for k in range(5):
                appender.append([login(k)])
                wait_until(lambda k=k: reader.tree_size() == k + 1, within_s=2.0)  # type: ignore[misc]
    finally:
        stop.set()
        running.join()
        reader.close()


def test_damage_ends_the_sealer(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    catch_up(log)
    admin.execute(
        "insert into seal (seal_no, tree_size, snapshot, system_id, root) values (1, 0, '9:9:', 1, sha256(''))"
    )
    with pytest.raises(DamagedError, match="restored"):
        run_forever(log, threading.Event())


def test_a_sealer_process_that_is_killed_comes_back_and_never_outlives_us(external: Urls) -> None:
    with open_log(Settings()) as log:
        reader = log.reader()
        with SealerProcess() as process, log.appender() as appender:
            for k in range(3):
                wait_until(lambda: process.pid is not None)
                pid = process.pid
                assert pid is not None
                appender.append([login(k)])
                wait_until(lambda k=k: reader.tree_size() == k + 1)  # type: ignore[misc]
                os.kill(pid, signal.SIGKILL)
                wait_until(lambda pid=pid: process.pid != pid)  # type: ignore[misc]
            last = process.pid
        assert last is None or not _alive(last)
        reader.close()


def test_a_sealer_ends_when_its_server_is_killed(external: Urls) -> None:
    script = (
        "import time\nfrom dashboard.keeping.sealer_process import SealerProcess\n"
        "with SealerProcess() as p:\n    while p.pid is None: time.sleep(0.01)\n"
        "    print(p.pid, flush=True)\n    time.sleep(600)\n"
    )
    server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not _alive(pid))


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_region_is_the_reported_one_else_the_looked_up_one(log: Log) -> None:
    known = KnownPlaces(**{"81.2.69.142": Place("Istanbul", "TR", "Test-City 2026-11-01")})
    events = [
        login(1, source_ip="81.2.69.142"),
        login(2, source_ip="81.2.69.142", reported_region="Ankara"),
        login(3, source_ip="10.0.0.1"),
        login(4, reported_region="Izmir"),
        login(5),
    ]
    with log.appender() as appender, log.sealing() as record:
        appender.append(events)
        sealers.seal_once(record, known)  # type: ignore[arg-type]
    reader = log.events()
    frame = reader.snapshot().events.sort("seq").collect()
    assert frame["region"].to_list() == ["Istanbul", "Ankara", None, "Izmir", None]
    assert frame["country"].to_list() == ["TR", "TR", None, None, None]
    assert frame["geo_source"].to_list() == ["Test-City 2026-11-01", "reported", None, "reported", None]
    assert known.asked == ["10.0.0.1", "81.2.69.142"]
    reader.close()


def test_without_location_data_events_are_sealed_all_the_same(log: Log) -> None:
    with log.appender() as appender, log.sealing() as record, Regions.open(None) as regions:
        appender.append([login(1, source_ip="81.2.69.142")])
        assert sealers.seal_once(record, regions).events == 1


def test_a_real_log_never_becomes_a_demo(external: Urls) -> None:
    with pytest.raises(UsageError, match="never holds a demo event"), open_log(Settings(), demo=True):
        pass


def test_months_are_ready_a_year_ahead(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    now = datetime.now(UTC)
    with log.sealing() as record:
        assert record.add_months() == 0
        admin.execute(f"drop table audit_event_{now.year + 1}_{now.month:02}".encode())
        assert record.add_months() == 1
    refusals = MappingProxyType({"update": "set action = 'x'", "delete": ""})
    table = f"audit_event_{now.year + 1}_{now.month:02}"
    for act, rest in refusals.items():
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute(f"{act} {'from ' if act == 'delete' else ''}{table} {rest}".encode())


def test_a_month_is_made_later_rather_than_block_appends_behind_a_long_transaction(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    last = _last_month(admin)
    admin.execute(f"drop table {last}".encode())
    event = """select audit_append('{"occurred_at":"2026-11-23T08:00:00Z","category":"A","action":"B"}')"""
    not_for_ever = "-c idle_in_transaction_session_timeout=10s"
    with psycopg.connect(log.urls.writer, options=not_for_ever) as open_still, log.sealing() as sealing:
        open_still.execute(event)
        assert sealing.add_months() == 0
        open_still.commit()  # refused where it waited: PostgreSQL ended the transaction
        assert sealing.add_months() == 1
    assert _last_month(admin) == last


def test_a_month_whose_events_came_before_its_partition_stops_nothing(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    last = _last_month(admin)
    admin.execute(f"drop table {last}".encode())
    at = f"{last[-7:].replace('_', '-')}-05"
    admin.execute(
        "insert into audit_event"
        " (recorded_at, occurred_at, category, action, outcome, actor_type, source, native_id, imported)"
        " values (%s, now(), 'A', 'B', 'success', 'system', 's', 'n', false)",
        (at,),
    )
    with log.sealing() as sealing:
        assert sealing.add_months() == 0


def _last_month(admin: "psycopg.Connection[tuple[object, ...]]") -> str:
    row = admin.execute("select max(relname::text) from pg_class where relname like 'audit_event_20__\\___'").fetchone()
    assert row is not None
    return str(row[0])


def test_catching_up_does_not_wait_for_what_others_append_meanwhile(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Sealer.seal

    seals: list[Outcome] = []

    def and_another(self: Sealer) -> Outcome:
        done = seal(self)
        seals.append(done)
        assert len(seals) < 100, "it goes on for as long as others append"
        with log.appender() as other:
            other.append([login(time.monotonic_ns() // 1000 % 10**6)])
        return done

    monkeypatch.setattr(Sealer, "seal", and_another)
    with log.appender() as appender:
        appender.append([login(-1)])
    catch_up(log)
    assert seals


def test_before_the_sealer_stops_for_damage_it_writes_down_what_there_is_to_see(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([login(k) for k in range(5)])
        sealer.seal()
        admin.execute("update tree_edge set hashes = sha256('x') where level = 0")
        appender.append([login(9)])
    with pytest.raises(DamagedError):
        run_forever(log, threading.Event())
    kept = admin.execute("select findings, report from verification order by verification_no desc limit 1").fetchone()
    assert kept is not None
    assert int(str(kept[0])) > 0
    assert '"kind":"tree damaged"' in str(kept[1])
