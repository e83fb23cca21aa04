"""A stream that pauses: what came is appended without waiting for more."""

import json
import os
import threading
import time

import pytest

from dashboard.ingest import live
from dashboard.ingest.report import Report

LEAST = {"occurred_at": "2026-11-23T08:11:57Z", "category": "Auth", "action": "Logged In"}


def line(number: int) -> bytes:
    return (json.dumps(LEAST | {"actor": str(number)}) + "\n").encode()


@pytest.fixture
def pipe(appender):
    """(write end, wait for the end and get the report) of a stream that is being appended."""
    reading, writing = os.pipe()
    with Report() as report, os.fdopen(reading, "rb") as stream:
        report.begin("-")
        thread = threading.Thread(target=live.append_stream, args=(stream, "append", appender, report))
        thread.start()

        def finish() -> Report:
            os.close(writing)
            thread.join(30)
            return report

        yield writing, finish


def eventually(condition) -> bool:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def test_an_event_is_appended_while_the_stream_is_open(pipe, appender):
    writing, finish = pipe
    os.write(writing, line(1))
    assert eventually(lambda: len(appender.events) == 1)
    os.write(writing, line(2)[:20])
    time.sleep(0.1)
    os.write(writing, line(2)[20:] + line(3)[:-1])
    assert eventually(lambda: len(appender.events) == 2)
    report = finish()
    assert (report.total.accepted, len(appender.events)) == (3, 3)
    assert (appender.events[0].imported, appender.events[0].source) == (False, "append")


def test_a_long_stream_goes_in_batches(pipe, appender):
    writing, finish = pipe
    for start in range(0, 3000, 100):
        os.write(writing, b"".join(line(n) for n in range(start, start + 100)))
    report = finish()
    assert report.total.accepted == 3000
    assert max(appender.batches) <= 500


def test_bad_lines_are_told_and_the_others_go_in(pipe, appender):
    writing, finish = pipe
    os.write(writing, b"\xef\xbb\xbf" + line(1) + b"{\n\n" + b"\xff\n" + line(2) + b'{"cut":')
    report = finish()
    assert (report.total.accepted, report.total.rejected, int(report.exit)) == (2, 3, 3)
    assert [json.loads(row)["line"] for row in report._rows()] == [2, 4, 6]


def test_a_stream_sent_twice_adds_nothing(appender, tmp_path):
    path = tmp_path / "events"
    path.write_bytes(line(1) * 3 + line(2))
    for _ in range(2):
        with Report() as report, path.open("rb") as stream:
            report.begin("-")
            live.append_stream(stream, "append", appender, report)
    assert (report.total.duplicates, len(appender.events)) == (4, 4)
