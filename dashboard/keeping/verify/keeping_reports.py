"""Signs reports and stores them in the log's database, so that they stay and nobody else can make one."""

from dataclasses import replace

from dashboard.keeping.log import Log
from dashboard.keeping.reports import HEADING
from dashboard.keeping.verify.verdict import MOST_OF_A_KIND, bounded
from dashboard.ledger.note import sign
from dashboard.ledger.report import Report

_MOST_BYTES = 900_000  # a note has 1 MiB at most


def keep(log: Log, report: Report) -> None:
    """Signs a report and stores it; nothing is done on a host that does not hold the key."""
    folder = log.sealer_folder()
    if not folder.holds_key or not log.urls.sealer:
        return
    note = sign(_text(report), [folder.signer()])
    with log.sealing() as record:
        record.keep_verification(len(report.findings), note)


def _text(report: Report) -> str:
    """The note's text; of a report that is too long, fewer findings of each kind, and what the rest were."""
    most = MOST_OF_A_KIND
    while True:
        text = f"{HEADING}{report.to_json()}\n"
        if len(text) <= _MOST_BYTES:
            return text
        most //= 2
        report = replace(report, findings=tuple(bounded(report.findings, most)))
