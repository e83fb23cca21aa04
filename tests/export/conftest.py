"""Frames of events for the writers: every column, with texts that break careless files."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboard.events.columns import SCHEMA
from dashboard.events.event import AuditEvent
from dashboard.ingest import importing
from dashboard.ingest.report import Report

FIRST = datetime(2026, 11, 23, 8, 11, 57, 123_456, tzinfo=UTC)
HOSTILE = (
    "",
    " ",
    "plain",
    'say "yes"',
    '"',
    '""',
    '",',
    "a,b;c\td",
    "two\nlines",
    "two\r\nlines",
    "old\rmac",
    "\n",
    "\r",
    "\t",
    "\tafter a tab",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+49 30 123",
    "-1",
    "-",
    "@SUM(A1)",
    "'quoted",
    "''",
    "'",
    "'=1",
    "\u2014",
    "\u2014 nobody",
    " =1",
    "text\n=1",
    "null",
    "(none)",
    "NaN",
    "#",
    "\\",
    "\\n",
    "\\N",
    "😀👩‍👩‍👧",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "שלום مرحبا",
    "a\u2028b\u2029c\u0085d\x0b\x0ce",
    "\x01\x1f\x7f",
    "\x1b[31mred",
    "\ufeffmark",
    "\ufffd\uffff\U0010ffff",
    "İıſß",
    "<script>alert(1)</script>",
    "[link](javascript:x)",
    "'; drop table audit_event; --",
    "x" * 16_000,
    '"\n' * 4_000,
)

Frame = Callable[..., pl.DataFrame]


@pytest.fixture
def frame() -> Frame:
    """Makes events, one a text, with the text in every column that takes it."""

    def frame(texts: Sequence[str | None] = HOSTILE) -> pl.DataFrame:
        rows: list[dict[str, Any]] = [
            dict.fromkeys(SCHEMA)
            | {
                "seq": seq,
                "id": 2**62 + seq,
                "occurred_at": FIRST + timedelta(microseconds=seq),
                "recorded_at": FIRST + timedelta(seconds=1),
                "category": "Auth",
                "action": short if short and not short.isspace() else "Login Failed",
                "actor": short,
                "actor_type": "user",
                "outcome": "failure",
                "description": text,
                "target": short,
                "user_agent": short,
                "details": text,
                "source": "test",
                "native_id": str(seq),
                "source_ip": "2001:db8::1" if seq % 2 else None,
                "source_seq": seq,
                "imported": False,
            }
            for seq, text in enumerate(texts)
            for short in [text[:250] if text and len(text) > 1_000 else text]
        ]
        return pl.DataFrame(rows, schema=dict(SCHEMA))

    return frame


class Kept:
    """Takes events as the record does."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def append(self, events: Sequence[AuditEvent], /) -> importing.NothingAppended:
        self.events += events
        return importing.NothingAppended(len(events))


@pytest.fixture
def imported(tmp_path: Path) -> Callable[[bytes], list[AuditEvent]]:
    """Gives a file to our own importer and returns what it would record; nothing may be rejected."""

    def imported(content: bytes) -> list[AuditEvent]:
        path, kept = tmp_path / "export", Kept()
        path.write_bytes(content)
        with Report() as report:
            importing.import_files([str(path)], importing.Options(), kept, report)
            assert not report.total.rejected, list(report.json())
        return kept.events

    return imported
