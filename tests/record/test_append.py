"""Appending: each event once, whichever way it came, under concurrency too."""

import json
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dashboard.errors import InvalidEvent, UnreachableError
from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.record.append import in_batches
from tests.log_fixtures import on_both_servers

pytestmark = on_both_servers
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def login(number: int = 0, **fields: object) -> AuditEvent:
    given: dict[str, object] = {
        "occurred_at": NOON + timedelta(seconds=number),
        "category": "Auth",
        "action": "Logged In",
        "actor": "elif.kaya",
        **fields,
    }
    return AuditEvent(**given)  # type: ignore[arg-type]


def stored(admin: "psycopg.Connection[tuple[object, ...]]") -> int:
    row = admin.execute("select count(*) from audit_event").fetchone()
    assert row is not None
    return int(str(row[0]))


def test_a_repeat_is_a_duplicate_and_stored_once(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    events = [login(k) for k in range(50)]
    with log.appender() as appender:
        first, second = appender.append(events), appender.append(events)
    assert (first.accepted, first.duplicates) == (50, 0)
    assert (second.accepted, second.duplicates) == (0, 50)
    assert second.ids == first.ids
    assert stored(admin) == 50


def test_a_repeat_within_one_batch_is_a_duplicate(log: Log) -> None:
    with log.appender() as appender:
        done = appender.append([login(1, native_id="a"), login(2), login(1, native_id="a")])
    assert (done.accepted, done.duplicates) == (2, 1)
    assert done.ids[0] == done.ids[2]


def test_identical_events_of_one_file_are_told_apart_by_their_occurrence(log: Log) -> None:
    with log.appender() as appender:
        assert appender.append([login(1, occurrence=1), login(1, occurrence=2)]).accepted == 2
        assert appender.append([login(1, occurrence=1), login(1, occurrence=2)]).duplicates == 2


def test_the_same_key_with_other_content_is_a_conflict_and_kept(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with log.appender() as appender:
        appender.append([login(1, native_id="7", description="as it was")])
        done = appender.append([login(2, native_id="8"), login(1, native_id="7", description="rewritten")])
    assert (done.accepted, done.duplicates, done.conflicts) == (1, 0, (1,))
    kept = admin.execute("select native_id, submission ->> 'description' from conflict").fetchall()
    assert kept == [("7", "rewritten")]
    assert admin.execute("select description from audit_event where native_id = '7'").fetchall() == [("as it was",)]


def test_ids_follow_the_order_of_the_producer(log: Log) -> None:
    events = [login(k, native_id=f"{999 - k}") for k in range(500)]
    with log.appender() as appender:
        ids = appender.append(events).ids
    assert list(ids) == sorted(ids)


def test_a_batch_is_stored_whole_or_not_at_all(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    good, bad = login(1), login(2)
    object.__setattr__(bad, "outcome", "splendid")  # what no AuditEvent would be: only the database is left to object
    with log.appender() as appender:
        with pytest.raises(UnreachableError, match="outcome_known"):
            appender.append([good, bad])
        assert stored(admin) == 0
        assert appender.append([good]).accepted == 1


def test_concurrent_appenders_of_the_same_events_store_each_once(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    events = [login(k, native_id=f"n{k % 200}", occurred_at=NOON + timedelta(seconds=k % 200)) for k in range(400)]
    outcomes: list[tuple[int, int, int]] = []

    def run(order: int) -> None:
        mine = events if order % 2 else events[::-1]
        with log.appender() as appender:
            for start in range(0, len(mine), 40):
                done = appender.append(mine[start : start + 40])
                outcomes.append((done.accepted, done.duplicates, len(done.conflicts)))

    threads = [threading.Thread(target=run, args=(order,)) for order in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(admin) == 200
    assert sum(accepted for accepted, _, _ in outcomes) == 200
    assert sum(sum(each) for each in outcomes) == 6 * 400
    assert not any(conflicts for _, _, conflicts in outcomes)


def test_sql_and_python_append_the_same_event_once(log: Log) -> None:
    event = login(3, source_ip="::ffff:81.2.69.142", description="signed in", details='{"a":1}')
    as_json = {
        "occurred_at": "2026-11-01T12:00:03Z",
        "category": "Auth",
        "action": "Logged In",
        "actor": "elif.kaya",
        "source_ip": "81.2.69.142",
        "description": "signed in",
        "details": '{"a":1}',
    }
    with log.appender() as appender, psycopg.connect(log.urls.writer, autocommit=True) as connection:
        first = appender.append([event])
        row = connection.execute("select audit_append(%s::jsonb)", (json.dumps(as_json),)).fetchone()
        assert append_event(connection, **{**as_json, "source_ip": "::ffff:81.2.69.142"}) == first.ids[0]
    assert row == (first.ids[0],)


def append_event(connection: "psycopg.Connection[tuple[object, ...]]", **values: object) -> object:
    """Appends typed values, by name as an application gives them."""
    named = ", ".join(f"{name} => %({name})s" for name in values)
    row = connection.execute(f"select audit_append_event({named})".encode(), values).fetchone()
    assert row is not None
    return row[0]


TYPED: dict[str, object] = {
    "occurred_at": NOON,
    "category": "Auth",
    "action": "Logged In",
    "actor": "elif.kaya",
    "actor_id": "u-7",
    "actor_type": "admin",
    "outcome": "success",
    "description": "signed in",
    "target": "atlas",
    "source_ip": "2001:db8::7",
    "user_agent": "curl/8",
    "reported_region": "Izmir",
    "request_id": "r-1",
    "source": "gitsec",
    "native_id": "evt-1",
    "source_seq": 12,
    "details": '{"b": 1,  "a": "\\u0130"}',
}


def test_typed_values_are_stored_as_they_are(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with psycopg.connect(log.urls.writer, autocommit=True) as connection:
        found = append_event(connection, **TYPED)
    row = admin.execute(
        f"select {', '.join(TYPED)}, id, imported, db_role, original from audit_event".replace(
            "source_ip", "host(source_ip)"
        ).encode()
    ).fetchone()
    assert row == (*TYPED.values(), found, False, "auditlens_writer", None)


def test_a_null_among_typed_values_is_as_one_left_away(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    required = {"occurred_at": NOON, "category": "Backup", "action": "Backup Failed"}
    with psycopg.connect(log.urls.writer, autocommit=True) as connection:
        first = append_event(connection, **required)
        assert append_event(connection, **{**dict.fromkeys(TYPED), **required}) == first
        as_json = json.dumps({**required, "occurred_at": "2026-11-01T12:00:00Z"})
        assert connection.execute("select audit_append(%s::jsonb)", (as_json,)).fetchone() == (first,)
    assert admin.execute(
        "select source, actor_type, outcome, description, native_id ~ '^[0-9a-f]{64}:1$' from audit_event"
    ).fetchall() == [("append", "system", "failure", "", True)]


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("occurred_at", None, "occurred_at: is missing"),
        ("category", None, "category: is missing"),
        ("action", None, "action: is missing"),
        ("occurred_at", "1969-12-31T23:59:59Z", "occurred_at_between_1970_and_9999"),
        ("occurred_at", "infinity", "occurred_at_between_1970_and_9999"),
        ("category", "", "category_of_1_to_256_bytes"),
        ("category", " \t", "category_of_1_to_256_bytes"),
        ("category", "c" * 257, "category_of_1_to_256_bytes"),
        ("action", "ğ" * 129, "action_of_1_to_256_bytes"),
        ("action", "\n", "action_of_1_to_256_bytes"),
        ("source", "s" * 257, "source_of_1_to_256_bytes"),
        ("source", "", "source_of_1_to_256_bytes"),
        ("outcome", "splendid", "outcome_known"),
        ("actor_type", "root", "actor_type_known"),
        ("actor_type", "system", "system_has_no_actor"),
        ("actor", "a" * 1025, "actor_of_1_kib"),
        ("actor_id", "a" * 1025, "actor_id_of_1_kib"),
        ("native_id", "n" * 1025, "native_id_of_1_kib"),
        ("request_id", "r" * 1025, "request_id_of_1_kib"),
        ("reported_region", "r" * 1025, "reported_region_of_1_kib"),
        ("user_agent", "u" * 4097, "user_agent_of_4_kib"),
        ("target", "t" * 4097, "target_of_4_kib"),
        ("description", "d" * 16_385, "description_of_16_kib"),
        ("details", "d" * 65_537, "details_of_64_kib"),
        ("source_seq", 2**53, "source_seq_of_53_bits"),
        ("source_seq", -1, "source_seq_of_53_bits"),
        ("source_ip", "10.1.2.3/8", "source_ip_is_one_address"),
        ("source_ip", "10.255.255.255/8", "source_ip_is_one_address"),
        ("source_ip", "2001:db8::/32", "source_ip_is_one_address"),
        ("source_ip", "::ffff:10.1.2.3/100", "source_ip_is_one_address"),
        ("source_ip", "0.0.0.0/0", "source_ip_is_one_address"),
    ],
)
def test_typed_values_keep_every_limit(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]", field: str, value: object, complaint: str
) -> None:
    event = {**TYPED, "source_ip": "81.2.69.142", "source_seq": None, field: value}
    with psycopg.connect(log.urls.writer) as connection, pytest.raises(psycopg.Error, match=complaint):
        append_event(connection, **event)
    assert stored(admin) == 0


def test_an_event_that_is_large_but_within_its_limits_is_stored(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    sizes = {"category": 256, "action": 256, "source": 256, "actor": 1024, "native_id": 1024, "target": 4096}
    with psycopg.connect(log.urls.writer, autocommit=True) as connection:
        append_event(connection, **{**TYPED, **{name: "x" * size for name, size in sizes.items()}})
        append_event(connection, **{**TYPED, "native_id": "2", "category": "ÖÇŞ", "source_ip": "::1"})
    assert stored(admin) == 2


def test_a_repeat_of_typed_values_is_a_duplicate_and_other_values_a_conflict(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    with psycopg.connect(log.urls.writer, autocommit=True) as connection, log.appender() as appender:
        first = append_event(connection, **TYPED)
        assert append_event(connection, **TYPED) == first
        as_event = login(**{**TYPED, "number": 0})
        assert appender.append([as_event, as_event]).ids == (first, first)
        for field, other in (
            ("occurred_at", NOON + timedelta(microseconds=1)), ("description", ""), ("source_ip", "2001:db8::8"),
            ("source_seq", None), ("details", '{"a": 1}'), ("actor_id", None),
        ):  # fmt: skip
            assert append_event(connection, **{**TYPED, field: other}) is None
        done = appender.append([login(**{**TYPED, "number": 0, "actor": "somebody"})])
        assert done.conflicts == (0,)
    assert stored(admin) == 1
    assert admin.execute("select count(*), count(distinct event_id) from conflict").fetchone() == (7, 1)


def test_keys_from_before_are_compared_by_the_content_they_kept(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    """As an older version kept a key: with its content hash, and not of what the record says, to tell the two apart."""
    event = login(1, native_id="old", description="as it came")
    admin.execute(
        "insert into audit_event (occurred_at, category, action, outcome, actor_type, actor, source, native_id,"
        " description, imported) values (%s, 'Auth', 'Logged In', 'success', 'user', 'elif.kaya', 'append', 'old',"
        " 'as it never came', false)",
        (event.occurred_at,),
    )
    admin.execute(
        "insert into event_key select 'append', 'old', audit_content(s.secret, row(%s::timestamptz, 'Auth',"
        " 'Logged In', 'elif.kaya', null, 'user', 'success', 'as it came', null, null, null, null, null,"
        " 'append', 'old', 1, null, null, null, false)::audit_submission), e.id from log_secret s, audit_event e",
        (event.occurred_at,),
    )
    with log.appender() as appender:
        assert appender.append([event]).duplicates == 1
        assert appender.append([login(1, native_id="old", description="as it never came")]).conflicts == (0,)


def test_a_submission_without_a_description_repeats_itself(log: Log) -> None:
    statement = """select status from audit_append_all(array[row('2026-11-01Z', 'Auth', 'Logged In', null,
        null, 'system', 'success', null, null, null, null, null, null, 'own', '1', 1, null, null, null,
        false)::audit_submission])"""
    with psycopg.connect(log.urls.writer, autocommit=True) as connection:
        assert [connection.execute(statement.encode()).fetchone() for _ in range(2)] == [("accepted",), ("duplicate",)]


@pytest.mark.parametrize("way", ["json", "typed"])
def test_concurrent_single_appends_of_one_key_store_it_once(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]", way: str
) -> None:
    found: list[set[object]] = []

    def run() -> None:
        mine: set[object] = set()
        with psycopg.connect(log.urls.writer, autocommit=True) as connection:
            for k in range(100):
                if way == "typed":
                    mine.add(append_event(connection, **{**TYPED, "native_id": f"n{k}"}))
                else:
                    event = {**TYPED, "native_id": f"n{k}", "occurred_at": "2026-11-01T12:00:00Z"}
                    row = connection.execute("select audit_append(%s::jsonb)", (json.dumps(event),)).fetchone()
                    mine.add(row and row[0])
        found.append(mine)

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5
    assert all(mine == found[0] and len(mine) == 100 and None not in mine for mine in found)
    assert stored(admin) == 100


def test_an_event_is_checked_before_it_travels() -> None:
    with pytest.raises(InvalidEvent) as refused:
        login(1, source_ip="999.1.1.1")
    assert refused.value.field == "source_ip"


def test_batches_are_cut_by_count_and_by_size() -> None:
    events = [login(1, original=b"x" * 1_000_000) for _ in range(40)]
    assert [len(batch) for batch in in_batches(events)] == [17, 17, 6]
