"""The badge: what it says in each state, and that it says it of a real log."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dashboard.events.event import AuditEvent
from dashboard.keeping.anchoring import anchor_now
from dashboard.keeping.integrity import Facts, Found, Head, Integrity, IntegrityReader, Level, Sink, integrity_of, judge
from dashboard.keeping.log import Log
from dashboard.keeping.reports import HEADING
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.coverage import Covered
from dashboard.ledger.note import sign
from dashboard.ledger.report import Finding, Kind, Mode, Report
from dashboard.record.kept import ACKNOWLEDGED, Acknowledgement
from tests.record.test_append import login

Admin = psycopg.Connection[tuple[object, ...]]

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ALTERED = Finding(kind=Kind.ALTERED, message="Row 7 is not as it was sealed.", first=7, last=7, event_id=70)
GAP = Finding(kind=Kind.GAP, message="Source git lacks 3 counts.")


def ago(**span: float) -> datetime:
    return NOON - timedelta(**span)


GOOD = Facts(
    now=NOON,
    as_of=100,
    sealed_at=ago(minutes=5),
    head=Head(size=100, signed_at=ago(minutes=5), note="note"),
    signed_before=100,
    largest_verified=100,
    covered=(Covered(0, 60, ago(hours=3)), Covered(60, 100, ago(minutes=4))),
    ever_verified=True,
    sinks=(Sink(name="mirror", at=ago(minutes=1), size=100),),
)


def with_findings(*findings: Finding, known: bool = False, at: datetime = NOON) -> Facts:
    acknowledged = {
        finding.name: Acknowledgement(finding.name, 1, 100, NOON, "elif", "restored") for finding in findings
    }
    return replace(
        GOOD,
        found=tuple(Found(finding, at, at) for finding in findings),
        acknowledged=acknowledged if known else {},
    )


STATES = [
    (GOOD, Level.GOOD, "Verified"),
    (Facts(now=NOON), Level.NEUTRAL, "Empty log"),
    (Facts(now=NOON, waiting=2, oldest_s=0.3), Level.NEUTRAL, "Not yet sealed"),
    (replace(GOOD, waiting=2, oldest_s=0.3), Level.GOOD, "Verified"),
    (replace(GOOD, waiting=2, oldest_s=10.1), Level.AMBER, "Stale: sealer"),
    (replace(GOOD, sinks=()), Level.AMBER, "No outside copy"),
    (replace(GOOD, sinks=(Sink(name="mirror", late=True),)), Level.AMBER, "Stale: copies"),
    (replace(GOOD, sinks=(Sink(name="mirror", at=NOON, contradicts=True),)), Level.RED, "History rewritten"),
    (replace(GOOD, sinks=(), sink_problem="file:// lacks a path."), Level.AMBER, "No outside copy"),
    (replace(GOOD, covered=GOOD.covered[:1], uncovered_since=ago(seconds=59)), Level.NEUTRAL, "Verified to #59"),
    (replace(GOOD, covered=GOOD.covered[1:], uncovered_since=ago(seconds=59)), Level.NEUTRAL, "Not yet verified"),
    (replace(GOOD, covered=GOOD.covered[:1], uncovered_since=ago(seconds=61)), Level.AMBER, "Stale: verification"),
    (replace(GOOD, covered=GOOD.covered[1:], uncovered_since=ago(days=2)), Level.AMBER, "Stale: verification"),
    (replace(GOOD, covered=(), ever_verified=False), Level.AMBER, "Not yet verified"),
    (replace(GOOD, trusts=False), Level.AMBER, "Cannot verify"),
    (replace(GOOD, trusts=False, sinks=()), Level.AMBER, "Cannot verify"),
    (replace(GOOD, memory_problem="state.json can't be read."), Level.AMBER, "Cannot verify"),
    (replace(GOOD, head=None), Level.AMBER, "Stale: signature"),
    (replace(GOOD, head=None, sealed_at=ago(seconds=2)), Level.GOOD, "Verified"),
    (replace(GOOD, left_out=("One copy could not be read.",)), Level.GOOD, "Verified"),
    (replace(GOOD, erasures=1, erased_groups=3, retired=((0, 10),)), Level.GOOD, "Verified"),
    (with_findings(ALTERED), Level.RED, "Altered"),
    (with_findings(ALTERED, at=ago(days=400)), Level.RED, "Altered"),
    (with_findings(GAP), Level.AMBER, "Gap in a source's count"),
    (with_findings(GAP, at=ago(days=2)), Level.GOOD, "Verified"),
    (with_findings(ALTERED, known=True), Level.AMBER, f"Known finding #{ALTERED.name}"),
    (with_findings(ALTERED, GAP, known=True), Level.AMBER, "2 known findings"),
    (replace(with_findings(ALTERED, known=True), sinks=()), Level.AMBER, f"Known finding #{ALTERED.name}"),
    (replace(GOOD, signed_before=101), Level.RED, "Rolled back"),
    (replace(GOOD, largest_verified=101), Level.RED, "Rolled back"),
    (replace(GOOD, head=Head(size=101, signed_at=NOON, note="")), Level.RED, "Rolled back"),
    (replace(GOOD, head=Head(size=100, signed_at=NOON, note="", problem="wrong")), Level.RED, "Signature wrong"),
    (
        replace(GOOD, head=Head(size=100, signed_at=NOON, note="", root_agrees=False)),
        Level.RED,
        "History rewritten",
    ),
]


@pytest.mark.parametrize(("facts", "level", "word"), STATES, ids=[f"{k}-{row[2]}" for k, row in enumerate(STATES)])
def test_the_badge_says_the_worst_of_its_reasons(facts: Facts, level: Level, word: str) -> None:
    integrity = judge(facts)
    assert (integrity.level, integrity.word) == (level, word)


def test_amber_and_red_say_what_to_do() -> None:
    lacking = [
        reason for facts, _, _ in STATES for reason in judge(facts).reasons if reason.level > Level.NEUTRAL
        and not reason.do and reason.word != "Cannot verify"
    ]  # fmt: skip
    assert lacking == []


def test_coverage_is_100_percent_only_when_it_is_all() -> None:
    assert judge(GOOD).coverage == "100 %"
    nearly = replace(GOOD, as_of=1_000_000, covered=(Covered(0, 999_999, NOON),))
    assert judge(nearly).coverage == "99.9 %"
    assert nearly.first_uncovered() == 999_999
    assert judge(Facts(now=NOON)).coverage == "0.0 %"


def test_an_acknowledged_finding_does_not_hide_a_new_one() -> None:
    other = replace(ALTERED, first=8, last=8)
    facts = with_findings(ALTERED, known=True)
    integrity = judge(replace(facts, found=(*facts.found, Found(other, NOON, NOON))))
    assert (integrity.level, integrity.word) == (Level.RED, "Altered")
    assert [one.finding for one in integrity.findings] == [other, ALTERED]


# of a real log


def test_a_log_that_is_sealed_signed_verified_and_copied_is_green(
    log: Log, looking: IntegrityReader, tmp_path: Path
) -> None:
    append(log, *(login(k) for k in range(5)))
    keep(log, stop=5)
    assert looking.read().word == "No outside copy"
    (tmp_path / "outside").mkdir()
    copied = replace(log, settings=log.settings.model_copy(update={"anchors": SecretStr(f"file://{tmp_path}/outside")}))
    with closing(copied.reader()) as reader:
        assert integrity_of(copied, reader).word == "Stale: copies"
        anchor_now(copied)
        found = integrity_of(copied, reader)
    assert (found.level, found.word) == (Level.GOOD, "Verified"), found.reasons
    assert [sink.size for sink in found.facts.sinks] == [5]


@pytest.fixture
def looking(log: Log) -> Iterator[IntegrityReader]:
    with closing(log.reader()) as reader:
        yield IntegrityReader(log, reader)


def append(log: Log, *events: AuditEvent) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append(list(events))
        sealer.seal()


def keep(log: Log, *findings: Finding, stop: int, at: datetime | None = None, forged: bool = False) -> None:
    """What a pass of verification leaves behind."""
    report = Report(
        log_id=log.log_id, mode=Mode.FULL, at=(at or datetime.now(UTC)).isoformat(), as_of=stop, root="", rows=stop,
        archived=0, covered=((0, stop),), seals=1, checkpoints=1, anchors=0, erased=0, retired=0, unsealed=0,
        findings=findings,
    )  # fmt: skip
    note = sign(f"{HEADING}{report.to_json()}\n", [log.sealer_folder().signer()])
    with log.sealing() as record:
        record.keep_verification(len(findings), note.replace('"rows":', '"rows": ') if forged else note)


def acknowledge(log: Log, finding: Finding) -> None:
    append(
        log,
        login(
            source="auditlens",
            native_id=ACKNOWLEDGED + finding.name,
            action="Finding Acknowledged",
            actor="elif",
            description="restored from a backup",
        ),
    )


def test_a_log_without_reports_is_not_verified_and_never_green(log: Log, looking: IntegrityReader) -> None:
    assert looking.read().word == "Empty log"
    append(log, login(1))
    found = looking.read()
    assert (found.level, found.word, found.coverage) == (Level.AMBER, "No outside copy", "0.0 %")
    assert "1 row of 1, just sealed" in " ".join(reason.sentence for reason in found.reasons)
    assert found.facts.head is not None
    assert found.facts.head.vkeys == (log.sealer_folder().signer().verifier.vkey,)


def test_rows_sealed_after_the_last_pass_are_not_covered(log: Log, looking: IntegrityReader) -> None:
    append(log, *(login(k) for k in range(5)))
    keep(log, stop=5)
    found = looking.read()
    assert (found.word, found.coverage, found.facts.covered_rows) == ("No outside copy", "100 %", 5)
    append(log, login(6))
    found = looking.read()
    assert (found.coverage, found.facts.first_uncovered(), found.facts.uncovered) == ("83.3 %", 5, 1)
    keep(log, stop=6)
    assert looking.read().coverage == "100 %"


def test_a_pass_of_yesterday_covers_nothing(log: Log, looking: IntegrityReader) -> None:
    append(log, login(1))
    keep(log, stop=1, at=datetime.now(UTC) - timedelta(hours=25))
    assert looking.read().facts.covered_rows == 0


def test_red_stays_through_clean_passes_and_new_readers_until_an_event_acknowledges_it(
    log: Log, looking: IntegrityReader
) -> None:
    append(log, *(login(k) for k in range(9)))
    keep(log, ALTERED, stop=9)
    keep(log, stop=9)
    assert (looking.read().level, looking.read().word) == (Level.RED, "Altered")
    with closing(log.reader()) as reader:
        assert integrity_of(log, reader).word == "Altered"
    acknowledge(log, ALTERED)
    keep(log, stop=10)
    found = looking.read()
    assert (found.level, found.word) == (Level.AMBER, f"Known finding #{ALTERED.name}")
    event = found.facts.acknowledged[ALTERED.name]
    assert (event.who, event.reason, event.seq) == ("elif", "restored from a backup", 9)


def test_an_acknowledgement_that_is_not_sealed_counts_for_nothing(log: Log, looking: IntegrityReader) -> None:
    append(log, login(1))
    keep(log, ALTERED, stop=1)
    with log.appender() as appender:
        appender.append([login(2, source="auditlens", native_id=ACKNOWLEDGED + ALTERED.name)])
    assert looking.read().level == Level.RED


def test_a_forged_report_covers_nothing_and_is_a_finding(log: Log, looking: IntegrityReader) -> None:
    append(log, login(1))
    keep(log, stop=1, forged=True)
    found: Integrity = looking.read()
    assert (found.word, found.facts.covered_rows) == ("Signature wrong", 0)


def test_without_a_verifier_key_nothing_is_covered_and_what_was_found_is_said(
    log: Log, looking: IntegrityReader
) -> None:
    append(log, login(1))
    keep(log, stop=1)
    trusted = log.sealer_folder().folder / "trusted.keys"
    text = trusted.read_text()
    trusted.unlink()
    found = looking.read()
    assert (found.word, found.facts.covered_rows) == ("Cannot verify", 0)
    keep(log, ALTERED, stop=1)
    assert looking.read().word == "Altered"
    trusted.write_text(text)
    assert looking.read().facts.covered_rows == 1


def test_a_database_set_back_is_seen_at_the_next_look(log: Log, looking: IntegrityReader, admin: Admin) -> None:
    append(log, login(1))
    append(log, login(2))
    keep(log, stop=2)
    for table in ("seal", "checkpoint"):
        admin.execute(f"alter table {table} disable trigger all".encode())
        admin.execute(f"delete from {table} where tree_size = 2".encode())
    found = looking.read()
    assert (found.level, found.word) == (Level.RED, "Rolled back")
    name = found.findings[0].finding.name
    admin.execute("delete from checkpoint")
    assert looking.read().findings[0].finding.name == name
