"""A log in memory for the pages' tests: some thousand events by rule, so that every number can be counted by hand."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import polars as pl

from dashboard.archive.snapshot import Snapshot
from dashboard.errors import UsageError
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.keeping.integrity import Facts, Head, Integrity, Sink, judge
from dashboard.keeping.places import Row, Rows
from dashboard.ledger.coverage import Covered
from dashboard.ledger.report import Finding, Mode, Report
from dashboard.query.engine import Engine
from dashboard.query.polars_engine import PolarsEngine
from dashboard.record.kept import Acknowledgement, Piece, Place
from dashboard.web.integrity.verify_pass import Outcome, Pass, Progress, VerifyPass
from dashboard.web.serving.service import Status
from tests.web.sample_views import SampleViews

KINDS = (
    ("Auth", "Logged In", "success"),
    ("Auth", "Login Failed", "failure"),
    ("Repo", "Repository Added", "success"),
    ("Backup", "Backup Started", "unknown"),
    ("Restore", "Restore Completed", "success"),
    ("User", "User Invited", "success"),
    ("Storage", "Storage Updated", "success"),
)
PEOPLE = (
    "ayse.yilmaz@gitsec.example",
    "ben.carter@gitsec.example",
    "chloe.martin@gitsec.example",
    "deniz.kaya@gitsec.example",
)
REGIONS = ("Istanbul", "Bavaria", "Ontario", "São Paulo", None)
NOTE = "auditlens/sample\n2400\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— auditlens/sample AAAA\n"
VKEY = "auditlens/sample+00000000+AAAA"
HOSTILE = "<script>alert(1)</script> **bold** [x](javascript:alert(1)) =cmd|' /C calc'!A0 :red[y] $a$"


def frame(count: int = 2_400, newest: datetime | None = None, step: timedelta = timedelta(minutes=23)) -> pl.DataFrame:
    """Events of the sample, the newest now unless told: n has the kind n mod 7, person n mod 4, region n mod 5."""
    end = newest or datetime.now(UTC)
    return pl.DataFrame([row(n, end - step * (count - 1 - n)) for n in range(count)], schema=dict(SCHEMA), orient="row")


def row(n: int, moment: datetime, **changed: object) -> dict[str, object]:
    """One event."""
    category, action, outcome = KINDS[n % 7]
    system = category == "Backup"
    values: dict[str, object] = {
        "seq": n,
        "id": 9_000_000_000_000_000_000 + n,
        "occurred_at": moment,
        "recorded_at": moment,
        "actor": None if system else PEOPLE[n % 4],
        "actor_id": None if system else f"u-{n % 4}",
        "actor_type": "system" if system else "user",
        "category": category,
        "action": action,
        "outcome": outcome,
        "description": f"Event number {n}: {action.lower()} on the repository gitsec/payments-{n % 9}",
        "target": f"gitsec/payments-{n % 9}",
        "source_ip": None if system else f"85.105.{n % 7}.{n % 200 + 1}",
        "region": None if system else REGIONS[n % 5],
        "country": None if system else "TR",
        "geo_source": None if system else "Sample 2026-11",
        "user_agent": "curl/8.5.0",
        "source": "sample",
        "native_id": f"n-{n}",
        "details": '{"branch":"main","n":' + str(n) + "}",
        "db_role": "writer",
        "imported": False,
    }
    return {name: (values | changed).get(name) for name in SCHEMA}


class SampleService:
    """A service over a frame. `more` names a file: as many events as it has lines are appended to the log."""

    log_id = "sample"
    geo_problem: str | None = None
    zone = ""

    def __init__(self, events: pl.DataFrame, *, demo: bool = True, more: Path | None = None) -> None:
        self.events = events
        self.demo = demo
        self._more = more
        self._waiting = Status(as_of=0, waiting=0, oldest_seconds=0.0)
        self.facts: Facts | None = None  # instead of the good ones
        self.now: datetime | None = None  # instead of the clock's
        self.no_seal: str | None = None
        self.passes = VerifyPass(self)
        self.saved = SampleViews()

    @property
    def size(self) -> int:
        """How many events the log holds."""
        return self.events.height

    def run(self, progress: Progress) -> Outcome:
        size = self.size
        progress(size, size)
        return Outcome(
            report=Report(
                log_id=self.log_id, mode=Mode.FULL, at=datetime.now(UTC).isoformat(), as_of=size, root="", rows=size,
                archived=0, covered=((0, size),), seals=3, checkpoints=3, anchors=1, erased=0, retired=0, unsealed=0,
                findings=(), seconds=0.4,
            )
        )  # fmt: skip

    def stop_sealing(self, waiting: int, seconds: float) -> None:
        self._waiting = Status(as_of=0, waiting=waiting, oldest_seconds=seconds)

    def append(self, rows: Sequence[dict[str, object]]) -> None:
        self.events = pl.concat([self.events, pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")])

    def engine(self, as_of: int | None = None) -> Engine:
        self._read_more()
        state = self.events.height if as_of is None else as_of
        if state > self.events.height:
            raise UsageError(f"as_of: the log has not come to #{state:,} yet")
        snapshot = Snapshot(as_of=state, events=self.events.filter(pl.col("seq") < state).lazy())
        return PolarsEngine(snapshot, self.now or datetime.now(UTC))

    def status(self) -> Status:
        self._read_more()
        return Status(self.events.height, self._waiting.waiting, self._waiting.oldest_seconds)

    def integrity(self) -> Integrity:
        return judge(self.facts if self.facts is not None else self.good_facts())

    def good_facts(self) -> Facts:
        """All of it sealed, signed, re-hashed an hour ago and copied: the badge is green."""
        now, size = datetime.now(UTC), self.size
        then = now - timedelta(hours=1)
        return Facts(
            now=now, as_of=size, sealed_at=then if size else None,
            head=Head(size=size, signed_at=then, note=NOTE, vkeys=(VKEY,)) if size else None,
            covered=(Covered(0, size, then),) if size else (), ever_verified=size > 0,
            sinks=(Sink(name="mirror", kind="file", place="/mnt/mirror", size=size, at=now),),
        )  # fmt: skip

    def stop(self) -> None:
        pass

    def timeline(self) -> list[Piece]:
        now = datetime.now(UTC)
        return [Piece(now - timedelta(hours=1), kind, 3, self.size) for kind in ("seal", "checkpoint", "copy")]

    def cannot_seal(self) -> str | None:
        return self.no_seal

    def seal_now(self) -> str:
        return "Nothing waited: all is sealed."

    def verify_now(self) -> None:
        self.passes.start()

    def verifying(self) -> Pass:
        return self.passes.state

    def acknowledge(self, finding: Finding, who: str, reason: str) -> None:
        facts = self.facts or self.good_facts()
        event = Acknowledgement(finding.name, 1, self.events.height, datetime.now(UTC), who, reason)
        self.facts = replace(facts, acknowledged={**facts.acknowledged, finding.name: event})

    def rows_at(self, seq: int) -> Rows:
        found = self.events.filter(pl.col("seq") == seq).row(0, named=True)
        archived = {**found, "actor": "somebody.else@gitsec.example"}
        return Rows(database=Row(event=found, leaf="bb" * 32), archive=Row(event=archived, leaf="aa" * 32))

    def place(self, event_id: int) -> Place | None:
        seq = self.events.filter(pl.col("id") == event_id)["seq"]
        return None if seq.is_empty() else Place(seq[0], b"\xaa" * 32, datetime.now(UTC), self.events.height)

    def proof(self, event_id: int) -> str:
        if self.place(event_id) is None:
            raise UsageError(f"There is no event {event_id}.")
        return "c2sp.org/tlog-proof@v1\n"

    def evidence(self, wanted: EventFilter, as_of: int) -> Callable[[IO[bytes]], object]:
        if as_of == 1:
            raise UsageError("No head of this log is signed yet.")
        return lambda file: file.write(f"{wanted.category} {as_of}".encode())

    def close(self) -> None:
        self.events = self.events.clear()

    def _read_more(self) -> None:
        if self._more is None or not self._more.exists():
            return
        wanted = [line for line in self._more.read_text().splitlines() if line]
        have = self.events.filter(pl.col("source") == "more").height
        for line in wanted[have:]:
            n = self.events.height
            self.append(
                [
                    row(
                        n,
                        datetime.now(UTC),
                        source="more",
                        description=line,
                        category="Auth",
                        actor=os.environ.get("USER", "x"),
                    )
                ]
            )
