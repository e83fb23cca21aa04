"""Leaf format 1: PostgreSQL alone, our Python, a plain JSON library and a shell make the same bytes of any event."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.events.canonical import leaf_hash, leaf_line
from dashboard.events.event import AuditEvent
from dashboard.events.regions import Regions
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.seal import seal_once
from dashboard.record.connect import sql
from dashboard.record.tree import LeafLine, TreeRecord
from tests import install
from tests.ledger.odd_rows import EVENT_COLUMNS, PLACE_COLUMNS, OddRow, odd_rows
from tests.log_fixtures import on_both_servers
from tests.record.test_append import login
from tests.thorough import cases

pytestmark = on_both_servers
Admin: TypeAlias = "psycopg.Connection[tuple[object, ...]]"
SESSIONS: tuple[Mapping[str, str], ...] = (
    {},
    {"timezone": "America/St_Johns", "datestyle": "German, DMY", "intervalstyle": "sql_standard"},
    {"timezone": "Pacific/Kiritimati", "datestyle": "SQL, MDY", "extra_float_digits": "-15", "bytea_output": "escape"},
    {
        "timezone": "-11:30",
        "datestyle": "Postgres",
        "standard_conforming_strings": "off",
        "quote_all_identifiers": "on",
    },
)
FULL = login(
    3,
    actor_id="u-17",
    source_ip="2001:db8::1",
    user_agent='curl/8 "x" \\',
    reported_region="İzmir",
    request_id="r\t1",
    source_seq=2**53 - 1,
    target="a/b",
    description="\u2028 ağ 😀\n\x1f",
    details='{"b": 1.50,  "a":[]}',
    original=b"\x00\xff",
)


def insert(table: str, columns: Sequence[str]) -> bytes:
    return f"insert into {table} ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})".encode()


def record(admin: Admin, rows: Sequence[OddRow]) -> None:
    """Puts the rows into the record, past every check and as they are after their erasures."""
    with admin.cursor() as cursor:
        cursor.executemany(insert("audit_event", EVENT_COLUMNS), [row.stored(EVENT_COLUMNS) for row in rows])
        cursor.execute("insert into erasure (reason, groups, digest) values ('asked', 1, sha256(''))")
        cursor.executemany(
            b"insert into erased_group (event_id, grp, digest, erasure_no)"
            b" select %s, %s, %s, max(erasure_no) from erasure",
            [(row.event_id, group, bytes.fromhex(row.digest(group))) for row in rows for group in row.erased],
        )


def set_session(admin: Admin, session: Mapping[str, str]) -> None:
    """Sets the session up until the transaction ends."""
    for name, value in session.items():
        admin.execute("select set_config(%s, %s, true)", (name, value))


@settings(max_examples=cases(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=odd_rows(), session=st.sampled_from(SESSIONS))
def test_any_event_has_one_line_whoever_writes_it(admin: Admin, rows: list[OddRow], session: Mapping[str, str]) -> None:
    with admin.transaction(force_rollback=True), admin.cursor() as cursor:
        record(admin, rows)
        cursor.executemany(
            insert("sealed", ("seq", "event_id", "recorded_at", "leaf", *PLACE_COLUMNS)),
            [
                (seq, row.event_id, row.told["recorded_at"], bytes(32), *row.stored(PLACE_COLUMNS))
                for seq, row in enumerate(rows)
            ],
        )
        set_session(admin, session)
        found = TreeRecord(admin).leaf_lines(0, len(rows))
    assert [made.seq for made in found] == list(range(len(rows)))
    for row, made in zip(rows, found, strict=True):
        ours = leaf_line(row.leaf_input, row.place, {group: row.digest(group) for group in row.erased})
        assert made.line is not None
        assert made.line.encode() == ours.encode() == row.line
        assert made.leaf == leaf_hash(ours) == hashlib.sha256(b"\0" + row.line).digest()


@settings(max_examples=cases(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=odd_rows(erased=False))
def test_the_sealer_gives_any_event_the_leaf_of_its_line(log: Log, admin: Admin, rows: list[OddRow]) -> None:
    with log.sealing() as sealing, Regions.open(None) as regions:
        before = len(lines_of(log))
        rows = [row.known(id=2**62 + before + k) for k, row in enumerate(rows)]
        record(admin, rows)
        assert seal_once(sealing, regions).events == len(rows)
    made = lines_of(log)[before:]
    salts = [salt for (salt,) in admin.execute("select place_salt from sealed order by seq offset %s", (before,))]
    for row, salt, found in zip(rows, salts, made, strict=True):
        region = row.told["reported_region"] or None
        source = "reported" if region else None
        sealed = row.known(region=region, country=None, geo_source=source, place_salt=salt)
        assert found.sealed_leaf == found.leaf == hashlib.sha256(b"\0" + sealed.line).digest()


def filled(log: Log, events: list[AuditEvent]) -> tuple[LeafLine, ...]:
    """What PostgreSQL makes of the events, once they are sealed."""
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append(events)
        sealer.seal()
    return lines_of(log)


def lines_of(log: Log) -> tuple[LeafLine, ...]:
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        return tree.leaf_lines(0, 1 << 62)


def test_every_character_has_one_form(log: Log) -> None:
    characters = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    texts = ["".join(characters[start : start + 4000]) for start in range(0, len(characters), 4000)]
    found = filled(log, [login(k, description=text) for k, text in enumerate(texts)])
    assert len(found) == len(texts)
    assert [row.leaf for row in found] == [row.sealed_leaf for row in found]


def test_the_sealed_leaf_is_what_postgresql_makes_in_any_session(log: Log, admin: Admin) -> None:
    found = filled(log, [FULL, login(4, actor=None, description="")])
    assert [row.leaf for row in found] == [row.sealed_leaf for row in found]
    for session in SESSIONS:
        with admin.transaction():
            set_session(admin, session)
            assert TreeRecord(admin).leaf_lines(0, 2) == found


def test_a_group_that_was_erased_without_a_record_leaves_no_line(log: Log, admin: Admin) -> None:
    filled(log, [FULL])
    admin.execute("alter table sealed disable trigger all")
    admin.execute("update sealed set region = null, country = null, geo_source = null, place_salt = null")
    assert [(row.line, row.leaf) for row in lines_of(log)] == [(None, None)]


@pytest.mark.parametrize("event", [FULL, login(4, actor=None)], ids=["full", "system"])
def test_jq_and_sha256sum_make_the_leaf(log: Log, tmp_path: Path, event: AuditEvent) -> None:
    install.JQ.here()
    row = filled(log, [event])[0]
    assert row.line is not None
    shuffled = dict(reversed(json.loads(row.line).items()))
    (tmp_path / "row.json").write_text(json.dumps({"_": {"leaf_index": 0}, **shuffled}, indent=2), "utf-8")
    made = output(["sh", "-euc", "jq -cjS 'del(._)' row.json | (printf '\\0'; cat) | sha256sum"], tmp_path)
    assert made == f"{row.sealed_leaf.hex()}  -\n"


def test_psql_alone_names_an_event_that_was_edited(log: Log, admin: Admin, tmp_path: Path) -> None:
    psql = Path(install.POSTGRESQL.here()) / "psql"
    filled(log, [login(k) for k in range(20)])
    statement = sql("ledger/leaf_lines") % {"start": 0, "stop": 20}
    search = f"select seq from ({statement}) made where leaf is distinct from sealed_leaf"
    command = [str(psql), log.urls.of("reader"), "-Atc", search]
    assert output(command, tmp_path) == ""
    admin.execute("alter table audit_event disable trigger all")
    admin.execute("update audit_event set outcome = 'failure' where id = (select event_id from sealed where seq = 7)")
    assert output(command, tmp_path) == "7\n"


def output(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
