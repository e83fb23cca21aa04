"""What the tests of this folder share: an appender in memory, and files that are written, imported and looked at."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from dashboard.events.event import AuditEvent
from dashboard.ingest.importing import Options, import_files
from dashboard.ingest.report import Report


@dataclass
class Taken:
    accepted: int
    duplicates: int
    conflicts: tuple[int, ...]


@dataclass
class MemoryAppender:
    """Keeps events like the record does: once each; the same source and native_id with other content is a conflict."""

    events: list[AuditEvent] = field(default_factory=list)
    keys: dict[object, AuditEvent] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)

    def append(self, events: Sequence[AuditEvent], /) -> Taken:
        accepted, duplicates, conflicts = 0, 0, []
        self.batches.append(len(events))
        for place, event in enumerate(events):
            key: object = event if event.native_id is None else (event.source, event.native_id)
            if key not in self.keys:
                self.keys[key] = event
                self.events.append(event)
                accepted += 1
            elif self.keys[key] == event:
                duplicates += 1
            else:
                conflicts.append(place)
        return Taken(accepted, duplicates, tuple(conflicts))


@dataclass
class Outcome:
    """What an import left behind."""

    events: list[AuditEvent]
    report: dict
    text: str
    exit: int

    @property
    def rejects(self) -> list[tuple[int, str]]:
        return [(row["line"], row["field"]) for row in self.report["rejects"]]

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.report["rejects"]]


def run(appender: MemoryAppender, names: Sequence[str], options: Options) -> Outcome:
    known = len(appender.events)
    with Report() as report:
        import_files(names, options, appender, report)
        found = orjson.loads("".join(report.json()))
        assert found["read"] == found["accepted"] + found["duplicates"] + found["rejected"]
        assert found["rejected"] == len(found["rejects"])
        return Outcome(appender.events[known:], found, "".join(report.text()), int(report.exit))


@pytest.fixture
def appender() -> MemoryAppender:
    return MemoryAppender()


@pytest.fixture
def load(tmp_path: Path, appender: MemoryAppender) -> Callable[..., Outcome]:
    """load(content, **options): imports one file of that content."""

    def load(content: str | bytes, **options: object) -> Outcome:
        path = tmp_path / "given.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run(appender, [str(path)], Options(**options))

    return load


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[..., Outcome]:
    """The same with a record of its own for each call."""

    def load(content: str | bytes, **options: object) -> Outcome:
        path = tmp_path / "given.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run(MemoryAppender(), [str(path)], Options(**options))

    return load


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Puts bytes on a standard input that can't be read twice."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    def give(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Pipe(content))))

    return give
