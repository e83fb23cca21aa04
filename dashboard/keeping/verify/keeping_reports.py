"""Signs reports and stores them in the log's database, so that they stay and nobody else can make one."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime

from dashboard.events.event import AuditEvent
from dashboard.events.vocabulary import Outcome
from dashboard.keeping.log import Log
from dashboard.keeping.own_events import CATEGORY, SOURCE
from dashboard.keeping.reports import HEADING
from dashboard.keeping.verify.bounding import MOST_OF_A_KIND, bounded
from dashboard.ledger.note import sign
from dashboard.ledger.report import Finding, Report

_MOST_EVENTS = 100  # of a report; the report has the others
_MOST_BYTES = 900_000  # a note has 1 MiB at most


def keep(log: Log, report: Report) -> None:
    """Signs a report and stores it, and puts each new damage into the log as an event: a report could be deleted, a
    sealed event not unseen. Nothing is done on a host that does not hold the key.
    """
    folder = log.sealer_folder()
    if not folder.holds_key or not log.urls.sealer:
        return
    note = sign(_text(report), [folder.signer()])
    with log.sealing() as record:
        record.keep_verification(len(report.findings), note)
        events = {f"found:{one.name}": one for one in report.findings[:_MOST_EVENTS] if one.is_damage}
        known = record.own_keys(list(events)) if events else set()
    new = [_found(native_id, one, report) for native_id, one in events.items() if native_id not in known]
    if new and log.urls.writer:
        with log.appender() as appender:
            appender.append(new)


def _found(native_id: str, finding: Finding, report: Report) -> AuditEvent:
    place = "" if finding.first is None else f" #{finding.first:,}"
    return AuditEvent(
        occurred_at=datetime.now(UTC),
        category=CATEGORY,
        action="Damage Found",
        outcome=Outcome.FAILURE,
        description=f"{finding.kind.capitalize()}{place}: {finding.message}",
        source=SOURCE,
        native_id=native_id,
        details=json.dumps({**asdict(finding), "as_of": report.as_of, "found_at": report.at}, sort_keys=True),
    )


def _text(report: Report) -> str:
    """The note's text; of a report that is too long, fewer findings of each kind, and what the rest were."""
    most = MOST_OF_A_KIND
    while True:
        text = f"{HEADING}{report.to_json()}\n"
        if len(text) <= _MOST_BYTES:
            return text
        most //= 2
        report = replace(report, findings=tuple(bounded(report.findings, most)))
