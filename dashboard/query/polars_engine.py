"""Questions by Polars, over a snapshot of the archive and its tail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from dashboard.archive.snapshot import Snapshot
from dashboard.events.adornment import Adornment, Bucket
from dashboard.events.filter import FIELD_COLUMNS, EventFilter
from dashboard.query import streaming
from dashboard.query.engine import declared, view_sql
from dashboard.query.narrow import contains, narrow
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import Sort


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PolarsEngine:
    """Answers from one snapshot."""

    snapshot: Snapshot
    now: datetime = field(default_factory=_now)

    @property
    def as_of(self) -> int:
        return self.snapshot.as_of

    def answer(
        self, view: str, wanted: EventFilter, added: Adornment | None = None, limit: int | None = None
    ) -> pl.DataFrame:
        events = _adorned(narrow(self.snapshot.events, wanted, self.now), added)
        found = _run(view, events)
        return declared((found if limit is None else found.head(limit)).collect(), view)

    def rows(self, view: str, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame:
        """Two passes: the first sorts only the keys, the second fetches the rows of one page by their `seq`."""
        events = narrow(self.snapshot.events, wanted, self.now)
        keys = streaming.ordered_keys(events, sort).slice(offset, limit).select("seq", "occurred_at").collect()
        return self._fetched(view, keys)

    def _fetched(self, view: str, keys: pl.DataFrame) -> pl.DataFrame:
        """The rows of the keys, in their order."""
        if keys.is_empty():
            return pl.DataFrame(schema=SCHEMAS[view])
        rows = _run(view, streaming.only(self.snapshot.events, keys)).collect()
        return declared(
            keys.select("seq").join(rows, on="seq", how="left", maintain_order="left").select(list(SCHEMAS[view])), view
        )

    def find(self, view: str, column: str, value: int) -> pl.DataFrame:
        return declared(_run(view, self.snapshot.events.filter(pl.col(column) == value)).collect(), view)

    def batches(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        events = narrow(self.snapshot.events, wanted, self.now)
        yield from streaming.batches(events, sort, columns, size)


def _run(view: str, events: pl.LazyFrame) -> pl.LazyFrame:
    return pl.SQLContext(events=events, eager=False).execute(view_sql(view))


def _adorned(events: pl.LazyFrame, added: Adornment | None) -> pl.LazyFrame:
    if added is None:
        return events
    if isinstance(added, Bucket):
        return events.with_columns(bucket=pl.col("occurred_at").dt.truncate(added.width.value))
    column = FIELD_COLUMNS[added.field]
    kept = events.filter(contains(column, added.contains)) if added.contains else events
    return kept.with_columns(field=pl.lit(added.field), value=pl.col(column))
