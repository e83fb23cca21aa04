"""The real server over the sample log: `… -m tests.browser.sample_server PORT MORE`; a line in MORE is a new event."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.web import service
from tests.web import sample


def opened(_: ExitStack) -> service.Service:
    log = sample.SampleService(sample.frame(), more=MORE)
    log.append(
        [
            sample.row(2400, datetime(2099, 1, 1, tzinfo=UTC), clock="ahead"),
            sample.row(
                2401,
                datetime.now(UTC) - timedelta(minutes=1),
                actor=sample.HOSTILE,
                category="Auth",
                description=sample.HOSTILE,
            ),
        ]
    )
    return log


PORT, MORE = int(sys.argv[1]), Path(sys.argv[2])

if __name__ == "__main__":
    service.open_service = opened
    from dashboard import server

    server.serve("127.0.0.1", PORT)
