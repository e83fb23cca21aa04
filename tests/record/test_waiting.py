"""What waits to be sealed: counted exactly, and without reading what is sealed."""

from datetime import UTC, datetime

import psycopg
import pytest

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.record.connect import sql
from tests.record.test_append import login

EVENT = """select audit_append('{"occurred_at":"2026-11-23T08:00:00Z","category":"A","action":"B"}')"""


def test_an_event_of_a_long_transaction_waits_from_its_commit_on(log: Log) -> None:
    with log.appender() as appender, Sealer(log) as sealer, psycopg.connect(log.urls.writer) as open_still:
        open_still.execute(EVENT)
        appender.append([login()])
        reader = log.reader()
        assert reader.waiting()[0] == 1
        sealer.seal()
        assert reader.waiting() == (0, 0.0)
        open_still.commit()
        assert reader.waiting()[0] == 1
        assert reader.waiting()[1] > 0
        sealer.seal()
        assert reader.waiting() == (0, 0.0)
        reader.close()


@pytest.mark.parametrize("question", ["ledger/waiting", "ledger/unsealed_events", "ledger/backlog_cut"])
@pytest.mark.parametrize("analyzed", [True, False])
def test_looking_for_new_events_never_reads_the_sealed_ones(
    log: Log, admin: "psycopg.Connection[tuple[object, ...]]", question: str, analyzed: bool
) -> None:
    with log.appender() as appender:
        for first in range(0, 20_000, 500):  # many transactions, as the statistics of a live log would show
            appender.append([login(n) for n in range(first, first + 500)])
    if analyzed:
        admin.execute("analyze audit_event")
    (xmax,) = admin.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone() or (0,)
    start = int(str(xmax))
    bounds = {"pending": [str(start - 1)], "start": str(start), "stop": str(start + 1_000_000), "limit": 200_000}
    bounds |= {"after_tx": "0", "after_id": 0}
    plan = admin.execute(f"explain {sql(question)}".encode(), bounds).fetchall()
    full = f"Seq Scan on audit_event_{datetime.now(UTC):%Y_%m}"  # the other months are empty
    assert not [line for (line,) in plan if full in str(line)]
