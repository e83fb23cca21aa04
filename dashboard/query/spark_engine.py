"""Questions by a Spark cluster, over a snapshot: the archive's files on shared storage, and the tail sent along."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self, TypeVar

import polars as pl
from pyspark.sql import Column, DataFrame
from pyspark.sql.connect.functions import builtin as sf

from dashboard.archive.snapshot import Piece, Snapshot
from dashboard.events.adornment import Adornment, Bucket, Width
from dashboard.events.filter import FIELD_COLUMNS, EventFilter
from dashboard.query.engine import declared, view_sql
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import Sort
from dashboard.query.spark_narrow import contains, moment, narrow
from dashboard.query.spark_runs import RUN_ROWS, levels, ordered, runs
from dashboard.query.spark_session import FilesGoneError, SessionGoneError, SparkCluster

_NEAR_ROWS = 10_000  # that a page's sort keeps at hand: quicker than counting first
_STRETCH_ROWS = 200_000  # of the newest events, which hold most first pages
_CALENDAR = {Width.WEEK: "week", Width.MONTH: "month", Width.YEAR: "year"}
_MICROSECONDS = {
    Width.MINUTE: 60_000_000,
    Width.FIVE_MINUTES: 300_000_000,
    Width.HOUR: 3_600_000_000,
    Width.SIX_HOURS: 21_600_000_000,
    Width.DAY: 86_400_000_000,
}

Frames = Generator[pl.DataFrame, None, None]
T = TypeVar("T")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """Answers from one snapshot. A question is a few jobs; what comes back is as small as the answer.

    An erasure deletes the files of the versions before it, and a server forgets sessions: then the question is asked
    once more, of the same state.
    """

    snapshot: Snapshot
    cluster: SparkCluster
    now: datetime = field(default_factory=_now)
    reopen: Callable[[], Snapshot] | None = field(default=None, repr=False, compare=False)

    @property
    def as_of(self) -> int:
        return self.snapshot.as_of

    @property
    def erasures(self) -> int:
        return self.snapshot.erasures

    def answer(
        self, view: str, wanted: EventFilter, added: Adornment | None = None, limit: int | None = None
    ) -> pl.DataFrame:
        def ask(engine: Self) -> pl.DataFrame:
            found = engine._run(view, _adorned(engine._narrowed(wanted), added))
            return declared(self.cluster.collected(found if limit is None else found.limit(limit)), view)

        return self._asked(ask)

    def rows(self, view: str, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame:
        """The keys of the slice are found first; whole rows are read for them only."""
        return self._asked(lambda engine: engine._fetched(view, engine._keys(wanted, sort, offset, limit)))

    def find(self, view: str, column: str, value: int) -> pl.DataFrame:
        def ask(engine: Self) -> pl.DataFrame:
            pieces = [piece for piece in engine._pieces() if column != "seq" or _may_hold(piece, value, value)]
            return declared(
                self.cluster.collected(engine._run(view, engine._of(pieces).filter(sf.col(column) == value))), view
            )

        return self._asked(ask)

    def batches(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """Raises UnreachableError when an erasure comes in between: what was given before may hold what is gone."""

        def begin(engine: Self) -> tuple[pl.DataFrame | None, Frames]:
            frames = engine._streamed(wanted, sort, columns, size)
            return next(frames, None), frames

        first, others = self._asked(begin)
        if first is None:
            return
        with closing(others), self.cluster.errors():
            yield first
            yield from others

    def _streamed(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Frames:
        needed = dict.fromkeys((*columns, *(name for name, _ in sort.keys)))
        events = self._narrowed(wanted).select(*needed)
        if self.as_of <= RUN_ROWS:
            yield from self.cluster.streamed(ordered(events, sort).select(*columns), size)
            return
        for run in runs(events, levels(sort), RUN_ROWS, self.cluster.collected):
            yield from self.cluster.streamed(run.ordered(sort).select(*columns), size)

    def _keys(self, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame:
        """`seq` and `occurred_at` of a slice of the ordered events."""
        if offset + limit > _NEAR_ROWS and self.as_of > RUN_ROWS:
            keys = self._narrowed(wanted).select(*(name for name, _ in sort.keys))
            slices = [
                self.cluster.collected(run.ordered(sort).select("seq", "occurred_at"))
                for run in runs(keys, levels(sort), RUN_ROWS, self.cluster.collected, offset, limit)
            ]
            return pl.concat(slices) if slices else self.cluster.collected(keys.select("seq", "occurred_at").limit(0))
        found = pl.DataFrame()
        for stretch in self._stretches(wanted, sort):
            keys = ordered(self._narrowed(stretch).select(*(name for name, _ in sort.keys)), sort)
            found = self.cluster.collected(keys.offset(offset).limit(limit).select("seq", "occurred_at"))
            if found.height == limit:
                break
        return found

    def _stretches(self, wanted: EventFilter, sort: Sort) -> Iterator[EventFilter]:
        """Filters to look for the newest events with, one after the other until there are enough: late ones, all."""
        if sort.column == "occurred_at" and sort.descending:
            since, until = wanted.window(self.now)
            late = _newest_stretch(self._pieces(since, until), _STRETCH_ROWS)
            if late and (since is None or since < late) and (until is None or late < until):
                yield wanted.with_window(late, until)
        yield wanted

    def _fetched(self, view: str, keys: pl.DataFrame) -> pl.DataFrame:
        """The rows of the keys, in their order."""
        if keys.is_empty():
            return pl.DataFrame(schema=SCHEMAS[view])
        times, places = keys["occurred_at"].to_list(), keys["seq"].to_list()
        oldest, newest = min(times), max(times)
        pieces = [piece for piece in self._pieces(oldest, newest) if _may_hold(piece, min(places), max(places))]
        time, seq = sf.col("occurred_at"), sf.col("seq")
        events = self._of(pieces).filter(time.between(moment(oldest), moment(newest)) & seq.isin(places))
        rows = declared(self.cluster.collected(self._run(view, events)), view)
        return keys.select("seq").join(rows, on="seq", how="left", maintain_order="left").select(list(SCHEMAS[view]))

    def _asked(self, ask: "Callable[[Self], T]") -> T:
        try:
            with self.cluster.errors():
                return ask(self)
        except SessionGoneError:
            again = self
        except FilesGoneError:
            if self.reopen is None:
                raise
            again = replace(self, snapshot=self.reopen())
        with self.cluster.errors():
            return ask(again)

    def _narrowed(self, wanted: EventFilter) -> DataFrame:
        """The events the filter means, out of the pieces that can hold any."""
        return narrow(self._of(self._pieces(*wanted.window(self.now))), wanted, self.now)

    def _pieces(self, since: datetime | None = None, until: datetime | None = None) -> list[Piece]:
        """The pieces that can hold an event of a range of time."""
        return [
            piece
            for piece in self.snapshot.pieces
            if (since is None or piece.part.newest >= since) and (until is None or piece.part.oldest <= until)
        ]

    def _of(self, pieces: Sequence[Piece]) -> DataFrame:
        return self.cluster.events(pieces).filter(sf.col("seq") < self.as_of)

    def _run(self, view: str, events: DataFrame) -> DataFrame:
        """The view's own text under a clause that names the events; braces would be names of frames to pyspark."""
        text = view_sql(view).replace("{", "{{").replace("}", "}}")
        statement = "with events as (select * from {narrowed})\n" + text  # noqa: S608 - a file of ours, and a frame
        return self.cluster.session.sql(statement, narrowed=events)


