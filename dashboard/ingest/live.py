"""Events as JSON lines from a stream that pauses: what is there is appended at once, so that nothing waits for more."""

import io
import os
import select
from collections.abc import Iterator
from typing import BinaryIO

from dashboard.events.event import AuditEvent
from dashboard.ingest.fields import Maker
from dashboard.ingest.importing import BATCH_BYTES, Appender, settle
from dashboard.ingest.json_objects import ObjectReader
from dashboard.ingest.lines import Splitter
from dashboard.ingest.occurrences import Occurrences
from dashboard.ingest.rejects import WHOLE_LINE, rejected
from dashboard.ingest.report import Report

BATCH_EVENTS = 500
PAUSE_S = 0.02  # a stream that gives nothing for so long has paused
_BLOCK_BYTES = 64 * 1024
_BOM = b"\xef\xbb\xbf"


def append_stream(stream: BinaryIO, source: str, appender: Appender, report: Report) -> None:
    """Appends each line as soon as the stream pauses, or 500 of them are there, until it ends.

    Identical lines of one stream are counted like those of a file: a stream sent twice adds nothing.
    """
    reader = ObjectReader(Maker(source))
    with Occurrences() as occurrences:
        for lines in _batches(stream):
            batch = [
                rejected(number, WHOLE_LINE, line) if isinstance(line, str) else reader.parsed(number, line)
                for number, line in lines
                if isinstance(line, str) or not line.isspace()
            ]
            events = occurrences.numbered([one.outcome for one in batch if isinstance(one.outcome, AuditEvent)])
            settle(batch, appender.append(events), report)


def _batches(stream: BinaryIO) -> Iterator[list[tuple[int, bytes | str]]]:
    splitter = Splitter()
    batch: list[tuple[int, bytes | str]] = []
    size_bytes, first = 0, True
    for block in _blocks(stream):
        if block is None:
            if batch:
                yield batch
                batch, size_bytes = [], 0
            continue
        for number, line in splitter.feed(block.removeprefix(_BOM) if first else block):
            batch.append((number, line))
            size_bytes += len(line)
            if len(batch) >= BATCH_EVENTS or size_bytes >= BATCH_BYTES:
                yield batch
                batch, size_bytes = [], 0
        first = False
    batch.extend(splitter.finish())
    if batch:
        yield batch


def _blocks(stream: BinaryIO) -> Iterator[bytes | None]:
    """What the stream gives as soon as it gives it; None when it pauses."""
    try:
        descriptor = stream.fileno()
    except (OSError, io.UnsupportedOperation):  # bytes in memory never pause
        while block := stream.read(_BLOCK_BYTES):
            yield block
        return
    while True:
        if not select.select([descriptor], [], [], PAUSE_S)[0]:
            yield None
        block = os.read(descriptor, _BLOCK_BYTES)
        if not block:
            return
        yield block
