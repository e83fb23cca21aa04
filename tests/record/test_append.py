"""Appending: each event once, whichever way it came, under concurrency too."""

import json
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dashboard.errors import InvalidEvent, UnreachableError
from dashboard.events.event import AuditEvent
from dashboard.events.vocabulary import outcome_of
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
    assert row == (first.ids[0],)


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ('{"category":"Auth","action":"Logged In"}', "occurred_at: is missing"),
        ('{"occurred_at":"2026-11-01T12:00:00","category":"Auth","action":"Logged In"}', "with its offset"),
        ('{"occurred_at":"yesterday","category":"Auth","action":"Logged In"}', "with its offset"),
        (
            '{"occurred_at":"2026-11-01T12:00:00Z","category":"Auth","action":"Logged In","discription":"x"}',
            "discription: is not a field",
        ),
        ('{"occurred_at":"2026-11-01T12:00:00Z","category":"Auth","action":5}', "action: is not a string"),
        ('{"occurred_at":"2026-11-01T12:00:00Z","category":"  ","action":"x"}', "category_of_1_to_256_bytes"),
        ('{"occurred_at":"2026-11-01T12:00:00Z","category":"Auth","action":"x","source_ip":"1.2.3"}', "inet"),
        (
            '{"occurred_at":"2026-11-01T12:00:00Z","category":"Auth","action":"x","source_ip":"10.1.2.3/8"}',
            "source_ip_is_one_address",
        ),
        (
            '{"occurred_at":"2026-11-01T12:00:00Z","category":"Auth","action":"x","source_ip":"2001:db8::/32"}',
            "source_ip_is_one_address",
        ),
        ('{"occurred_at":"2026-11-01T12:00:00Z","category":"Auth","action":"x","source_seq":1.5}', "source_seq"),
        ('{"occurred_at":"1969-11-01T12:00:00Z","category":"Auth","action":"x"}', "occurred_at_between"),
        ("[]", "takes one JSON object"),
    ],
)
def test_sql_append_names_what_is_wrong(log: Log, event: str, complaint: str) -> None:
    with psycopg.connect(log.urls.writer) as connection, pytest.raises(psycopg.Error, match=complaint):
        connection.execute("select audit_append(%s::jsonb)", (event,))


def test_sql_append_cuts_digits_beyond_the_sixth(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with psycopg.connect(log.urls.writer) as connection:
        connection.execute(
            """select audit_append('{"occurred_at":"2026-11-01T12:00:00.1234567Z","category":"Auth","action":"x"}')"""
        )
    row = admin.execute("select occurred_at from audit_event").fetchone()
    assert row == (datetime(2026, 11, 1, 12, 0, 0, 123_456, tzinfo=UTC),)


def test_sql_append_keeps_a_conflict_warns_and_gives_null(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    event = '{"occurred_at":"2026-11-01T12:00:00Z","category":"Auth","action":"%s","native_id":"7"}'
    with psycopg.connect(log.urls.writer) as connection:
        heard: list[str] = []
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        connection.execute("select audit_append(%s::jsonb)", (event % "Logged In",))
        assert connection.execute("select audit_append(%s::jsonb)", (event % "Logged Out",)).fetchone() == (None,)
    assert heard == ["source append already has an event with native_id 7, and it says something else"]
    assert admin.execute("select count(*) from conflict").fetchone() == (1,)


@pytest.mark.parametrize(
    "action",
    [
        "Login Failed",
        "Backup Failed",
        "Logged In",
        "logged out",
        "Triggered By Timer",
        "Backup Started",
        "Restore Completed",
        "Access Denied",
        "Policy-Updated",
        "user.deleted",
        "Failedness",
        "Update Failed",
        "  Login   Failed ",
        "Queued",
        "Giriş Yapıldı",
        "",
    ],
)
def test_sql_and_python_tell_the_same_outcome(
    server: object, admin: "psycopg.Connection[tuple[object, ...]]", action: str
) -> None:
    assert admin.execute("select audit_outcome(%s)", (action,)).fetchone() == (outcome_of(action).value,)


def test_an_event_is_checked_before_it_travels() -> None:
    with pytest.raises(InvalidEvent) as refused:
        login(1, source_ip="999.1.1.1")
    assert refused.value.field == "source_ip"


def test_batches_are_cut_by_count_and_by_size() -> None:
    events = [login(1, original=b"x" * 1_000_000) for _ in range(40)]
    assert [len(batch) for batch in in_batches(events)] == [17, 17, 6]
