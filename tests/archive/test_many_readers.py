"""Several processes look while another appends, mirrors, compacts, rebuilds and crashes: each look is the record."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.events.event import AuditEvent
from dashboard.keeping.compaction import Compactor
from dashboard.keeping.log import Log
from dashboard.keeping.rebuild import rebuild
from dashboard.keeping.sealer import Sealer
from tests.record.test_append import login

pytestmark = pytest.mark.usefixtures("external")

_READ = """
import json, sys, time
from contextlib import closing
from pathlib import Path
from dashboard.config import from_environment
from dashboard.events.filter import EventFilter
from dashboard.keeping.log import open_log
from dashboard.query import views
from dashboard.query.opening import Questions

stop = Path(sys.argv[1])
looks, wrong, last = 0, [], 0
with open_log(from_environment()) as log, closing(Questions(log)) as questions, closing(log.reader()) as record:
    print("ready", flush=True)
    while True:
        last_round = stop.exists()  # what came before it is seen
        engine = questions.engine()
        as_of = engine.as_of
        if as_of < last:
            wrong.append(f"went back from {last} to {as_of}")
        last = as_of
        expected, _ = record.sealed_range(0, as_of)
        seen = questions.events.snapshot(as_of).events.sort("seq").collect()
        if not seen.equals(expected):
            wrong.append(f"as of {as_of}: {seen.height} rows")
        if (count := views.count(engine, EventFilter())) != as_of:
            wrong.append(f"as of {as_of}: counted {count}")
        newest = views.log_page(engine, EventFilter(), limit=5)["seq"].to_list()
        meant = expected.sort("occurred_at", "seq", descending=True).head(5)["seq"].to_list()
        if newest != meant:
            wrong.append(f"as of {as_of}: newest {newest}, not {meant}")
        looks += 1
        if last_round:
            break
print(json.dumps({"looks": looks, "wrong": wrong, "last": last}), flush=True)
"""


def readers(count: int, stop: Path) -> list["subprocess.Popen[str]"]:
    started = [
        subprocess.Popen([sys.executable, "-c", _READ, str(stop)], stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    return started


def events(step: int) -> list[AuditEvent]:
    """Some of now, some late, one of years ago, one ahead of its time."""
    now = datetime.now(UTC)
    return [
        *(login(actor=f"p{n}", occurred_at=now + timedelta(microseconds=n)) for n in range(12)),
        *(login(actor=f"late{n}", occurred_at=now - timedelta(hours=3 * n + step)) for n in range(3)),
        login(actor="old", occurred_at=now - timedelta(days=900 - step), imported=True),
        login(actor="ahead", occurred_at=now + timedelta(days=step + 1)),
    ]


def test_each_look_of_each_reader_is_the_record(log: Log, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    looking = readers(2, stop)
    try:
        with log.appender() as appender, Sealer(log) as sealer, Compactor(log) as compactor:
            for step in range(24):
                appender.append(events(step))
                sealer.seal()
                if step % 2:
                    sealer.mirror()
                if step % 3 == 0:
                    compactor.round()
                if step % 10 == 9:
                    compactor.finish()
                if step == 15:
                    rebuild(log, processes=1)
    finally:
        stop.touch()
        said = [json.loads(one.communicate(timeout=120)[0]) for one in looking]
    for one in said:
        assert one["wrong"] == []
        assert one["looks"] > 3
        assert one["last"] == 24 * 17


_CRASH = """
import os, signal, sys
from dashboard.archive.table import ArchiveTable
from dashboard.config import from_environment
from dashboard.keeping.compaction import Compactor
from dashboard.keeping.log import open_log
from dashboard.keeping.sealer import Sealer

table, method, before = sys.argv[1:]
real = getattr(ArchiveTable, method)

def crashing(self, *args, **named):
    if self.name != table:
        return real(self, *args, **named)
    if before == "after":
        real(self, *args, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(ArchiveTable, method, crashing)
with open_log(from_environment()) as log:
    with Sealer(log) as sealer:
        sealer.mirror()
    with Compactor(log) as compactor:
        compactor.finish()
"""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("method", ["append", "replace"])
@pytest.mark.parametrize("table", ["evidence", "events"])
def test_a_crash_at_any_commit_is_made_good_and_no_reader_saw_it(
    log: Log, table: str, method: str, moment: str
) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        for step in range(6):
            appender.append(events(step))
            sealer.seal()
            if step < 5:
                sealer.mirror()
    crashed = subprocess.run([sys.executable, "-c", _CRASH, table, method, moment], check=False)
    assert crashed.returncode == -signal.SIGKILL
    for again in (False, True):
        if again:
            with Sealer(log) as sealer, Compactor(log) as compactor:
                sealer.mirror()
                compactor.finish()
        with closing(log.events()) as reader:
            seen = reader.snapshot().events.sort("seq").collect()
        with closing(log.reader()) as record:
            rows, proofs = record.sealed_range(0, record.tree_size())
        assert seen.equals(rows)
    held = log.evidence_table()
    held.refresh()
    assert held.scan().collect().sort("seq").equals(proofs)
    assert held.watermark == rows.height == 6 * 17
