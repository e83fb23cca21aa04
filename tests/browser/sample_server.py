"""The real server over the sample log: `… -m tests.browser.sample_server PORT MORE`; a line in MORE is a new event."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.web.serving import service
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
    long_ago = datetime.now(UTC) - timedelta(days=45)  # not on the page that opens
    odd = [{"actor": name, "region": name} for name in ODD_NAMES]
    odd.append({"category": "www.evil.example", "action": "mail a@evil.example", "target": "https://evil.example/"})
    many = [{"actor": f"user-{n:05}", "source_ip": f"10.{n // 256 % 256}.{n % 256}.7"} for n in range(10_000)]
    log.append([sample.row(2402 + n, long_ago, **changed) for n, changed in enumerate([*odd, *many])])
    return log


ODD_NAMES = ("z" * 5000, "محمد عبد الله", "👩‍💻🔥", "שלום")
PORT, MORE = int(sys.argv[1]), Path(sys.argv[2])

if __name__ == "__main__":
    service.open_service = opened
    from dashboard import server

    server.serve("127.0.0.1", PORT)
