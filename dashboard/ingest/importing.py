"""Files in, events recorded, a report out; parsing goes on while the database takes the batch before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO, Protocol

from dashboard.events.event import AuditEvent
from dashboard.ingest import delimited, json_array, json_lines
from dashboard.ingest.fields import Maker
from dashboard.ingest.occurrences import Occurrences
from dashboard.ingest.rejects import WHOLE_FILE, Parsed, Reject, rejected
from dashboard.ingest.report import Report
from dashboard.ingest.sources import Format, Source, Unusable, format_of, open_stream

BATCH_EVENTS = 10_000
BATCH_BYTES = 8 * 1024 * 1024
CONFLICT = "is already there with other content"


class Appended(Protocol):
    """What became of a batch; conflicts are positions in it."""

    @property
    def accepted(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def conflicts(self) -> Sequence[int]: ...


class Appender(Protocol):
    """Takes a batch in one transaction; `dashboard.record.append.Appender` is one."""

    def append(self, events: Sequence[AuditEvent], /) -> Appended: ...


@dataclass(frozen=True, slots=True)
class NothingAppended:
    """What a rehearsal knows: whether something is a duplicate is known only by the record."""

    accepted: int
    duplicates: int = 0
    conflicts: tuple[int, ...] = ()


class Rehearsal:
    """Takes events and stores none."""

    def append(self, events: Sequence[AuditEvent], /) -> NothingAppended:
        return NothingAppended(len(events))


@dataclass(frozen=True, slots=True)
class Options:
    """What an import is told about its files."""

    format: Format | None = None  # None: told by the content, for each file
    source: str | None = None  # of events that name none; None: the format's name
    zone: tzinfo | None = None  # of times that have none


def import_files(
    names: Iterable[str],
    options: Options,
    appender: Appender,
    report: Report,
    taken: Callable[[int], None] = lambda size: None,
) -> None:
    """Appends what the files hold, file by file in their order, and writes down in the report what became of each line.

    A file that can't be used at all is one reject. `taken` hears of the bytes read. Memory: two batches, whatever the
    size of the files. Raises what the appender raises; batches appended before stay, and come as duplicates next time.
    """
    for name in names:
        report.begin(name)
        with ExitStack() as stack:
            try:
                stream = _opened(stack, name)
            except OSError as wrong:
                report.reject(Reject(1, WHOLE_FILE, f"can't be read: {wrong.strerror}"))
                continue
            source = Source(name, stream, taken)
            stack.callback(source.close)
            append_all(in_batches(_parsed(source, options)), appender, report)


def _opened(stack: ExitStack, name: str) -> BinaryIO:
    stream = open_stream(name)
    if name != "-":
        stack.callback(stream.close)
    return stream


def _parsed(source: Source, options: Options) -> Iterator[Parsed]:
    try:
        head = source.open()
        kind = options.format or format_of(head)
        maker = Maker(options.source or kind.value, options.zone, imported=True)
        yield from _reader(kind, head)(source, maker)
    except Unusable as wrong:
        yield rejected(wrong.line, WHOLE_FILE, str(wrong))


def _reader(kind: Format, head: bytes) -> Callable[[Source, Maker], Iterator[Parsed]]:
    if kind is Format.CSV:
        return delimited.read_delimited
    if head.lstrip(b" \t\r\n").startswith(b"["):
        return json_array.read_array
    return json_lines.read_object if json_lines.is_one_object(head) else json_lines.read_lines


def in_batches(records: Iterable[Parsed]) -> Iterator[list[Parsed]]:
    """Cuts the stream into batches of at most BATCH_EVENTS records or, but for the last one in it, BATCH_BYTES."""
    batch: list[Parsed] = []
    size_bytes = 0
    for record in records:
        batch.append(record)
        size_bytes += record.size_bytes
        if len(batch) >= BATCH_EVENTS or size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def append_all(batches: Iterable[list[Parsed]], appender: Appender, report: Report) -> None:
    """Appends the batches of one file, each in a transaction of its own, one behind the reading."""
    with Occurrences() as occurrences, ThreadPoolExecutor(1, "append") as pool:
        running: tuple[list[Parsed], Future[Appended]] | None = None
        for batch in batches:
            events = occurrences.numbered(
                [record.outcome for record in batch if isinstance(record.outcome, AuditEvent)]
            )
            if running is not None:
                settle(running[0], running[1].result(), report)
            running = batch, pool.submit(appender.append, events)
        if running is not None:
            settle(running[0], running[1].result(), report)


def settle(batch: list[Parsed], appended: Appended, report: Report) -> None:
    """Writes down what became of a batch, its rejects in the order of the lines."""
    report.count(appended.accepted, appended.duplicates)
    conflicts = set(appended.conflicts)
    position = 0
    for record in batch:
        if isinstance(record.outcome, Reject):
            report.reject(record.outcome)
            continue
        if position in conflicts:
            report.reject(Reject(record.line, "native_id", CONFLICT))
        position += 1


def size_of(names: Iterable[str]) -> int | None:
    """Bytes of all files together, None when one of them is no plain file."""
    paths = [Path(name) for name in names]
    return sum(path.stat().st_size for path in paths) if all(path.is_file() for path in paths) else None
