"""Rows as they were hashed, with what is disclosed of them: from the record, or from the archive where a month was
retired from the record.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

import polars as pl

from dashboard.archive import ArchiveTable
from dashboard.errors import DamagedError, UsageError
from dashboard.events.canonical import GROUPS, LeafInput, PlaceInput, disclosures, leaf_hash, leaf_line
from dashboard.events.columns import SCHEMA
from dashboard.export.chunks import TIME_FORMAT
from dashboard.keeping.log import Log
from dashboard.ledger.proof import row_text
from dashboard.record.proving import ProvingRecord
from dashboard.record.read import EVIDENCE_SCHEMA, RecordReader

_MOST_AT_ONCE = 10_000
_NEAR = 300  # reading so many rows that are not wanted costs less than another query
_PLACE = ("region", "country", "geo_source", "place_salt")
_TIMES = ("recorded_at", "occurred_at")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of evidence. Its leaf is computed, not read: whoever knows the sealed leaf can hold it against this."""

    seq: int
    text: str
    leaf: bytes
    disclosed: tuple[str, ...]
    erased: tuple[str, ...]


def chosen_groups(names: Iterable[str]) -> frozenset[str]:
    """Reads names of groups, with commas between or one by one. Raises UsageError for what is none."""
    found = {name.strip() for text in names for name in text.split(",") if name.strip()}
    unknown = sorted(found - set(GROUPS))
    if unknown:
        raise UsageError(f"There is no group of fields {unknown[0][:64]!r}.", f"There are {', '.join(GROUPS)}.")
    return frozenset(found)


class RowSource:
    """Gives rows of one log by their places. Use as a context manager."""

    def __init__(self, log: Log, record: ProvingRecord, withheld: Collection[str] = ()) -> None:
        self._record = record
        self._withheld = frozenset(withheld)
        self._held = ExitStack()
        self._reader: RecordReader = log.reader()
        self._held.callback(self._reader.close)
        self._tables: tuple[ArchiveTable, ArchiveTable] = log.events_table(), log.evidence_table()

    def rows(self, places: Iterable[int]) -> Iterator[Row]:
        """The rows at ascending places. About 30 µs a row where they lie close together, some milliseconds where not.

        Raises DamagedError when neither record nor archive holds one, or its erasure is not on record.
        """
        for run in _runs(places):
            wanted = pl.Series("seq", run, dtype=pl.Int64)
            frame = self._frame(run[0], run[-1] + 1).filter(pl.col("seq").is_in(wanted.implode()))
            yield from self._told(frame)

    def _frame(self, start: int, stop: int) -> pl.DataFrame:
        try:
            events, evidence = self._reader.sealed_range(start, stop)
        except DamagedError:
            found = self._archived(start, stop)
            if found is None:
                raise
            events, evidence = found
        return events.join(evidence.drop("id"), on="seq", how="inner", maintain_order="left")

    def _archived(self, start: int, stop: int) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        """The same rows out of the archive; None when it does not hold them all."""
        frames = []
        for table, schema in zip(self._tables, (SCHEMA, EVIDENCE_SCHEMA), strict=True):
            table.refresh()
            inside = pl.col("seq").is_between(start, stop - 1)
            frames.append(table.scan().filter(inside).sort("seq").select(*schema).collect())
        if any(frame["seq"].to_list() != list(range(start, stop)) for frame in frames):
            return None
        return frames[0], frames[1]

    def _told(self, frame: pl.DataFrame) -> Iterator[Row]:
        gone = frame.filter(pl.any_horizontal(pl.col(f"{group}_salt").is_null() for group in GROUPS))["id"].to_list()
        digests = self._record.erased_digests(gone) if gone else {}
        for seq, place, event in _inputs(frame):
            told = disclosures(event, place)
            erased = [group for group in GROUPS if group not in told]
            known = digests.get(event.id, {})
            if any(group not in known for group in erased):
                raise DamagedError(
                    f"Fields of the event at seq {seq:,} are gone, and no erasure of them is on record.",
                    "Run `auditlens verify --full`.",
                )
            line = leaf_line(event, place, known)
            shown = {group: text for group, text in told.items() if group not in self._withheld}
            yield Row(seq, row_text(line, seq, shown, erased), leaf_hash(line), tuple(shown), tuple(erased))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()


def _runs(places: Iterable[int]) -> Iterator[list[int]]:
    """Places that lie close together."""
    run: list[int] = []
    for place in places:
        if run and (place - run[-1] > _NEAR or place - run[0] >= _MOST_AT_ONCE):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _inputs(frame: pl.DataFrame) -> Iterator[tuple[int, PlaceInput, LeafInput]]:
    originals = [None if raw is None else hashlib.sha256(raw).hexdigest() for raw in frame["original"].to_list()]
    told = frame.with_columns(
        pl.Series("original_sha256", originals, dtype=pl.String),
        *(pl.col(name).dt.strftime(TIME_FORMAT) for name in _TIMES),
        *(pl.col(f"{group}_salt").bin.encode("hex") for group in GROUPS),
    )
    for seq, *values in told.select("seq", *_PLACE, *LeafInput._fields).iter_rows():
        yield seq, PlaceInput(*values[: len(_PLACE)]), LeafInput._make(values[len(_PLACE) :])
