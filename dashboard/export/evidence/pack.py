"""The evidence zip: rows as they were hashed, and all that shows offline that the log holds them."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from dashboard.errors import DamagedError, UsageError
from dashboard.events.canonical import GROUPS
from dashboard.events.filter import EventFilter
from dashboard.events.times import format_time
from dashboard.export import check
from dashboard.export.evidence.heads import SignedHead, newest_head, older_files, trusted_keys
from dashboard.export.evidence.rows import Row, RowSource
from dashboard.keeping.log import Log
from dashboard.ledger.proof import ENDING, tlog_proof
from dashboard.ledger.tlog import Tiles
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.opening import open_engine
from dashboard.query.sort import Sort
from dashboard.record.proving import ProvingRecord

VERSION = 1
MOST_PROOFS = 1_000
"""Up to so many rows each has a proof of its own; more share tiles, which are smaller then."""

_IN_ORDER = Sort("seq", descending=False)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same content is the same zip
_BUFFER_ROWS = 500


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a zip holds."""

    rows: int
    as_of: int
    tree_size: int


def evidence_name(as_of: int, exported_at: datetime) -> str:
    """A name that sorts by time and says the state: `audit-log_2026-11-23T081157Z_asof-60123-evidence.zip`."""
    return f"audit-log_{exported_at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}_asof-{as_of}-evidence.zip"


def write_evidence(
    log: Log,
    file: IO[bytes],
    wanted: EventFilter,
    *,
    withheld: Collection[str] = (),
    as_of: int | None = None,
    older: Iterable[str] = (),
    counted: Callable[[int], object] = lambda rows: None,
) -> Evidence:
    """Writes the zip of the events that a filter means, in the order of the log, as of a state that is signed; memory
    stays constant. About 60 µs a row.

    `withheld` names groups whose values stay out; `older` are checkpoints that the head must be shown to continue.
    Raises NotSignedYet when no head is signed, DamagedError for a row that is not what was sealed.
    """
    trusted = trusted_keys(log)
    with ProvingRecord.open(log.urls.of("reader"), "reader") as record:
        head = newest_head(record, trusted)
        size = head.checkpoint.size
        if as_of is not None and as_of > size:
            raise UsageError(f"as_of: the newest signed head covers {size:,} events.", "Leave it away for that state.")
        with (
            open_engine(log, size if as_of is None else as_of) as engine,
            RowSource(log, record, withheld) as source,
            closing(_Zip(file)) as into,  # of a zip that breaks off the manifest is missing
        ):
            packing = _Packing(into, record, head, counted)
            packing.write_rows(source.rows(_places(engine, wanted)))
            packing.write_proofs()
            for name, content in older_files(record, head, packing.tiles, older):
                into.add(name, content)
            into.add("checkpoint", head.note.encode())
            into.add("vkeys.txt", trusted.text.encode())
            into.add("VERIFY.md", Path(__file__).with_name("VERIFY.md").read_bytes())
            into.add("check.py", Path(check.__file__).read_bytes())
            into.add("manifest.json", packing.manifest(log, engine, wanted, withheld))
            return Evidence(packing.rows, engine.as_of, size)


def _places(engine: Engine, wanted: EventFilter) -> Iterator[int]:
    if wanted.is_whole_log():
        yield from range(engine.as_of)
        return
    for batch in views.batches(engine, wanted, _IN_ORDER, ("seq",), 100_000):
        yield from batch["seq"].to_list()


class _Zip:
    """A zip that is the same for the same content, and knows the SHA-256 of each of its files."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self.sha256: dict[str, str] = {}

    def add(self, name: str, content: bytes, *, packed: bool = True) -> None:
        self.sha256[name] = hashlib.sha256(content).hexdigest()
        self._zip.writestr(_entry(name, packed=packed), content)

    @contextmanager
    def stream(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Writes a large file piece by piece."""
        digest = hashlib.sha256()
        with self._zip.open(_entry(name, packed=True), "w", force_zip64=True) as stream:

            def write(piece: bytes) -> None:
                digest.update(piece)
                stream.write(piece)

            yield write
        self.sha256[name] = digest.hexdigest()

    def close(self) -> None:
        self._zip.close()


