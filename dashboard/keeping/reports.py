"""What the kept reports of verification say together: what is covered, and everything that was ever found."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dashboard.ledger.coverage import Coverage, Covered
from dashboard.ledger.keys import Trusted
from dashboard.ledger.note import BadNote, open_note
from dashboard.ledger.report import Finding, Kind, Report, places_in
from dashboard.record.kept import KeptRecord, KeptReport

HEADING = "auditlens verification\n"
"""The first line of a report's note; the report as JSON is the second."""

COVERED_FOR = timedelta(hours=24)
"""A row that was not re-hashed for longer than this is not covered."""

_BATCH, _MOST = 500, 1_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and when it was reported first and last."""

    finding: Finding
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What all reports say."""

    covered: tuple[Covered, ...] = ()  # of the rows that there are, in the last 24 hours
    found: tuple[Found, ...] = ()
    largest: int = 0  # the largest tree that was verified
    newest: Report | None = None  # that a trusted key signed


@dataclass(frozen=True, slots=True)
class Opened:
    """A report that was read. `counts`: a key signed it that is trusted now, so it may say that all is well."""

    report: Report
    at: datetime
    counts: bool


class Reports:
    """Reads each report once and remembers what it said: a finding stays, whoever removes the report it was in.

    The first look reads the newest reports until all rows are covered, and every different finding; later looks read
    what is new. Not safe to share between threads.
    """

    def __init__(self, log_id: str) -> None:
        self._log_id = log_id
        self._trusted: Trusted | None = None
        self._forget()

    def _forget(self) -> None:
        self._coverage = Coverage()
        self._found: dict[str, Found] = {}
        self._seen: int | None = None
        self._largest = 0
        self._newest: Report | None = None

    def read(self, record: KeptRecord, trusted: Trusted, now: datetime, as_of: int) -> Said:
        """What the reports say now. Other trusted keys than before: they are read anew, findings stay."""
        if trusted != self._trusted:
            found = self._found
            self._forget()
            self._found, self._trusted = found, trusted
        if self._seen is None:
            self._read_past(record, now, as_of)
        else:
            new = record.reports(self._seen, None, _MOST)
            self._take(new, [self._open(report) for report in new])
        return Said(
            covered=self._coverage.since(now - COVERED_FOR, as_of),
            found=tuple(sorted(self._found.values(), key=lambda found: (found.first_at, found.finding.name))),
            largest=self._largest,
            newest=self._newest,
        )

    def _read_past(self, record: KeptRecord, now: datetime, as_of: int) -> None:
        """The newest reports back to 24 hours, fewer when they cover all rows; then all findings before them."""
        kept: list[KeptReport] = []
        read: list[Opened | Finding] = []
        while True:
            batch = record.reports(0, kept[-1].number if kept else None, max(_BATCH, len(kept)))
            kept += batch
            read += [self._open(report) for report in batch]
            covered = places_in((part.start, part.stop) for part in _coverage(read).since(now - COVERED_FOR, as_of))
            if not batch or covered >= as_of or batch[-1].at < now - COVERED_FOR:
                break
        self._seen = 0
        for report, last_at in record.findings(kept[-1].number) if kept else []:
            self._remember(report, self._open(report), last_at)
        self._take(kept, read)

    def _take(self, kept: list[KeptReport], read: list[Opened | Finding]) -> None:
        for report, opened in zip(reversed(kept), reversed(read), strict=True):
            self._seen = report.number
            self._remember(report, opened, report.at)
            if isinstance(opened, Opened) and opened.counts:
                self._coverage.add(opened.report.covered, opened.at)
                self._newest = opened.report
                self._largest = max(self._largest, opened.report.as_of)

    def _remember(self, kept: KeptReport, opened: Opened | Finding, last_at: datetime) -> None:
        found, first_at = ((opened,), kept.at) if isinstance(opened, Finding) else (opened.report.findings, opened.at)
        for finding in found:
            known = self._found.get(finding.name)
            self._found[finding.name] = (
                replace(known, last_at=max(known.last_at, last_at)) if known else Found(finding, first_at, last_at)
            )

    def _open(self, kept: KeptReport) -> Opened | Finding:
        """The report, or the finding that it is none."""
        trusted = self._trusted or Trusted(())
        try:
            text, counts = _signed_text(trusted, kept.note)
            report = Report.from_json(text.removeprefix(HEADING))
            at = datetime.fromisoformat(report.at).astimezone(UTC)
            if not text.startswith(HEADING) or report.log_id != self._log_id:
                raise ValueError("it is no report of this log")
        except (BadNote, ValueError, KeyError, TypeError):
            message = (
                f"The kept report {kept.number:,} of verification is not signed by a trusted key, or is no report."
            )
            return Finding(kind=Kind.SIGNATURE, message=message)
        return Opened(report, at, counts)


def _coverage(newest_first: list[Opened | Finding]) -> Coverage:
    coverage = Coverage()
    for opened in reversed(newest_first):
        if isinstance(opened, Opened) and opened.counts:
            coverage.add(opened.report.covered, opened.at)
    return coverage


def _signed_text(trusted: Trusted, note: str) -> tuple[str, bool]:
    """The text, and whether a key signed it that is trusted now. A key that was replaced still says what it found; a
    host without any key believes what is found and nothing else.
    """
    if not trusted.keys:
        return note.rpartition("\n\n")[0] + "\n", False
    try:
        return trusted.open_text(note), True
    except BadNote:
        return open_note(note, [key.verifier for key in trusted.keys])[0], False