def _may_hold(piece: Piece, low: int, high: int) -> bool:
    return piece.part.first_seq <= high and low <= piece.part.last_seq


def _newest_stretch(pieces: Sequence[Piece], rows: int) -> datetime | None:
    """A time since which these pieces hold `rows` events or more; None when they don't."""
    held = 0
    for part in sorted((piece.part for piece in pieces), key=lambda part: part.oldest, reverse=True):
        held += part.rows
        if held >= rows:
            return part.oldest
    return None


def _adorned(events: DataFrame, added: Adornment | None) -> DataFrame:
    if added is None:
        return events
    weight = sf.lit(1).cast("bigint")  # a row is one event
    if isinstance(added, Bucket):
        return events.withColumns({"bucket": _bucket(added.width), "weight": weight})
    column = FIELD_COLUMNS[added.field]
    kept = events.filter(contains(column, added.contains)) if added.contains else events
    return kept.withColumns({"field": sf.lit(added.field), "value": sf.col(column), "weight": weight})


def _bucket(width: Width) -> Column:
    """The start of the bucket: Spark's weeks begin on Monday too."""
    time = sf.col("occurred_at")
    if width in _CALENDAR:
        return sf.date_trunc(_CALENDAR[width], time)
    micros = sf.unix_micros(time)
    return sf.timestamp_micros(micros - micros % sf.lit(_MICROSECONDS[width]))