def _entry(name: str, *, packed: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    entry.external_attr = 0o100644 << 16
    entry.create_system = 3
    return entry


class _Packing:
    """A zip under way."""

    def __init__(self, into: _Zip, record: ProvingRecord, head: SignedHead, counted: Callable[[int], object]) -> None:
        self.zip = into
        self.rows = 0
        self._record = record
        self._head = head
        self._counted = counted
        self._ranges = 0
        self._disclosed, self._erased = dict.fromkeys(GROUPS, 0), dict.fromkeys(GROUPS, 0)
        self._few: list[Row] = []  # as long as each can have a proof of its own
        self._used: list[tuple[int, int, int]] = []  # level, number and width of the tiles that rows need
        self.tiles = Tiles(record.tile, head.checkpoint.size)
        with _damaged():
            self._tree = check.Tree(head.checkpoint.size, head.checkpoint.root, self._tile)

    def _tile(self, level: int, number: int, width: int) -> bytes:
        self._used.append((level, number, width))
        return self._hashes(level, number, width)

    def _hashes(self, level: int, number: int, width: int) -> bytes:
        return self._record.tile(level, number, width)[: 32 * width]

    def write_rows(self, rows: Iterable[Row]) -> None:
        """Writes the rows and the list of their places, each row held against the signed tree."""
        with tempfile.TemporaryFile() as ranges:
            with self.zip.stream("events.ndjson") as write:
                first = last = -2
                for batch in _batches(rows):
                    for row in batch:
                        self._take(row)
                        if row.seq != last + 1:
                            self._end_range(ranges, first, last)
                            first = row.seq
                        last = row.seq
                    write("".join(f"{row.text}\n" for row in batch).encode())
                    self._counted(len(batch))
                self._end_range(ranges, first, last)
            ranges.seek(0)
            with self.zip.stream("ranges.txt") as write:
                while piece := ranges.read(1 << 20):
                    write(piece)

    def _end_range(self, ranges: IO[bytes], first: int, last: int) -> None:
        if first >= 0:
            ranges.write(b"%d %d\n" % (first, last))
            self._ranges += 1

    def _take(self, row: Row) -> None:
        with _damaged():
            if self._tree.leaf(row.seq) != row.leaf:
                raise check.Bad(f"the event at seq {row.seq:,} is not what was sealed there")
        self.rows += 1
        for group in row.disclosed:
            self._disclosed[group] += 1
        for group in row.erased:
            self._erased[group] += 1
        if self.rows <= MOST_PROOFS:
            self._few.append(row)
        else:
            self._few.clear()

    def write_proofs(self) -> None:
        """Writes a proof for each of a few rows, or the tiles that all of them need."""
        if self.rows <= MOST_PROOFS:
            for row in self._few:
                text = tlog_proof(self._record, row.seq, self._head.note, row.text.encode(), tiles=self.tiles)
                self.zip.add(f"proofs/{row.seq}{ENDING}", text.encode())
            return
        for level, number, width in self._used:
            self.zip.add(check.tile_path(level, number, width), self._hashes(level, number, width), packed=False)

    def manifest(self, log: Log, engine: Engine, wanted: EventFilter, withheld: Collection[str]) -> bytes:
        checkpoint = self._head.checkpoint
        content = {
            "evidence": VERSION,
            "log_id": log.log_id,
            "origin": checkpoint.origin,
            "tree_size": checkpoint.size,
            "root": checkpoint.text.split("\n")[2],
            "as_of": engine.as_of,
            "exported_at": format_time(engine.now),
            "time_zone": "UTC",
            "filter": {"sentence": wanted.sentence(engine.now), "params": wanted.at(engine.now).to_params()},
            "sort": str(_IN_ORDER),
            "rows": self.rows,
            "ranges": self._ranges,
            "disclosed": self._disclosed,
            "erased": self._erased,
            "withheld": sorted(withheld),
            "proofs": "files" if self.rows <= MOST_PROOFS else "tiles",
            "files": dict(sorted(self.zip.sha256.items())),
        }
        return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"


@contextmanager
def _damaged() -> Iterator[None]:
    try:
        yield
    except check.Bad as wrong:
        raise DamagedError(
            f"This can't be proven: {wrong}.", "Run `auditlens verify --full`: it says what was changed."
        ) from wrong


def _batches(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BUFFER_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
