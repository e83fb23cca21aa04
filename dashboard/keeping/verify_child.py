"""A full pass in a process of its own, so that the server stays quick: `python -m dashboard.keeping.verify_child`.

Writes a line of JSON for each step to standard output: {"done", "total"} while it runs, last either {"report",
"not_kept"} or {"wrong"}.
"""

import json
import logging
import sys
from dataclasses import replace

from dashboard.config import from_environment
from dashboard.errors import AuditlensError
from dashboard.keeping.anchoring import outside_copies
from dashboard.keeping.log import Log, open_log
from dashboard.keeping.verify import keep, verify
from dashboard.ledger.report import Mode

NOT_KEPT = "the sealer's key is not on this host, so its report can't be signed."
_COPIES_OF_EACH = 100


def main() -> None:
    """Verifies the log of the environment, with the copies that lie outside, and keeps the report where it can."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        with open_log(from_environment()) as log:
            _say(_pass(log))
    except AuditlensError as wrong:
        _say({"wrong": str(wrong)})


def _pass(log: Log) -> dict[str, object]:
    unread: list[str] = []
    copies = outside_copies(
        log,
        newest=_COPIES_OF_EACH,
        on_failure=lambda sink, why: unread.append(f"Copies at {sink} were not read: {why}"),
    )
    report = verify(
        log,
        mode=Mode.FULL,
        anchors=[copy.note for copy in copies],
        progress=lambda done, total: _say({"done": done, "total": total}),
    )
    report = replace(report, left_out=(*report.left_out, *unread))
    can_keep = bool(log.urls.sealer) and log.sealer_folder().holds_key
    if can_keep:
        keep(log, report)
    return {"report": report.to_json(), "not_kept": None if can_keep else NOT_KEPT}


def _say(said: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
