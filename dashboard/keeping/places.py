"""One place of the log, side by side: what the database holds, what the archive holds, and the hash of each now."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dashboard.archive.table import ArchiveTable
from dashboard.errors import DamagedError
from dashboard.keeping.log import Log
from dashboard.ledger import leaves
from dashboard.record.read import SALTS, RecordReader

_TEXT_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An event as it is held somewhere: the columns of `events`, and its leaf hash in hexadecimal; None where a group
    was erased.
    """

    event: Mapping[str, object]
    leaf: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A place of the log; None where there is no event."""

    database: Row | None = None
    archive: Row | None = None


def rows_at(log: Log, reader: RecordReader, seq: int) -> Rows:
    """What database and archive hold at a place now. Some milliseconds, and the archive's files of that range."""
    return Rows(database=_of_database(reader, seq), archive=_of_archive(log, seq))


def _of_database(reader: RecordReader, seq: int) -> Row | None:
    try:
        event, evidence = reader.sealed_range(seq, seq + 1)
    except DamagedError:
        return None
    return _row(event, evidence)


def _of_archive(log: Log, seq: int) -> Row | None:
    return _row(_one(log.events_table(), seq), _one(log.evidence_table(), seq))


def _one(table: ArchiveTable, seq: int) -> pl.DataFrame:
    table.refresh()
    return table.scan().filter(pl.col("seq") == seq).collect()


def _row(event: pl.DataFrame, evidence: pl.DataFrame) -> Row | None:
    if event.height != 1 or evidence.height != 1:
        return None
    hashed = leaves.leaf_hashes(_hashed(event, evidence))[0]
    return Row(event=event.row(0, named=True), leaf=hashed.hex() if hashed != leaves.UNKNOWN else None)


def _hashed(event: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """The columns that a leaf is computed from."""
    times = [pl.col(name).dt.strftime(_TEXT_TIME) for name in ("recorded_at", "occurred_at")]
    salts = evidence.select(pl.col(*SALTS).bin.encode("hex"))
    original = evidence["original"][0]
    digest = None if original is None else hashlib.sha256(original).hexdigest()
    whole = event.with_columns(*times, *salts, original_sha256=pl.lit(digest, dtype=pl.String))
    return whole.select(*leaves.COLUMNS)
