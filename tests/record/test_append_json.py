"""audit_append(jsonb): one event as a JSON object, its times and outcomes, and what is wrong with it."""

import json
from datetime import UTC, datetime

import psycopg
import pytest

from dashboard.events.vocabulary import outcome_of
from dashboard.keeping.log import Log
from tests.log_fixtures import on_both_servers
from tests.record.test_append import NOON

pytestmark = on_both_servers


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
        ("5", "takes one JSON object"),
        ('{"occurred_at":"00000000-00T00:00:00Z","category":"Auth","action":"x"}', "with its offset"),
        ('{"occurred_at":"2026-13-01T00:00:00Z","category":"Auth","action":"x"}', "out of range"),
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


@pytest.mark.parametrize(
    ("moment", "microsecond"),
    [
        ("2026-11-01T12:00:00Z", 0),
        ("2026-11-01T12:00:00.5Z", 500_000),
        ("2026-11-01T12:00:00.123Z", 123_000),
        ("2026-11-01T12:00:00.123456z", 123_456),
        ("2026-11-01T13:00:00.123456+01:00", 123_456),
        ("2026-11-01T12:00:00.123456+00:00", 123_456),
        ("2026-11-01 12:00:00.12+00", 120_000),
        ("2026-11-01 07:00:00-05", 0),
        ("2026-11-01T12:00Z", 0),
        ("2026-11-01T12:00:00.123456999+0000", 123_456),
    ],
)
def test_sql_append_takes_every_usual_way_to_write_a_time(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]", moment: str, microsecond: int
) -> None:
    with psycopg.connect(log.urls.writer) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        event = json.dumps({"occurred_at": moment, "category": "Auth", "action": "x"})
        connection.execute("select audit_append(%s::jsonb)", (event,))
    assert admin.execute("select occurred_at from audit_event").fetchone() == (NOON.replace(microsecond=microsecond),)


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
