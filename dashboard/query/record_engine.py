"""Questions by SQL, on the record itself: for small logs, and as what the other engine is held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from dashboard.events.adornment import Adornment
from dashboard.events.filter import EventFilter
from dashboard.query.engine import view_sql
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import Sort
from dashboard.record.read import RecordReader
from dashboard.record.relation import RecordRelation


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RecordEngine:
    """Answers from the database, as of one state."""

    reader: RecordReader
    as_of: int
    now: datetime = field(default_factory=_now)
    erasures: int = 0

    @property
    def _relation(self) -> RecordRelation:
        return RecordRelation(self.reader, self.as_of, self.now)

    def answer(
        self, view: str, wanted: EventFilter, added: Adornment | None = None, limit: int | None = None
    ) -> pl.DataFrame:
        return self._relation.answer(view_sql(view), SCHEMAS[view], wanted, added, limit)

    def rows(self, view: str, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame:
        return self._relation.rows(view_sql(view), SCHEMAS[view], wanted, sort.keys, offset, limit)

    def find(self, view: str, column: str, value: int) -> pl.DataFrame:
        return self._relation.find(view_sql(view), SCHEMAS[view], column, value)

    def batches(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        return self._relation.batches(wanted, sort.keys, columns, size)
