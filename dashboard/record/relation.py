"""The relation `events` of one state as SQL on the record, and statements over it: an engine that needs no archive.

A view's file runs as it is, under `with events as (…)`: the state, the narrowing and the added column lie in that
clause, with every value bound.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET, TIMESTAMP

from dashboard.events.adornment import Adornment, Bucket, Width
from dashboard.events.columns import SCHEMA, TIME
from dashboard.events.filter import FIELD_COLUMNS, EventFilter
from dashboard.record.connect import driver_errors, sql
from dashboard.record.narrow import Columns, conditions, contains
from dashboard.record.read import RecordReader

Schema = Mapping[str, pl.DataType | type[pl.DataType]]
Keys = Sequence[tuple[str, bool]]  # columns to sort by, each with whether it descends

_SQL_TYPES: Mapping[Any, sa.types.TypeEngine[Any]] = {
    pl.Int64: sa.BigInteger(),
    pl.String: sa.Text(),
    pl.Boolean: sa.Boolean(),
    TIME: TIMESTAMP(timezone=True),
}
_CALENDAR = {Width.WEEK: "week", Width.MONTH: "month", Width.YEAR: "year"}
_FIXED = {
    Width.MINUTE: "1 minute",
    Width.FIVE_MINUTES: "5 minutes",
    Width.HOUR: "1 hour",
    Width.SIX_HOURS: "6 hours",
    Width.DAY: "1 day",
}


@dataclass(frozen=True, slots=True)
class RecordRelation:
    """`events` as of one state. A method is a statement; raises UnreachableError when the database can't answer."""

    reader: RecordReader
    as_of: int
    now: datetime  # what a filter's `last` counts back from

    def answer(
        self, view: str, schema: Schema, wanted: EventFilter, added: Adornment | None, limit: int | None
    ) -> pl.DataFrame:
        """The frame of a view's statement over the events the filter means."""
        with self._connection() as connection:
            statement = _view(view, schema).add_cte(self._events(connection, wanted, added))
            # The file says the order, which a `limit` around it need not keep: the cursor stops instead.
            with connection.execution_options(stream_results=limit is not None).execute(statement) as rows:
                return _frame(rows.all() if limit is None else rows.fetchmany(limit), schema)

    def rows(self, view: str, schema: Schema, wanted: EventFilter, keys: Keys, offset: int, limit: int) -> pl.DataFrame:
        """A slice of the ordered events, each as the view shows it."""
        with self._connection() as connection:
            whole = self._events(connection, wanted, None, "whole")
            events = sa.select(whole).order_by(*_order(whole.c, keys)).offset(offset).limit(limit).cte("events")
            shown = _view(view, schema).subquery("shown")
            ordered = sa.select(shown).join(events, events.c.seq == shown.c.seq).order_by(*_order(events.c, keys))
            return _frame(connection.execute(ordered).all(), schema)

    def find(self, view: str, schema: Schema, column: str, value: int) -> pl.DataFrame:
        """The event that has the value, as the view shows it."""
        with self._connection() as connection:
            record = self._record()
            events = sa.select(*(record.c[name] for name in SCHEMA)).where(record.c[column] == value).cte("events")
            return _frame(connection.execute(_view(view, schema).add_cte(events)).all(), schema)

    def batches(self, wanted: EventFilter, keys: Keys, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """All events in order, through a cursor on the server."""
        schema = {name: SCHEMA[name] for name in columns}
        with self._connection() as connection:
            events = self._events(connection, wanted, None)
            statement = sa.select(*(events.c[name] for name in columns)).order_by(*_order(events.c, keys))
            streaming = connection.execution_options(stream_results=True, max_row_buffer=size)
            with streaming.execute(statement) as result:
                for rows in result.partitions(size):
                    yield _frame(rows, schema)

    def _events(
        self, connection: sa.Connection, wanted: EventFilter, added: Adornment | None, name: str = "events"
    ) -> sa.CTE:
        collation = folding_collation(connection)
        record = self._record()
        where = conditions(record.c, wanted, self.now, collation)
        if added is not None and not isinstance(added, Bucket) and added.contains:
            where.append(contains(record.c[FIELD_COLUMNS[added.field]], added.contains, collation))
        columns = [*(record.c[name] for name in SCHEMA), *_added(record, added)]
        return sa.select(*columns).where(*where).cte(name)

    def _record(self) -> sa.Subquery:
        columns = [*_columns(SCHEMA), sa.column("source_inet", INET())]
        return sa.text(sql("record/events")).bindparams(as_of=self.as_of).columns(*columns).subquery("record")

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        with driver_errors(), self.reader.engine.connect() as connection:
            yield connection


def folding_collation(connection: sa.Connection) -> str | None:
    """The collation to fold by on this server; None: only the database's own is there."""
    name = connection.execute(sa.text(sql("record/folding_collation"))).scalar_one_or_none()
    return None if name is None else str(name)


def _columns(schema: Schema) -> list[sa.ColumnClause[Any]]:
    return [sa.column(name, _SQL_TYPES[dtype]) for name, dtype in schema.items()]


def _view(statement: str, schema: Schema) -> sa.TextualSelect:
    return sa.text(statement).columns(*_columns(schema))


def _order(columns: Columns, keys: Keys) -> list[sa.UnaryExpression[Any]]:
    return [(columns[name].desc() if down else columns[name].asc()).nulls_last() for name, down in keys]


def _added(record: sa.Subquery, added: Adornment | None) -> list[sa.Label[Any]]:
    if added is None:
        return []
    one = sa.literal(1, sa.BigInteger).label("weight")  # a row of the record is one event
    if isinstance(added, Bucket):
        return [_bucket(record.c.occurred_at, added.width).label("bucket"), one]
    field = sa.literal(added.field, sa.Text)
    return [field.label("field"), record.c[FIELD_COLUMNS[added.field]].label("value"), one]


def _bucket(time: sa.ColumnElement[Any], width: Width) -> sa.ColumnElement[Any]:
    if width in _CALENDAR:
        return sa.func.date_trunc(_CALENDAR[width], time, "UTC")
    return sa.func.date_bin(sa.cast(_FIXED[width], sa.Interval), time, sa.cast("1970-01-01T00:00:00Z", TIMESTAMP(True)))


def _frame(rows: Sequence[sa.Row[Any]], schema: Schema) -> pl.DataFrame:
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(schema), orient="row")
