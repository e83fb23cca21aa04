"""No role changes what is recorded: not the writer, not the owner, not the superuser, not in a partition, not as a
replica.
"""

import secrets

import psycopg
import pytest

from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from tests.log_fixtures import TestServer, on_both_servers
from tests.record.test_append import TYPED, append_event, login

pytestmark = on_both_servers
ROLES = (
    "auditlens",
    "auditlens_owner",
    "auditlens_writer",
    "auditlens_reader",
    "auditlens_sealer",
    "auditlens_redactor",
)
TABLES = (
    "audit_event",
    "audit_event_default",
    "event_key",
    "event_content",
    "conflict",
    "sealed",
    "tile",
    "seal",
    "log",
    "log_secret",
    "schema_migration",
)
COLUMNS = {
    "event_key": "native_id",
    "event_content": "content",
    "conflict": "source",
    "sealed": "seq",
    "tile": "level",
    "seal": "seal_no",
    "log": "demo",
    "log_secret": "secret",
    "schema_migration": "name",
}


def refused(connection: "psycopg.Connection[tuple[object, ...]]", statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ROLES)
def test_no_role_updates_deletes_or_truncates(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]", role: str
) -> None:
    with log.appender() as appender:
        appender.append([login(1)])
    partitions = [
        str(row[0])
        for row in admin.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_event'::regclass"
        )
    ]
    assert len(partitions) == 14
    admin.execute(f"set role {role}".encode())
    for table in (*TABLES, *partitions):
        column = COLUMNS.get(table, "action")
        refused(admin, f"update {table} set {column} = {column}")
        refused(admin, f"delete from {table}")
        refused(admin, f"truncate {table} cascade")
    admin.execute(b"reset role")
    assert admin.execute("select count(*) from audit_event").fetchone() == (1,)


def test_pretending_to_be_a_replica_does_not_help(admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    admin.execute("set session_replication_role = replica")
    refused(admin, "delete from audit_event")
    refused(admin, "truncate audit_event_default")


def test_a_writer_chooses_neither_id_nor_time_nor_salt(log: Log) -> None:
    with psycopg.connect(log.urls.writer, autocommit=True) as connection:
        refused(connection, "insert into audit_event (id) values (1)")
        refused(connection, "insert into event_key values ('a', 'b', ''::bytea, 1)")
        refused(connection, "insert into event_content values (1, sha256(''))")
        refused(connection, "select audit_content_of(''::bytea, null)")
        refused(connection, "select * from audit_event")
        refused(connection, "select * from log_secret")
        refused(connection, "select setval('audit_event_id', 1)")


def test_the_owner_has_no_login(postgres: TestServer, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(postgres.url("auditlens_owner", database))


def test_an_event_says_which_login_appended_it(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with log.appender() as appender:
        appender.append([login(1)])
    assert admin.execute("select db_role from audit_event").fetchone() == ("auditlens_writer",)


def test_every_personal_group_has_a_salt_of_its_own(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    events: list[AuditEvent] = [login(k) for k in range(20)]
    with log.appender() as appender, psycopg.connect(log.urls.writer, autocommit=True) as connection:
        appender.append(events)
        for _ in range(20):
            append_event(connection, **{**TYPED, "native_id": secrets.token_hex(8)})
    row = admin.execute(
        "select count(distinct s), min(octet_length(s)) from audit_event,"
        " unnest(array[actor_salt, client_salt, target_salt, description_salt, details_salt, original_salt]) s"
    ).fetchone()
    assert row == (240, 16)
